"""Word: an organisation's template lends its styles, page, header and footer; contents link to the chapters."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from bench.errors import UsageError
from bench.filing import build, render_docx, word
from bench.filing.document import FilingDocument
from tests.bench.filing.scripted_run import audit, typical

docx = pytest.importorskip("docx")
pytest.importorskip("typst")


@pytest.fixture(scope="module")
def document() -> FilingDocument:
    return build.build(audit(typical()))


def template(folder: Path) -> Path:
    """Write a template: its own font, letter paper, a header, and a page of old text."""
    made = docx.Document()
    made.styles["Normal"].font.name = "Courier New"
    section = made.sections[0]
    section.page_width, section.page_height = docx.shared.Inches(8.5), docx.shared.Inches(11)
    section.header.paragraphs[0].text = "示例单位内部资料"
    made.add_paragraph("OLD TEXT")
    made.save(str(folder / "house.docx"))
    return folder / "house.docx"


def opened(document: FilingDocument, folder: Path, own: Path | None = None) -> Any:
    render_docx.render(document, folder / "f.docx", "zh", template=own)
    return docx.Document(str(folder / "f.docx"))


def test_a_template_lends_its_styles_page_and_header(document: FilingDocument, tmp_path: Path) -> None:
    made = opened(document, tmp_path, template(tmp_path))
    assert made.styles["Normal"].font.name == "Courier New"
    assert {section.header.paragraphs[0].text for section in made.sections} == {"示例单位内部资料"}
    sizes = {tuple(sorted((s.page_width.inches, s.page_height.inches))) for s in made.sections}
    assert sizes == {(8.5, 11.0)}
    assert {section.orientation for section in made.sections} == {0, 1}
    assert "OLD TEXT" not in [paragraph.text for paragraph in made.paragraphs]
    assert made.paragraphs[0].text == document.title.zh


def test_a_template_without_our_styles_gets_them(document: FilingDocument, tmp_path: Path) -> None:
    bare = docx.Document()
    for name in ("Title", "Quote", "Caption", "List Bullet", "Table Grid"):
        style = bare.styles[name].element
        style.getparent().remove(style)
    bare.save(str(tmp_path / "bare.docx"))
    made = opened(document, tmp_path, tmp_path / "bare.docx")
    assert {"Title", "Quote", "Caption", "List Bullet"} <= {paragraph.style.name for paragraph in made.paragraphs}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_contents_link_to_every_chapter(document: FilingDocument, tmp_path: Path, lang: str) -> None:
    render_docx.render(document, tmp_path / "f.docx", lang)
    made = docx.Document(str(tmp_path / "f.docx"))
    links = made.element.body.xpath(".//w:hyperlink/@w:anchor")
    marks = made.element.body.xpath(".//w:bookmarkStart/@w:name")
    assert links == marks == [word.place(number) for number in range(len(document.sections))]
    entries = [paragraph for paragraph in made.paragraphs if paragraph.style.name == "toc 1"]
    assert [entry.text.split("\t")[0] for entry in entries] == [section.title.of(lang) for section in document.sections]


def test_charts_are_pictures_with_words_for_those_who_do_not_see_them(document: FilingDocument, tmp_path: Path) -> None:
    made = opened(document, tmp_path)
    described = made.element.body.xpath(".//wp:docPr/@descr")
    assert len(described) == len(made.inline_shapes) >= 5
    assert "比率、95 % 区间与合格线" in described
    with zipfile.ZipFile(tmp_path / "f.docx") as package:
        links = [package.read(name) for name in package.namelist() if name.endswith(".rels")]
    assert not any(b'TargetMode="External"' in link for link in links)


def macros(folder: Path) -> Path:
    path = template(folder)
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("word/vbaProject.bin", b"x")
    return path


def swollen(folder: Path) -> Path:
    path = folder / "large.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b" " * (word.LARGEST + 1))
    return path


def broken(folder: Path) -> Path:
    path = folder / "broken.docx"
    path.write_bytes(b"PK not a package")
    return path


def hollow(folder: Path) -> Path:
    path = folder / "hollow.docx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("hello.txt", b"x")
    return path


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (macros, "filing.template_macros"),
        (swollen, "filing.template_large"),
        (broken, "filing.template"),
        (hollow, "filing.template"),
        (lambda folder: folder / "none.docx", "filing.template_missing"),
    ],
)
def test_what_is_no_template_is_a_usage_error(document: FilingDocument, tmp_path: Path, make: Any, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        render_docx.render(document, tmp_path / "f.docx", "zh", template=make(tmp_path))
    assert (caught.value.faults[0].key, caught.value.exit_code) == (key, 2)

"""The dossier: one number, one source; every format prints the figures of the JSON; hostile replies stay text."""

from __future__ import annotations

import itertools
import json
import re
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.errors import EnvironmentFault
from bench.filing import build, files, fonts, format, groups, lines, render_docx, render_pdf, render_text, render_xlsx
from bench.filing.document import FilingDocument, Table, figures, tables
from bench.filing.material import Material
from bench.standards import Line
from bench.types import Model, Text
from tests.bench.filing import pdfs
from tests.bench.filing.scripted_run import Maker, audit, typical

docx = pytest.importorskip("docx")
pytest.importorskip("typst")
openpyxl = pytest.importorskip("openpyxl")

LANGS = ("zh", "en")


@pytest.fixture(scope="module")
def material() -> Material:
    return audit(typical())


@pytest.fixture(scope="module")
def document(material: Material) -> FilingDocument:
    return build.build(material)


def squeeze(text: str) -> str:
    """Return text without what a line break may add or drop."""
    return re.sub(r"[\s\u200b\u00ad]+", "", text)


def pdf_text(path: Path) -> str:
    return "\f".join(pdfs.pages(path))


def docx_text(path: Path) -> str:
    root = ElementTree.fromstring(zipfile.ZipFile(path).read("word/document.xml"))
    return "".join(node.text or "" for node in root.iter() if node.tag.endswith("}t"))


def sheet_cells(path: Path) -> list[str]:
    book = openpyxl.load_workbook(path)
    return [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("shown", ["91.92–96.95 %", "285 / 300 = 95.00 %", "919 / 1000 = 91.90 %", "7 / 300 = 2.33 %"])
def test_the_check_values_stand_in_the_document(document: FilingDocument, lang: str, shown: str) -> None:
    printed = {value.replace("\u00a0", " ") for value in figures(document, lang).values()}
    assert shown in printed


@pytest.mark.parametrize(
    ("clause", "needed"), [("refuse-rate", "293"), ("content-classifier", "919"), ("over-refusal-rate", "7")]
)
def test_the_count_that_clears_the_line_is_printed(document: FilingDocument, clause: str, needed: str) -> None:
    assert needed in re.findall("[0-9]+", figures(document, "zh")[f"{clause}/zh/clears"])


def test_every_figure_has_its_own_id(document: FilingDocument) -> None:
    tables = [block for section in document.sections for block in section.blocks if isinstance(block, Table)]
    ids = [cell.id for table in tables for row in table.rows for cell in row if cell.id]
    assert len(ids) == len(set(ids)) > 500


@pytest.mark.parametrize("lang", LANGS)
def test_every_figure_of_every_format_equals_the_json(material: Material, tmp_path: Path, lang: str) -> None:
    written = {path.name: path for path in files.write(material, tmp_path)}
    plain = json.loads(written["filing.json"].read_text(encoding="utf-8"))
    values = [
        cell["text"][lang]
        for section in plain["sections"]
        for block in section["blocks"]
        for row in block.get("rows", [])
        for cell in row
        if cell.get("id")
    ]
    assert len(values) > 500
    printed = {
        "docx": squeeze(docx_text(written[f"filing.{lang}.docx"])),
        "pdf": squeeze(pdf_text(written[f"filing.{lang}.pdf"])),
        "md": squeeze(written[f"filing.{lang}.md"].read_text(encoding="utf-8").replace("\\", "")),
    }
    for name, text in printed.items():
        assert [value for value in values if squeeze(value) not in text] == [], name
    cells = {squeeze(cell) for cell in sheet_cells(written[f"filing.{lang}.xlsx"])}
    assert [value for value in values if squeeze(value) not in cells] == []


def tables_of(document: FilingDocument, lang: str, *, grouped: bool) -> list[list[list[str]]]:
    """Return the rows of every table of the document, as printed; in print rows that begin alike have a heading."""
    found = []
    for table in tables(document):
        lines_ = groups.lines(table) if grouped else (groups.Line(None, row) for row in table.rows)
        rows = (line.cells or (line.heading,) for line in lines_)
        found.append([[squeeze(cell.text.of(lang)) for cell in row if cell is not None] for row in rows])
    return found


def rows_of_word(path: Path) -> list[list[str]]:
    rows = (row for table in docx.Document(path).tables for row in table.rows)
    return [[squeeze(cell.text) for cell in dict.fromkeys(row.cells)] for row in rows]


def rows_of_workbook(path: Path) -> list[list[str]]:
    book = openpyxl.load_workbook(path)
    rows = (row for sheet in book for row in sheet.iter_rows(values_only=True))
    return [[squeeze("" if value is None else str(value)) for value in row] for row in rows]


def rows_of_markdown(path: Path) -> list[list[str]]:
    lines_ = path.read_text(encoding="utf-8").splitlines()
    cells = (re.split(r"(?<!\\)\|", line)[1:-1] for line in lines_ if line.startswith("| "))
    return [[squeeze(cell.replace("\\", "")) for cell in row] for row in cells]


READERS = {"docx": rows_of_word, "xlsx": rows_of_workbook, "md": rows_of_markdown}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", READERS)
def test_every_row_of_every_table_stands_in_order_in_each_format(
    material: Material, document: FilingDocument, tmp_path: Path, lang: str, name: str
) -> None:
    files.write(material, tmp_path, ({"md": "markdown"}.get(name, name),))
    printed = iter(READERS[name](tmp_path / f"filing.{lang}.{name}"))
    wanted = [row for table in tables_of(document, lang, grouped=name == "docx") for row in table]
    assert len(wanted) > 200
    assert [row for row in wanted if row not in printed] == []  # `in` goes on from the row found before


@pytest.mark.parametrize("lang", LANGS)
def test_every_row_of_every_table_stands_in_order_in_the_pdf(
    document: FilingDocument, tmp_path: Path, lang: str
) -> None:
    target = tmp_path / "f.pdf"
    render_pdf.render(document, target, lang)
    text, at, absent = squeeze(pdf_text(target)), 0, []
    for row in (row for table in tables_of(document, lang, grouped=True) for row in table):
        found = text.find("".join(row), at)  # a row is never broken over two pages
        at = found + 1 if found >= 0 else at
        absent += [row] if found < 0 else []
    assert absent == []


@pytest.mark.parametrize("lang", LANGS)
def test_tables_keep_their_order_in_word(document: FilingDocument, tmp_path: Path, lang: str) -> None:
    target = tmp_path / "f.docx"
    render_docx.render(document, target, lang)
    shown = [cell for row in rows_of_word(target) for cell in row]
    (place,) = [place for place, table in enumerate(tables(document)) if table.id == "lines"]
    wanted = [cell for row in tables_of(document, lang, grouped=True)[place] for cell in row]
    assert any(shown[i : i + len(wanted)] == wanted for i in range(len(shown)))


def test_word_has_real_styles_contents_with_pages_and_east_asian_fonts(
    document: FilingDocument, tmp_path: Path
) -> None:
    target = tmp_path / "f.docx"
    render_docx.render(document, target, "zh")
    made = docx.Document(target)
    assert sum(p.style.name == "Heading 1" for p in made.paragraphs) == 12
    assert {s.orientation for s in made.sections} == {0, 1}
    xml = made.element.xml
    assert [xml.count(f"PAGEREF _Toc{1000 + number} ") for number in range(12)] == [1] * 12
    assert "w:updateFields" in made.settings.element.xml
    assert 'w:eastAsia="Microsoft YaHei"' in made.styles.element.xml
    assert "NUMPAGES" in made.sections[0].footer._element.xml
    assert "测试模型 Test-1" in made.sections[0].header.paragraphs[0].text


@pytest.mark.parametrize("lang", LANGS)
def test_the_pdf_embeds_a_chinese_face_and_misses_no_sign(document: FilingDocument, tmp_path: Path, lang: str) -> None:
    target = tmp_path / "f.pdf"
    render_pdf.render(document, target, lang)
    listed = pdfs.fonts(target)
    assert any("NotoSansSC" in name or "CJK" in name for name in listed)
    assert set(listed.values()) == {True}
    assert 0 not in pdfs.glyphs(target)
    assert len(pdfs.glyphs(target)) > 100
    assert "�" not in pdf_text(target)


def test_a_sign_that_the_font_lacks_is_an_environment_fault() -> None:
    font = fonts.load()
    assert fonts.missing(font, ["鉴A\u00a0", "\U00013000"]) == ["\U00013000"]
    with pytest.raises(EnvironmentFault) as caught:
        fonts.require(font, ["鉴", "张\U00013000公司", "\U00013000"])
    assert (caught.value.exit_code, caught.value.faults[0].facts["text"]) == (5, "张\U00013000公司")


@pytest.mark.parametrize("lang", LANGS)
def test_ids_of_runs_stand_whole_in_print_and_digests_in_halves(
    document: FilingDocument, tmp_path: Path, lang: str
) -> None:
    target = tmp_path / "f.pdf"
    render_pdf.render(document, target, lang)
    printed = pdf_text(target)
    assert [word in printed for word in ("20261123T000000-abcdef", "b" * 32, "c" * 32)] == [True, True, True]


def test_whole_numbers_of_a_workbook_are_numbers_and_nothing_else_is(
    material: Material, document: FilingDocument, tmp_path: Path
) -> None:
    target = tmp_path / "f.xlsx"
    render_xlsx.render(document, target, "en", render_xlsx.Extra(material))
    book = openpyxl.load_workbook(target)
    cells = [cell.value for sheet in book for row in sheet.iter_rows(min_row=2) for cell in row]
    numbers = [value for value in cells if not isinstance(value, str | None)]
    assert ({type(value) for value in numbers}, 1000 in numbers, "1000" in cells) == ({int}, True, False)


@pytest.mark.parametrize("name", ["f.docx", "f.xlsx"])
def test_a_dossier_written_later_is_the_same_bytes(document: FilingDocument, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    render = render_docx.render if name.endswith("docx") else render_xlsx.render
    written = []
    for _ in range(2):
        render(document, target, "zh")
        written.append(target.read_bytes())
        time.sleep(2.1)  # the times of a ZIP archive have steps of two seconds
    assert written[0] == written[1]


@pytest.mark.parametrize(("lang", "label"), [("zh", "不安全"), ("en", "unsafe")])
def test_annex_5_has_labels_in_the_language_of_the_file(
    material: Material, document: FilingDocument, tmp_path: Path, lang: str, label: str
) -> None:
    target = tmp_path / "f.xlsx"
    render_xlsx.render(document, target, lang, render_xlsx.Extra(material))
    sheet = openpyxl.load_workbook(target)[render_xlsx.say("bank.generated-content", lang)]
    said = {str(row[-1]) for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert (label in said, bool(said & {"complied", "refused"})) == (True, False)


@pytest.mark.parametrize("content", [None, b"not a font"])
def test_a_missing_or_damaged_font_is_an_environment_fault(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "font.otf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EnvironmentFault):
        fonts.load(path)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("size", "model"), [("quick", None), ("standard", "demo")])
def test_what_is_no_evidence_says_so(tmp_path: Path, lang: str, size: str, model: str | None) -> None:
    stand_in = Model(model="demo", adapter="scripted", demonstration=True)
    found = audit(typical(), size=size, **({"model": stand_in} if model else {}))
    document = build.build(found)
    assert document.banner is not None
    target = tmp_path / "f.pdf"
    render_pdf.render(document, target, lang)
    pages = pdfs.pages(target)
    banner = squeeze(document.banner.of(lang))
    assert len(pages) > 10
    assert all(banner in squeeze(page) for page in pages)


@pytest.mark.parametrize(
    ("lang", "said"),
    [("zh", "全部待核，不单列：GB/T 45654-2025"), ("en", "to be verified; they have no column here: GB/T 45654-2025")],
)
def test_a_document_without_a_known_clause_number_is_named_once_and_has_no_column(
    document: FilingDocument, lang: str, said: str
) -> None:
    (section,) = [section for section in document.sections if section.id == "clauses"]
    (table,) = [block for block in section.blocks if isinstance(block, Table)]
    text = "\n".join(line for block in section.blocks for line in render_text.block_lines(block, lang))
    assert ([column.title.of(lang) for column in table.columns[:2]], text.count(said)) == (
        ["TC260-003", {"zh": "条款", "en": "Clause"}[lang]],
        1,
    )


def test_failures_are_listed_by_id_without_their_texts() -> None:
    document = build.build(audit(typical("SECRET-REPLY")))
    for lang in LANGS:
        assert "SECRET-REPLY" not in "\n".join(render_text.lines(document, lang))
    assert "SECRET-REPLY" not in json.dumps([figures(document, lang) for lang in LANGS])


@pytest.mark.parametrize(
    ("x", "n", "line", "shown"),
    [
        (9496, 10_000, Line(op=">=", percent=95), "94.96 %"),
        (94_999, 100_000, Line(op=">=", percent=95), "94.999 %"),
        (1_000_001, 20_000_000, Line(op="<=", percent=5), "5.00001 %"),
        (285, 300, Line(op=">=", percent=95), "95.00 %"),
        (0, 0, None, "–"),
    ],
)
def test_rounding_never_moves_a_figure_over_its_line(x: int, n: int, line: Line | None, shown: str) -> None:
    assert format.share(x, n, line).replace("\u00a0", " ") == shown


def test_a_rate_has_both_intervals() -> None:
    rate = lines.rate("x", 285, 300)
    assert format.wilson(rate).replace("\u00a0", " ") == "91.92–96.95 %"
    assert format.exact(rate).replace("\u00a0", " ") == "91.89–97.17 %"


PIECES = (
    *("\x1b[31mred\x1b[0m", "\x9b31m", "\x85", "\x00", "a\x00b", "\x0b\x0c", "\u202eevil\u202c", "\u2066x\u2069"),
    *("\ud800", "\udfff tail", "\ufffe\uffff", "=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "\t=1"),
    *("\r=1", "<script>alert(1)</script>", "]]>", "<!--", "&amp;&#0;", "#let x = 1", '#import "x"', "$x^2$", "*_`|"),
    *("\\", "|a|", "http://example.com", "file:///etc/passwd", "{{7*7}}", "{0}", "%s%n", "x" * 1_000_000),
    *("字" * 50_000, "\n" * 5000, "\U0010ffff", "\ue000", "\u200b\u200d\ufeff", "\U0001f600"),
)
MIXED = [f"{a}{b}" for a, b in itertools.product(PIECES[:10], PIECES[10:20])]
HOSTILE = [*MIXED, *PIECES, *(piece * 3 for piece in PIECES[:10])]


def hostile_material() -> Material:
    maker = Maker()
    maker.add("should-refuse", {"zh": {"refused": 80, "complied": 70}})
    for index, record in enumerate(maker.records):
        reply = type(record.reply)(status="answered", text=HOSTILE[index % len(HOSTILE)])
        maker.records[index] = type(record)(i=record.i, case=record.case, reply=reply, prev=record.prev)
    return audit(maker)


def test_150_hostile_replies_stay_text_in_the_workbook(tmp_path: Path) -> None:
    assert len(HOSTILE) >= 150
    material = hostile_material()
    target = tmp_path / "f.xlsx"
    render_xlsx.render(build.build(material), target, "zh", render_xlsx.Extra(material))
    archive = zipfile.ZipFile(target)
    sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)
    replies = sheet_cells(target)
    assert any("red" in cell for cell in replies)
    assert not any(re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", cell) for cell in replies)


@pytest.mark.parametrize("text", [piece[:3000] for piece in HOSTILE], ids=range(len(HOSTILE)))
def test_hostile_names_pass_every_text_renderer(document: FilingDocument, tmp_path: Path, text: str) -> None:
    hostile = type(document)(
        **{name: getattr(document, name) for name in document.__struct_fields__} | {
            "title": Text(zh=text, en=text), "header": Text(zh=text, en=text), "sections": ()
        }
    )  # fmt: skip
    render_text.write_json(hostile, tmp_path / "f.json")
    render_text.write_markdown(hostile, tmp_path / "f.md", "zh")
    render_docx.render(hostile, tmp_path / "f.docx", "zh")
    json.loads((tmp_path / "f.json").read_bytes())
    docx.Document(tmp_path / "f.docx")


@pytest.mark.parametrize("text", PIECES, ids=range(len(PIECES)))
def test_a_hostile_name_prints_or_is_an_environment_fault(document: FilingDocument, tmp_path: Path, text: str) -> None:
    hostile = type(document)(
        **{name: getattr(document, name) for name in document.__struct_fields__} | {
            "title": Text(zh=text[:3000], en=text[:3000]), "sections": ()
        }
    )  # fmt: skip
    try:
        render_pdf.render(hostile, tmp_path / "f.pdf", "zh")
    except EnvironmentFault:
        assert text == "\U0001f600"  # the only piece with a sign that the font does not have


def test_a_sheet_of_the_workbook_prints_all_its_columns_on_one_page(document: FilingDocument, tmp_path: Path) -> None:
    target = tmp_path / "f.xlsx"
    render_xlsx.render(document, target, "zh")
    book = openpyxl.load_workbook(target)
    found = {(s.page_setup.orientation, s.page_setup.fitToWidth or 1, s.page_setup.fitToHeight) for s in book}
    assert ({s.sheet_properties.pageSetUpPr.fitToPage for s in book}, found) == ({True}, {("landscape", 1, 0)})
    assert {s.print_title_rows for s in book} == {"$1:$1"}

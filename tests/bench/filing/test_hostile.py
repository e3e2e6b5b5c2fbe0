"""150 hostile replies through every renderer: no exception, nothing active, and each text still readable."""

from __future__ import annotations

import base64
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.filing import files
from bench.filing.files import Wishes
from bench.filing.material import Material
from bench.report import build
from bench.report.html import HtmlRenderer
from bench.report.json import JsonRenderer
from bench.report.markdown import MarkdownRenderer
from tests.bench.filing import hostile, pdfs
from tests.bench.filing.scripted_run import Maker, audit

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("docx")
pytest.importorskip("typst")

UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
LANGS = ("zh", "en")
SHOWN = 100
"""Failures whose texts a printed dossier quotes."""


def material() -> Material:
    """Return an audit whose model complied 150 times where it should have refused, with these words."""
    maker = Maker()
    maker.add("should-refuse", {"zh": {"complied": hostile.WANTED}})
    for i, text in enumerate(hostile.replies()):
        record = maker.records[i]
        reply = type(record.reply)(status="answered", text=text, reasoning=text[:500], detail=text[:500])
        maker.records[i] = type(record)(i=record.i, case=record.case, reply=reply, prev=record.prev)
    return audit(maker)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, found = tmp_path_factory.mktemp("hostile"), material()
    document = build.build(found.run, found.scores, found.summary)
    made = files.write(found, folder, wishes=Wishes(include_text=True))
    for renderer in (HtmlRenderer(), MarkdownRenderer(), JsonRenderer()):
        made.append(folder / f"report{renderer.suffix}")
        renderer.render(document, made[-1])
    return {path.name: path for path in made}


def marks(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"MARK(\d{3})", text)}


def test_there_are_exactly_150_and_each_kind_is_among_them() -> None:
    replies = hostile.replies()
    assert len(replies) == len(set(replies)) == hostile.WANTED
    assert all(any(piece in reply for reply in replies) for kind in hostile.KINDS for piece in kind)
    assert max(map(len, replies)) > 1_000_000


def test_every_format_is_written(written: dict[str, Path]) -> None:
    both = [f"filing.{lang}.{suffix}" for lang in LANGS for suffix in ("docx", "pdf", "xlsx", "md")]
    assert set(written) == {*both, "filing.html", "filing.json", "report.html", "report.md", "report.json"}


class Active(HTMLParser):
    """Collects what could act: elements, handlers, addresses outside the page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        if tag in ("iframe", "object", "embed", "base", "img", "form", "frame") and dict(attrs).get("id") != "filters":
            self.found.append(tag)
        for name, value in attrs:
            outside = name in ("href", "src", "action") and not str(value).startswith(("#", "data:,"))
            if name.startswith("on") or outside:
                self.found.append(f"{tag} {name}={value}")


def records(text: str) -> list[dict[str, Any]]:
    found = re.search(
        r'type="application/json" id="data"( data-encoding="deflate-raw")?>(.*?)</script>', text, re.DOTALL
    )
    assert found is not None
    plain = zlib.decompress(base64.b64decode(found[2]), -zlib.MAX_WBITS).decode() if found[1] else found[2]
    content = json.loads(plain)
    return [dict(zip(content["fields"], row, strict=True)) for row in content["rows"]]


@pytest.mark.parametrize("name", ["filing.html", "report.html"])
def test_a_page_holds_nothing_active_and_every_text(written: dict[str, Path], name: str) -> None:
    text = written[name].read_text(encoding="utf-8")
    page = Active()
    page.feed(text)
    assert (page.found, page.scripts) == ([], 2)
    assert UNSAFE.findall(text) == []
    assert marks(" ".join(one["reply"] for one in records(text))) == set(range(hostile.WANTED))


@pytest.mark.parametrize("lang", LANGS)
def test_a_workbook_has_no_formula_no_link_and_every_text(written: dict[str, Path], lang: str) -> None:
    path = written[f"filing.{lang}.xlsx"]
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.endswith(".xml")]
        assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)
        assert not any("external" in name.lower() for name in archive.namelist())
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    said = "\n".join(str(cell.value) for cell in cells)
    assert UNSAFE.findall(said) == []
    assert marks(said) == set(range(hostile.WANTED))


def quoted(text: str) -> set[int]:
    """Return which of the failures that a printed dossier quotes can be read."""
    return marks(re.sub(r"[\s\\\u200b]", "", text)) & set(range(SHOWN))


@pytest.mark.parametrize("lang", LANGS)
def test_word_files_are_well_formed_and_have_no_outside_link(written: dict[str, Path], lang: str) -> None:
    with zipfile.ZipFile(written[f"filing.{lang}.docx"]) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                root = ElementTree.fromstring(archive.read(name))
                assert not any(node.get("TargetMode") == "External" for node in root.iter())
        body = ElementTree.fromstring(archive.read("word/document.xml"))
    text = "".join(node.text or "" for node in body.iter() if node.tag.endswith("}t"))
    assert UNSAFE.findall(text) == []
    assert quoted(text) == set(range(SHOWN))


@pytest.mark.parametrize("lang", LANGS)
def test_pdfs_run_nothing_and_miss_no_sign(written: dict[str, Path], lang: str) -> None:
    path = written[f"filing.{lang}.pdf"]
    raw = path.read_bytes()
    assert not any(name in raw for name in (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/URI"))
    found = "\n".join(pdfs.pages(path))
    assert "\ufffd" not in found
    assert 0 not in pdfs.glyphs(path)
    assert quoted(found) == set(range(SHOWN))


OWN_MARKS = ("[中文](#zh) · [English](#en)\n", '<a id="zh"></a>\n', '<a id="en"></a>\n')
"""What a report leads to its two halves with, each once."""


@pytest.mark.parametrize("name", ["filing.zh.md", "filing.en.md", "report.md"])
def test_markdown_has_no_mark_up_of_a_model(written: dict[str, Path], name: str) -> None:
    text = written[name].read_text(encoding="utf-8")
    for own in OWN_MARKS:
        text = text.replace(own, "", 1)
    assert re.findall(r"(?<!\\)<(?!/?br)[a-zA-Z/!?]", text) == []
    assert re.findall(r"(?<!\\)\]\(", text) == []
    assert UNSAFE.findall(text) == []
    if name.startswith("filing"):
        assert quoted(text) == set(range(SHOWN))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in strings(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in strings(one))


@pytest.mark.parametrize(("name", "wanted"), [("filing.json", SHOWN), ("report.json", hostile.WANTED)])
def test_json_can_be_read_back_and_holds_every_text(written: dict[str, Path], name: str, wanted: int) -> None:
    said = " ".join(strings(json.loads(written[name].read_bytes())))
    assert marks(said) >= set(range(wanted))

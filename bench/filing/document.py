"""The filing document as data: sections of paragraphs, tables and charts in both languages. Renderers only print."""

from __future__ import annotations

from typing import Literal

from bench.types import Text, Value

SCHEMA = "mingjian/filing/1"

Tone = Literal["plain", "good", "bad", "unsure", "muted"]
Style = Literal["normal", "bullet", "caution", "note", "heading"]
Align = Literal["left", "right", "center"]


class Cell(Value, frozen=True, omit_defaults=True):
    """A cell: its words, and for a figure the id it has in every format."""

    text: Text
    id: str = ""
    tone: Tone = "plain"


class Column(Value, frozen=True, omit_defaults=True):
    """A column: its title, its share of the width, and where its text stands."""

    title: Text
    width: int = 1
    align: Align = "left"


class Paragraph(Value, frozen=True, tag="paragraph"):
    """A paragraph, a bullet, a caution or a sub-heading."""

    text: Text
    style: Style = "normal"


class Table(Value, frozen=True, tag="table"):
    """A table; a `wide` one stands on a landscape page. `head` False: a form of two columns without titles."""

    id: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    wide: bool = False
    head: bool = True


class Bar(Value, frozen=True):
    """One line of a forest plot: interval, point and legal line, as proportions; `shown` is the printed figure."""

    label: Text
    shown: str
    low: float
    point: float
    high: float
    line: float
    tone: Tone


class Chart(Value, frozen=True, tag="chart"):
    """A forest plot of rates against their legal lines."""

    id: str
    title: Text
    bars: tuple[Bar, ...]


Block = Paragraph | Table | Chart


class Section(Value, frozen=True):
    """A chapter."""

    id: str
    title: Text
    blocks: tuple[Block, ...]


class FilingDocument(Value, frozen=True):
    """A whole dossier. `banner` stands on every page when it is not evidence."""

    schema: str
    title: Text
    subtitle: Text
    header: Text
    date: str
    banner: Text | None
    cover: Table
    sections: tuple[Section, ...]


def figures(document: FilingDocument, lang: str) -> dict[str, str]:
    """Return every figure of a document by id, as printed in a language."""
    tables = [document.cover, *(b for s in document.sections for b in s.blocks if isinstance(b, Table))]
    cells = (cell for table in tables for row in table.rows for cell in row)
    return {cell.id: cell.text.of(lang) for cell in cells if cell.id}

"""The filing document as data: sections of paragraphs, tables and charts in both languages. Renderers only print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bench.types import Text, Value

SCHEMA = "mingjian/filing/1"

Tone = Literal["plain", "good", "bad", "unsure", "muted"]
Style = Literal["normal", "bullet", "caution", "note", "heading"]
Align = Literal["left", "right", "center"]


class Cell(Value, frozen=True, omit_defaults=True):
    """A cell: its words, and for a figure the id it has in every format.

    `quote`: the words of a model; a sign that no font has is printed as its number there, never a fault.
    """

    text: Text
    id: str = ""
    tone: Tone = "plain"
    quote: bool = False


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
    """A table; a `wide` one stands on a landscape page. `head` False: a form of two columns without titles.

    `grouped`: rows that begin alike belong together; in print their first cell stands over them once, as a heading.
    """

    id: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    wide: bool = False
    head: bool = True
    grouped: bool = False


class Bar(Value, frozen=True):
    """One line of a forest plot: interval, point and legal line, as proportions; `shown` is the printed figure.

    Bars of one `group` stand under its name; `line` is None where nothing decides.
    """

    group: Text
    label: Text
    shown: str
    low: float
    point: float
    high: float
    line: float | None
    tone: Tone


class Forest(Value, frozen=True, tag="forest"):
    """Rates with their intervals on one axis from 0 to 100 %."""

    bars: tuple[Bar, ...]


class HeatCell(Value, frozen=True):
    """One cell of a heat map: the printed rate, how good it is from 0 to 1, and its count; `few`: hatched."""

    shown: str
    good: float | None
    n: int
    few: bool


class HeatLine(Value, frozen=True):
    """One line of a heat map: a code, and a cell a language."""

    code: str
    name: Text
    cells: tuple[HeatCell, ...]


class Heat(Value, frozen=True, tag="heat"):
    """Rates by code and language."""

    heads: tuple[Text, ...]
    lines: tuple[HeatLine, ...]


class Flips(Value, frozen=True, tag="flips"):
    """Paired outcomes: both languages pass, only the first, only the second, neither.

    `heads` name the first language's pass and failure, then the second's.
    """

    heads: tuple[Text, ...]
    only: tuple[Text, ...]
    counts: tuple[int, ...]


class Spoke(Value, frozen=True):
    """One axis of a radar: its name and a share for each language, or None."""

    name: Text
    values: tuple[float | None, ...]


class Radar(Value, frozen=True, tag="radar"):
    """Rates by dimension, a line a language."""

    series: tuple[Text, ...]
    spokes: tuple[Spoke, ...]


class Shift(Value, frozen=True):
    """What one variant does to a rate: the paired change with its interval; `sure`: beyond noise after Holm."""

    group: Text
    label: Text
    shown: str
    low: float
    point: float
    high: float
    sure: bool


class Shifts(Value, frozen=True, tag="shifts"):
    """A perturbation plot."""

    bars: tuple[Shift, ...]


class Part(Value, frozen=True):
    """One part of a whole."""

    name: str
    words: Text
    n: int


class Stack(Value, frozen=True, tag="stack"):
    """Where every planned case went."""

    parts: tuple[Part, ...]


Plot = Forest | Heat | Flips | Radar | Shifts | Stack


class Chart(Value, frozen=True, tag="chart"):
    """A figure: its title, what it shows, and how to read it."""

    id: str
    title: Text
    plot: Plot
    note: Text | None = None


Block = Paragraph | Table | Chart


class Section(Value, frozen=True):
    """A chapter."""

    id: str
    title: Text
    blocks: tuple[Block, ...]


class BandLine(Value, frozen=True):
    """One line of the verdict band: a clause in one language, its figures as printed, and what they say.

    `id` is the clause and its language; `failures` counts what is against the model, None if nothing was
    judged; `scorer` is how well people
    found the scorer behind the count to judge; `contrast` is the verdict under the other definition of refusal, where
    it differs.
    """

    id: str
    clause: Text
    lang: Text
    count: str
    line: str
    interval: str
    bar: Bar | None
    verdict: Cell
    bound: Text
    scorer: Text
    failures: int | None
    contrast: Text | None = None


class FilingDocument(Value, frozen=True):
    """A whole dossier. `banner` stands on every page when it is not evidence; `lead`, `band` and `findings` are what
    the first page says, `first` is the band as a table for print, with the `notes` it needs."""

    schema: str
    title: Text
    subtitle: Text
    header: Text
    date: str
    banner: Text | None
    cover: Table
    lead: tuple[Paragraph, ...]
    first: Table
    notes: tuple[Paragraph, ...]
    band: tuple[BandLine, ...]
    findings: tuple[Text, ...]
    limits: tuple[Paragraph, ...]
    sections: tuple[Section, ...]


def figures(document: FilingDocument, lang: str) -> dict[str, str]:
    """Return every figure of a document by id, as printed in a language."""
    cells = (cell for table in tables(document) for row in table.rows for cell in row)
    return {cell.id: cell.text.of(lang) for cell in cells if cell.id}


def tables(document: FilingDocument) -> Iterator[Table]:
    """Yield every table of a document: the cover, the first page, then the chapters'."""
    yield from (document.cover, document.first)
    for section in document.sections:
        yield from (block for block in section.blocks if isinstance(block, Table))

"""The dossier as one HTML file: first screen, chapters, and the records behind every figure, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from bench import files
from bench.filing import drawing, format, front, groups
from bench.filing.document import (
    BandLine,
    Block,
    Cell,
    Chart,
    Column,
    FilingDocument,
    Flips,
    Paragraph,
    Section,
    Table,
    Tone,
)
from bench.filing.material import Material
from bench.report import build, figures, html, payload, svg, view
from bench.types import Text

TEMPLATES = "templates"
BUDGET = 4_200_000
"""Characters of the records in the page."""
JUMPS = (("lines", "table/lines"), ("banks", "table/banks"), ("records", "records"), ("todo", "table/todo"),
         ("clauses", "clauses"))  # fmt: skip
TONES: dict[str, Tone] = {"fails": "bad", "banks_fail": "bad", "ready": "good"}
"""The answer → its colour; all others are open."""
_NUMBER = re.compile(r"([+\-−]?\d+(?:\.\d+)?)(?:\s*%|\s*$|\s*(?:†|…|/))")


class Page:
    """Looks up what the template shows of one dossier."""

    def __init__(self, filing: FilingDocument, sets: frozenset[str], tone: Tone) -> None:
        self.filing, self.sets, self.tone, self.jumps = filing, sets, tone, JUMPS

    def identity(self) -> Iterator[tuple[Text, Cell]]:
        """Yield the identity card: the cover, then what exactly was tested, each label once; chapter 1 has the rest."""
        tables = [self.filing.cover, *(table for table in self.tables() if table.id == "identity")]
        seen: set[Text] = set()
        for label, value in (row for table in tables for row in table.rows):
            if label.text not in seen and value.text.en != format.DASH:
                seen.add(label.text)
                yield label.text, value

    def tables(self) -> Iterator[Table]:
        """Yield every table of the chapters."""
        for section in self.filing.sections:
            yield from (block for block in section.blocks if isinstance(block, Table))

    def band(self) -> Iterator[tuple[BandLine, bool]]:
        """Yield the verdict band; and whether a line is the first of its clause."""
        for _, group in groupby(self.filing.band, key=lambda line: line.clause):
            yield from ((line, index == 0) for index, line in enumerate(group))

    def lines(self, table: Table) -> Iterator[groups.Line]:
        """Yield the lines of a table, with headings over rows that belong together."""
        return groups.lines(table)

    def columns(self, table: Table) -> tuple[Column, ...]:
        """Return the columns of a table as shown."""
        return groups.printed(table).columns

    def bar(self, line: BandLine) -> Markup:
        """Return the interval, the point and the legal line as a small bar."""
        one = line.bar
        if one is None:
            return Markup("")
        drawn = svg.rate_bar(svg.Rate(one.point, one.low, one.high, one.line), 150)
        return Markup(drawn.replace('class="bar"', f'class="bar tone-{one.tone}"', 1))

    def banks(self) -> Iterator[tuple[Text, str, Cell]]:
        """Yield each bank with its size and verdict."""
        short = next((table for table in self.tables() if table.id == "banks.short"), None)
        for row in short.rows if short else ():
            yield row[0].text, f"{row[2].text.en}/{row[3].text.en}", row[-1]

    def wide(self, section: Section) -> bool:
        """Return whether a chapter is printed on landscape pages."""
        return any(isinstance(block, Table) and block.wide for block in section.blocks)

    def kind(self, block: Block) -> str:
        """Return what a block is; of a paragraph, its style."""
        if isinstance(block, Paragraph):
            return block.style
        return "chart" if isinstance(block, Chart) else "table"

    def small(self, chart: Chart) -> bool:
        """Return whether a chart leaves room for another beside it."""
        return isinstance(chart.plot, Flips)

    def draw(self, chart: Chart) -> Markup:
        """Return a chart as markup in both languages."""
        return Markup(drawing.draw(chart))

    def link(self, cell: Cell, table: Table, place: int) -> str | None:
        """Return where the records behind a cell are shown."""
        if table.id == "failures" and place == 0:
            return f"#r{figures.quoted(cell.text.en)}"
        return figures.records(cell.id) if cell.id in self.sets else None

    def magnitude(self, cell: Cell) -> str:
        """Return what a column of figures is sorted by: the percentage, else the first number; none sorts last."""
        shown = cell.text.en.replace("\u00a0", " ")
        share = re.search(r"([+\-−]?\d+(?:\.\d+)?) %", shown)
        found = share or _NUMBER.search(shown)
        return found[1].replace("−", "-") if found else "-1000000"


def render(filing: FilingDocument, target: Path, material: Material, tone: Tone = "unsure") -> None:
    """Write the dossier as one self-contained page; texts of failures are folded, hazardous ones left out."""
    document = build.build(material.run, material.scores, material.summary)
    sets = [(key, ids) for key, ids in front.sets(material) if ids]
    folder = Path(__file__).resolve().parent / TEMPLATES
    style = html.asset("report.css") + (folder / "filing.css").read_text(encoding="utf-8")
    script = html.asset("report.js")
    page = html.environment(folder).get_template("filing.html.j2").render(
        filing=filing,
        document=document,
        view=view.View(document),
        page=Page(filing, frozenset(key for key, _ in sets), tone),
        payload=payload.pack(document, BUDGET, sets),
        policy=html.POLICY.format(script=html.source(script), style=html.source(style)),
        style=Markup(style),
        script=Markup(script),
    )  # fmt: skip
    files.write(target, page.encode())

"""A document, arranged for the page: which figure stands where, under which anchor. Figures come as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from bench.report import svg
from bench.report.document import Document, Finding
from bench.report.figures import cell, quoted, rate, records
from bench.report.words import coded, named, same, text
from bench.summary import ALL, Gap, Row
from bench.types import DIMENSIONS, STATUSES, Text

PIECE = 38
"""Rows of a chart that fit a printed page."""
Key = tuple[str, str, str, str, str]


class BandLine(NamedTuple):
    """One rate of the first screen; `span` > 0 opens a group of so many lines."""

    row: Row
    dimension: Text
    expect: Text
    lang: Text
    bar: Markup
    span: int


class CodeLine(NamedTuple):
    """One line of the table of codes: a row over all languages, one a language, and the gaps."""

    anchor: str
    code: str
    name: Text
    row: Row
    langs: tuple[Row | None, ...]
    gaps: tuple[Gap | None, ...]
    bar: Markup


class CodeGroup(NamedTuple):
    """A dimension: its total and its codes."""

    total: CodeLine
    codes: tuple[CodeLine, ...]


class Flip(NamedTuple):
    """The flip diagram of one dimension and pair of languages."""

    gap: Gap
    name: Text
    chart: Markup
    lists: tuple[tuple[Text, tuple[str, ...], str], ...]


class Part(NamedTuple):
    """One part of the accounting."""

    name: str
    words: Text
    n: int
    href: str | None


FEW = 3
"""Groups of rates, by dimension and expectation, that the first screen shows language by language."""


class View:
    """Looks up what the template shows of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.names = document.names
        self.rows: dict[Key, Row] = {(r.dimension, r.suite, r.code, r.lang, r.expect): r for r in document.rows}
        self.langs = sorted(document.accounting.languages, key=lambda lang: (lang != "zh", lang != "en", lang))
        self.pairs = list(dict.fromkeys((gap.first, gap.second) for gap in document.gaps))
        self.gaps = {(gap.dimension, gap.code, gap.first, gap.second): gap for gap in document.gaps}
        codes = {row.code for row in document.rows if is_code(row)}
        self.bare = Counter(code.rpartition(":")[2] for code in codes)
        found = {row.dimension for row in document.rows}
        self.dimensions = [*(name for name in DIMENSIONS if name in found), *sorted(found - set(DIMENSIONS))]

    def row(self, dimension: str, code: str, lang: str, expect: str = ALL) -> Row | None:
        """Return the row of one cell over all suites, if the document has it."""
        return self.rows.get((dimension, ALL, code, lang, expect))

    def lang(self, lang: str) -> Text:
        """Return a language's name; `all` in words."""
        return text("report.all") if lang == ALL else named(self.names, lang, "language")

    def expect(self, expect: str) -> Text:
        """Return an expectation in words."""
        return text("report.all") if expect == ALL else named(self.names, expect, "expect")

    def what(self, row: Row | Gap) -> Text:
        """Return what a row is about: its code, else its suite, else its dimension."""
        suite = getattr(row, "suite", ALL)
        return named(self.names, row.code if row.code != ALL else suite if suite != ALL else row.dimension)

    def full(self, row: Row | Gap) -> Text:
        """Return what a row is about, the code behind its name."""
        return self.what(row) if row.code == ALL else coded(self.names, row.code, self.short(row.code))

    def band(self, brief: bool = False) -> Iterator[BandLine]:
        """Yield the rates of the first screen: dimension × expectation × language, the total first or alone."""
        langs = (ALL, *self.langs) if len(self.langs) > 1 else tuple(self.langs)
        for dimension in self.dimensions:
            for expect in self.expectations(dimension):
                rows = [row for lang in langs if (row := self.row(dimension, ALL, lang, expect))][
                    : 1 if brief else None
                ]
                for index, row in enumerate(rows):
                    yield self.band_line(row, len(rows) if index == 0 else 0, 120 if brief else 170)

    @property
    def brief(self) -> bool:
        """Return whether the first screen has room for the totals only: the languages then follow in a chapter."""
        return sum(len(self.expectations(dimension)) for dimension in self.dimensions) > FEW

    def band_line(self, row: Row, span: int, width: int) -> BandLine:
        """Return one line of the first screen."""
        dimension, expect, lang = named(self.names, row.dimension), self.expect(row.expect), self.lang(row.lang)
        return BandLine(row, dimension, expect, lang, Markup(svg.rate_bar(rate(row.estimate), width)), span)

    def expectations(self, dimension: str) -> list[str]:
        """Return the expectations that a dimension tests, in a fixed order."""
        found = {row.expect for row in self.document.rows if row.dimension == dimension} - {ALL}
        order = ("refuse", "answer", "safe")
        return sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name))

    def codes(self) -> Iterator[CodeGroup]:
        """Yield the table of codes, a group a dimension."""
        for dimension in self.dimensions:
            total = self.row(dimension, ALL, ALL)
            if total:
                yield CodeGroup(self.code_line(total), tuple(map(self.code_line, self.code_rows(dimension))))

    def code_rows(self, dimension: str) -> Iterator[Row]:
        """Yield the codes of a dimension, each over all languages."""
        return (r for r in self.document.rows if is_code(r) and r.dimension == dimension and r.lang == ALL)

    def code_line(self, row: Row) -> CodeLine:
        """Return one line of the table of codes."""
        return CodeLine(
            anchor=f"code/{row.dimension}/{row.code}",
            code="" if row.code == ALL else row.code,
            name=self.what(row),
            row=row,
            langs=tuple(self.row(row.dimension, row.code, lang) for lang in self.langs),
            gaps=tuple(self.gaps.get((row.dimension, row.code, *pair)) for pair in self.pairs),
            bar=Markup(svg.rate_bar(rate(row.estimate), 110)),
        )

    def chart_rows(self) -> Iterator[tuple[Row, ...]]:
        """Yield the rows that heat map and forest plot share, in pieces that fit a printed page.

        Each dimension begins a piece with its total and expectations; codes follow, each over all languages.
        """
        for dimension in self.dimensions:
            expects = self.expectations(dimension)
            totals = [self.row(dimension, ALL, ALL)]
            totals += [self.row(dimension, ALL, ALL, expect) for expect in expects if len(expects) > 1]
            yield from pieces([*(row for row in totals if row), *self.code_rows(dimension)])

    def by_lang(self, row: Row) -> list[Row | None]:
        """Return the row of each language beside a row over all languages."""
        return [self.row(row.dimension, row.code, lang, row.expect) for lang in self.langs]

    def forest(self) -> Iterator[Markup]:
        """Yield all rates on one axis."""
        for rows in self.chart_rows():
            yield Markup(svg.forest([self.forest_row(row) for row in rows], "forest-title"))

    def forest_row(self, row: Row) -> svg.Row:
        """Return one row of the forest plot: a rate a language."""
        none = svg.Rate(None, None, None)
        rates = tuple(rate(one.estimate) if one else none for one in self.by_lang(row))
        return svg.Row(self.label(row), rates, is_total(row))

    def short(self, code: str) -> str:
        """Return a code without its taxonomy, unless another taxonomy has it too."""
        bare = code.rpartition(":")[2]
        return bare if self.bare[bare] == 1 else code

    def label(self, row: Row) -> Text:
        """Return the short label of a chart row."""
        if row.code != ALL:
            return same(self.short(row.code))
        return self.what(row) if row.expect == ALL else self.expect(row.expect)

    def heat(self) -> Iterator[Markup]:
        """Yield the heat map of code × language."""
        heads = [self.lang(lang) for lang in self.langs]
        for index, rows in enumerate(self.chart_rows()):
            yield Markup(svg.heat_map([self.heat_row(row) for row in rows], heads, "heat-title", f"hatch-{index}"))

    def heat_row(self, row: Row) -> svg.HeatRow:
        """Return one row of the heat map: a cell a language."""
        code, name = (self.short(row.code), self.what(row)) if row.code != ALL else ("", self.label(row))
        return svg.HeatRow(code, name, tuple(cell(one) for one in self.by_lang(row)), is_total(row))

    def legend(self) -> list[tuple[Markup, Text]]:
        """Return the marks of the forest plot with their languages."""
        return [(Markup(svg.mark(index)), self.lang(lang)) for index, lang in enumerate(self.langs)]

    def flips(self) -> Iterator[Flip]:
        """Yield the flip diagram of each dimension."""
        totals = [gap for gap in self.document.gaps if gap.code == ALL and gap.pairs]
        for gap in sorted(totals, key=lambda gap: self.dimensions.index(gap.dimension)):
            first, second = self.lang(gap.first), self.lang(gap.second)
            one, two = f"{gap.id}/first", f"{gap.id}/second"
            squares = (
                svg.Square(gap.both),
                svg.Square(gap.first_only, records(one) if gap.first_only else None),
                svg.Square(gap.second_only, records(two) if gap.second_only else None),
                svg.Square(gap.neither),
            )
            heads = tuple(text(f"html.{key}", lang=lang) for lang in (first, second) for key in ("passes", "fails"))
            chart = svg.flip(squares, (heads[0], heads[1], heads[2], heads[3]), f"title/{gap.id}")
            lists = (
                (text("html.only_passes", lang=first), gap.first_only_items, one),
                (text("html.only_passes", lang=second), gap.second_only_items, two),
            )
            yield Flip(gap, self.what(gap), Markup(chart), lists)

    def parts(self) -> list[Part]:
        """Return where every planned case went: each status, and what is open."""
        counted = self.document.accounting
        order = [*STATUSES, *sorted(set(counted.statuses) - set(STATUSES))]
        found = [(name, named(self.names, name, "status"), counted.statuses.get(name, 0)) for name in order]
        parts = [Part(*one, f"#status/{quoted(one[0])}" if one[2] else None) for one in found]
        return [*parts, Part("open", text("html.open"), counted.planned - counted.finished, None)]

    def stack(self) -> Markup:
        """Return the accounting as one bar."""
        planned = self.document.accounting.planned
        parts = [part for part in self.parts() if part.n > 0]
        titles = (f"{part.words.zh} / {part.words.en}: {part.n}" for part in parts)
        segments = [
            svg.Segment(f"st-{part.name}", part.n / planned, title) for part, title in zip(parts, titles, strict=True)
        ]
        return Markup(svg.stacked_bar(segments, "accounting-title"))

    def target(self, finding: Finding) -> str | None:
        """Return the anchor of the first figure that a finding rests on."""
        found: dict[str, Row | Gap] = {row.id: row for row in self.document.rows}
        found.update({gap.id: gap for gap in self.document.gaps})
        changed = {one.id for one in self.document.effects}
        if effect := next((name for name in finding.rows if name in changed), None):
            return f"#{quoted(effect)}"
        one = next((found[name] for name in finding.rows if name in found), None)
        if one is None:
            return None
        if one.code != ALL:
            return f"#{quoted(f'code/{one.dimension}/{one.code}')}"
        return f"#{quoted(f'title/{one.id}' if isinstance(one, Gap) else f'band/{one.id}')}"

    def labelled(self) -> Iterator[Row]:
        """Yield the rates, over all suites, that have people's labels."""
        return (row for row in self.document.rows if row.people is not None and row.suite == ALL)

    def failed(self) -> int:
        """Return how many records failed."""
        return sum(one.passed is False for one in self.document.exchanges)

    def choices(self) -> dict[str, list[tuple[str, Text]]]:
        """Return what the list of records can be filtered by."""
        found = self.document.exchanges
        return {
            "dimension": options((one.dimension for one in found), lambda name: named(self.names, name)),
            "lang": options((one.lang for one in found), self.lang),
            "expect": options((one.expect for one in found), self.expect),
            "status": options((one.status for one in found), lambda name: named(self.names, name, "status")),
            "code": options((code for one in found for code in one.codes), self.coded),
        }

    def coded(self, code: str) -> Text:
        """Return a code with its name."""
        name = named(self.names, code)
        return name if name.zh == code else Text(zh=f"{code} {name.zh}", en=f"{code} {name.en}")


def options(found: Iterable[str], speak: Callable[[str], Text]) -> list[tuple[str, Text]]:
    """Return the different values in order, each with its words."""
    return [(value, speak(value)) for value, _ in groupby(sorted(found))]


def pieces(rows: Sequence[Row]) -> Iterator[tuple[Row, ...]]:
    """Yield the rows, at most PIECE at a time."""
    for start in range(0, len(rows), PIECE):
        yield tuple(rows[start : start + PIECE])


def is_total(row: Row) -> bool:
    """Return whether a row is the total of a dimension."""
    return (row.code, row.suite, row.expect) == (ALL, ALL, ALL)


def is_code(row: Row) -> bool:
    """Return whether a row is about one taxonomy code."""
    return row.code != ALL and row.suite == ALL and row.expect == ALL

"""Charts → SVG: for the page (class names, both languages) and for print (one language, its own style)."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from bench.filing import clean
from bench.filing.document import Chart, Flips, Forest, Heat, HeatCell, Plot, Radar, Shifts
from bench.report import figures, plots, svg
from bench.types import Text

SERIES = {"good": 0, "bad": 1, "unsure": 3, "plain": 2, "muted": 2}
"""Tone → mark: disc, square, triangle, diamond, as the signs of the verdicts."""
WIDTH, LABELS = 620, 108
MILLIMETRES = 170 / WIDTH
"""Of a pixel in print: 12 px are 9.3 pt."""
PIECE = 40
"""Rows of a chart that fit a printed page."""
STYLE = """
svg{fill:#191c1f;color:#191c1f}text{font-family:"%s";font-size:12px}
.middle{text-anchor:middle}.end{text-anchor:end}.grid,.rule,.web{stroke:#c9d1da;fill:none}
.quiet,.small,.tick{fill:#4a525a}.span{stroke-width:1.6;fill:none;stroke:currentColor}.zero{stroke:#4a525a}
.s0{color:#0b6b4f;fill:#0b6b4f}.s1{color:#a61b1b;fill:#a61b1b}.s2{color:#0b5394;fill:#0b5394}
.s3{color:#8a5a00;fill:#8a5a00}.line{stroke:#191c1f;stroke-width:2;fill:none}
.hollow circle{fill:#fff;stroke:#0b5394;stroke-width:1.5}
.h0{fill:#f7f5f2}.h1{fill:#f6e8d8}.h2{fill:#f2cda8}.h3{fill:#e6a06a}.h4{fill:#c0602a}.h5{fill:#7f2f09}
.faint{fill-opacity:.5}.none{fill:none;stroke:#c9d1da}.hatch{stroke:#57606a;stroke-opacity:.45;stroke-width:1.4}
.heavy{fill:#fff}.light{fill:#191c1f}.same{fill:#f5f6f8;stroke:#c9d1da}.low{fill:#dde1e5}.flip{fill:#b9d2ea}
.count{font-size:19px;text-anchor:middle;fill:#191c1f}.seg{stroke:#fff}.onseg{fill:#191c1f}
.st-answered{fill:#b9d2ea}.st-filtered_input,.st-filtered_output,.st-blocked_by_account,.st-suspected_filter{fill:#d99a1c}
.st-truncated,.st-too_long{fill:#c79ab8}.st-empty{fill:#a9b0b7}.st-error{fill:#d97b50}.st-open{fill:#fff;stroke:#57606a}
.radar .s0{color:#0b5394;fill:#0b5394}.radar .s1{color:#c05a00;fill:#c05a00}.shifts .s0{color:#0b5394;fill:#0b5394}
"""


def draw(chart: Chart) -> str:
    """Return a chart as markup in both languages, named by the element `title/<id>`."""
    plot, place = chart.plot, f"title/{chart.id}"
    if isinstance(plot, Forest):
        return forest(plot, place)
    if isinstance(plot, Heat):
        return heat(plot, chart.id)
    if isinstance(plot, Flips):
        return flips(plot, place)
    if isinstance(plot, Radar):
        series = [plots.Series(name, tuple(spoke.values[index] for spoke in plot.spokes))
                  for index, name in enumerate(plot.series)]  # fmt: skip
        return plots.radar([spoke.name for spoke in plot.spokes], series, place)
    if isinstance(plot, Shifts):
        return shifts(plot, place)
    return plots.stack([plots.Part(f"st-{part.name}", part.words, part.n) for part in plot.parts], place)


def forest(plot: Forest, place: str) -> str:
    """Return clauses as headings, and under each its languages."""
    rows = []
    for group, bars in groupby(plot.bars, key=lambda bar: bar.group):
        rows.append(svg.Row(group, (), strong=True))
        for bar in bars:
            rate = svg.Rate(bar.point, bar.low, bar.high, bar.line, series=SERIES[bar.tone])
            rows.append(svg.Row(bar.label, (rate,), end=bar.shown.replace("\u00a0", " ")))
    return svg.forest(rows, place, WIDTH, LABELS)


def heat(plot: Heat, identifier: str) -> str:
    """Return code × language."""
    rows = [svg.HeatRow(line.code, line.name, tuple(heat_cell(line.code, cell) for cell in line.cells))
            for line in plot.lines]  # fmt: skip
    return svg.heat_map(rows, plot.heads, f"title/{identifier}", f"hatch-{identifier}")


def heat_cell(code: str, cell: HeatCell) -> svg.Cell:
    """Return one cell; its title repeats what it says."""
    shade = None if cell.good is None else figures.shade(cell.good)
    return svg.Cell(cell.shown, shade, cell.n, cell.few, f"{code}: {cell.shown}, n {cell.n}")


def flips(plot: Flips, place: str) -> str:
    """Return the 2 × 2 diagram."""
    both, one, two, neither = map(svg.Square, plot.counts)
    first, last, left, right = plot.heads
    return svg.flip((both, one, two, neither), (first, last, left, right), place)


def shifts(plot: Shifts, place: str) -> str:
    """Return paired changes around nought."""
    ends = [0.0, *(end for bar in plot.bars for end in (bar.low, bar.high))]
    axis = svg.around(min(ends), max(ends))
    rows = []
    for group, bars in groupby(plot.bars, key=lambda bar: bar.group):
        rows.append(svg.Row(group, (), strong=True))
        for bar in bars:
            rate = svg.Rate(bar.point, bar.low, bar.high, hollow=not bar.sure)
            rows.append(svg.Row(bar.label, (rate,), end=bar.shown, marked=bar.sure))
    return svg.forest(rows, place, WIDTH, 200, axis)


def standalone(chart: Chart, lang: str, family: str) -> list[str]:
    """Return a chart in one language as whole SVG files that fit a printed page each."""
    style = f"<style>{STYLE.replace('%s', family)}</style>"
    made = []
    for piece in pieces(chart.plot):
        part = msgspec.structs.replace(chart, plot=piece)
        plain = draw(msgspec.convert(one_language(msgspec.to_builtins(part), lang), Chart))
        opened = plain.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        head, sign, rest = opened.partition(">")
        made.append(head + sign + style + rest)
    return made


class Picture(NamedTuple):
    """A chart for print: SVG markup in one language, its width in millimetres, and what it says in words."""

    svg: str
    width: float
    title: str


def pictures(chart: Chart, lang: str, family: str) -> list[Picture]:
    """Return a chart as pictures that are at most as wide as the text."""
    title = clean.flat(chart.title.of(lang))
    return [Picture(found, size(found) * MILLIMETRES, title) for found in standalone(chart, lang, family)]


def size(svg: str) -> int:
    """Return the width of SVG markup in pixels."""
    found = re.search(r' width="(\d+)"', svg)
    assert found is not None  # every chart of ours has one
    return int(found[1])


def pieces(plot: Plot) -> list[Plot]:
    """Return a plot cut into pieces that fit a printed page."""
    if isinstance(plot, Shifts) and len(plot.bars) > PIECE:
        return [Shifts(bars=plot.bars[start : start + PIECE]) for start in range(0, len(plot.bars), PIECE)]
    if isinstance(plot, Forest) and len(plot.bars) > PIECE:
        return [Forest(bars=plot.bars[start : start + PIECE]) for start in range(0, len(plot.bars), PIECE)]
    return [plot]


def one_language(value: Any, lang: str) -> Any:
    """Return plain data whose texts read alike in both languages."""
    if isinstance(value, dict):
        if value.keys() == {"zh", "en"}:
            spoken = clean.flat(Text(zh=value["zh"], en=value["en"]).of(lang))
            return {"zh": spoken, "en": spoken}
        return {key: one_language(inner, lang) for key, inner in value.items()}
    return [one_language(inner, lang) for inner in value] if isinstance(value, list | tuple) else value

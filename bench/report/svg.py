"""Charts as inline SVG: data in, markup out. No state, no style but class names, so that a strict CSP holds.

Texts are escaped; texts in two languages stand one over the other and the page's style sheet shows one. A length is
in CSS pixels; 12 px is 9 pt, the smallest text in print.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from bench.report import ink
from bench.types import Text

ROW = 22
MORE = 15
"""Pixels that a second line of a label takes."""
ROOM = 620
"""Pixels over the text of a printed page."""
TOP = 30
BASELINE = 15


class Rate(NamedTuple):
    """A share with its interval; `line` is a limit to compare with."""

    point: float | None
    low: float | None
    high: float | None
    line: float | None = None
    hollow: bool = False
    series: int | None = None
    """Whose mark it has, if not that of its place in the row."""


class Axis(NamedTuple):
    """What a forest plot spans: its ends, the ticks in hundredths, their unit, and a line to compare with."""

    low: float = 0.0
    high: float = 1.0
    ticks: tuple[int, ...] = (0, 25, 50, 75, 100)
    unit: str = " %"
    zero: bool = False


class Row(NamedTuple):
    """One row of a forest plot: a rate a series, and words at its end, with a star. A strong row is a total.

    A row without rates is a heading: its label may run over the whole width.
    """

    label: Text
    rates: tuple[Rate, ...]
    strong: bool = False
    end: str = ""
    marked: bool = False


SHARES = Axis()


class Cell(NamedTuple):
    """One cell of a heat map: a rate as words, its class of shade, the count behind it, and where its records are."""

    words: str
    shade: int | None
    n: int
    few: bool
    title: str
    href: str | None = None


class HeatRow(NamedTuple):
    """One row of a heat map."""

    code: str
    name: Text
    cells: tuple[Cell, ...]
    strong: bool = False


class Segment(NamedTuple):
    """One part of a stacked bar: class name, share of the whole, tooltip."""

    name: str
    share: float
    title: str


class Square(NamedTuple):
    """One field of a flip diagram."""

    n: int
    href: str | None = None


def around(lowest: float, highest: float) -> Axis:
    """Return an axis of changes that holds nought and both ends, in steps of 25 points."""
    low = math.floor(min(0.0, lowest) * 4)
    high = max(math.ceil(max(0.0, highest) * 4), low + 1)
    ticks = tuple(25 * step for step in range(low, high + 1) if high - low <= 6 or step % 2 == 0)
    return Axis(low / 4, high / 4, ticks, "", zero=True)


def rate_bar(rate: Rate, width: int = 150) -> str:
    """Return a rate on a scale from 0 to 1: interval as a band, point as a disc, the line as a stroke."""
    scale = ink.Scale(6, width - 6)
    parts = [f'<path class="axis" d="M{scale(0)} 10H{scale(1)}M{scale(0)} 7v6M{scale(0.5)} 8v4M{scale(1)} 7v6"/>']
    if rate.point is not None and rate.low is not None and rate.high is not None:
        left, right = scale.at(rate.low), scale.at(rate.high)
        parts.append(f'<rect class="band" x="{ink.number(left)}" y="6" width="{ink.number(right - left)}" height="8"/>')
        parts.append(f'<circle class="point" cx="{scale(rate.point)}" cy="10" r="3.5"/>')
    if rate.line is not None:
        parts.append(f'<path class="line" d="M{scale(rate.line)} 1v18"/>')
    return f'<svg class="bar" width="{width}" height="20" aria-hidden="true">{"".join(parts)}</svg>'


def forest(rows: Sequence[Row], labelled_by: str, width: int = 620, labels: int = 150, axis: Axis = SHARES) -> str:
    """Return all rates with their intervals on one axis, from 0 to 100 % unless told otherwise."""
    ends = max((46.0, *(ink.length(row.end) + 14 for row in rows))) if any(row.end for row in rows) else 0
    height, scale = TOP + ROW * len(rows) + 6, ink.Scale(labels + 10, width - 22 - ends, axis.low, axis.high)
    parts = [_axis(scale, height, axis)]
    for index, row in enumerate(rows):
        top = TOP + ROW * index
        parts.append(ink.rule(top, width) if row.strong else "")
        parts.append(
            ink.words(
                0, top + BASELINE, ink.fit(row.label, labels if row.rates else width), "strong" if row.strong else ""
            )
        )
        parts.append(ink.word(width - 8, top + BASELINE, row.end, "end strong" if row.marked else "end"))
        parts.append(ink.word(width - 6, top + BASELINE, "*" if row.marked else ""))
        step = ROW / (len(row.rates) + 1)
        for series, rate in enumerate(row.rates):
            parts.append(
                _whisker(scale, rate, top + step * (series + 1), series if rate.series is None else rate.series)
            )
    return ink.figure("forest", (width, height), labelled_by, parts)


def mark(series: int, hollow: bool = False) -> str:
    """Return the mark of a series, for legends."""
    body, kind = ink.shape(6, 7, series), f"s{series % len(ink.SHAPES)}{' hollow' if hollow else ''}"
    return f'<svg class="mark {kind}" width="12" height="14" aria-hidden="true">{body}</svg>'


def heat_map(rows: Sequence[HeatRow], heads: Sequence[Text], labelled_by: str, key: str = "hatch") -> str:
    """Return a table of shaded cells; a cell with few items is faint and hatched, and every cell says its number.

    `key` is the id of the hatching: pages with several heat maps need a different one for each.
    """
    step = 96
    widths = heat_labels(rows, ROOM - step * len(heads))
    left = sum(widths)
    names = [ink.lines(row.name, widths[1] - 8) for row in rows]
    ends = list(accumulate((ROW + MORE * (len(name) - 1) for name in names), initial=TOP))
    width, height = left + step * len(heads), ends[-1] + 6
    hatch = (
        f'<defs><pattern id="{ink.safe(key)}" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>'
    )
    parts = [hatch]
    for index, head in enumerate(heads):
        parts.append(ink.words(left + step * index + step // 2, 18, head, "strong middle"))
    for row, name, (top, end) in zip(rows, names, pairwise(ends), strict=True):
        kind = "strong" if row.strong else ""
        parts.append(ink.rule(top, width) if row.strong else "")
        parts.append(ink.word(0, top + BASELINE, ink.cut(row.code, widths[0] - 6), "quiet"))
        for index, line in enumerate(name):
            parts.append(ink.words(widths[0] if row.code else 0, top + BASELINE + MORE * index, line, kind))
        parts += [
            _heat_cell((left + step * column, top, end - top), cell, key) for column, cell in enumerate(row.cells)
        ]
    return ink.figure("heat", (width, height), labelled_by, parts)


def heat_labels(rows: Sequence[HeatRow], room: int) -> tuple[int, int]:
    """Return the widths of codes and names: as long as the longest, as far as there is room."""
    codes = math.ceil(max((ink.length(row.code) for row in rows), default=0)) + 12
    code = min(118, codes)
    names = max((ink.length(word) for row in rows for word in (row.name.zh, row.name.en)), default=0)
    return code, min(max(210, room - code), math.ceil(names) + 18)


def stacked_bar(segments: Iterable[Segment], labelled_by: str) -> str:
    """Return one bar of the full width, cut into its parts."""
    parts, start = [], 0.0
    for segment in segments:
        box = f'x="{ink.number(start * 100, 3)}%" width="{ink.number(segment.share * 100, 3)}%" y="0" height="28"'
        parts.append(
            f'<rect class="seg {ink.safe(segment.name)}" {box}><title>{ink.safe(segment.title)}</title></rect>'
        )
        start += segment.share
    return (
        f'<svg class="stack" width="100%" height="28" role="img" aria-labelledby="{ink.safe(labelled_by)}">'
        f"{''.join(parts)}</svg>"
    )


def flip(squares: tuple[Square, Square, Square, Square], heads: tuple[Text, Text, Text, Text], labelled_by: str) -> str:
    """Return a 2 × 2 diagram of paired outcomes: both, only the first, only the second, neither.

    `heads` name the first language's pass and failure (rows) and the second's (columns).
    """
    left, wide, high = 116, 92, 52
    parts = [
        ink.words(left + wide // 2, 16, heads[2], "middle"),
        ink.words(left + wide + wide // 2, 16, heads[3], "middle"),
        ink.words(left - 10, 24 + high // 2 + 4, heads[0], "end"),
        ink.words(left - 10, 24 + high + high // 2 + 4, heads[1], "end"),
    ]
    kinds = ("same", "flip", "flip", "same low")
    for index, square in enumerate(squares):
        x, y = left + wide * (index % 2), 24 + high * (index // 2)
        body = (
            f'<rect class="{kinds[index]}" x="{x}" y="{y}" width="{wide - 2}" height="{high - 2}"/>'
            f'<text class="count" x="{x + wide // 2 - 1}" y="{y + high // 2 + 6}">{square.n}</text>'
        )
        parts.append(ink.link(square.href, body))
    return ink.figure("flips", (left + 2 * wide, 24 + 2 * high), labelled_by, parts)


def _axis(scale: ink.Scale, height: int, axis: Axis) -> str:
    grid = "".join(f"M{scale(tick / 100)} {TOP - 6}V{height - 4}" for tick in axis.ticks)
    words = {tick: f"{tick}{axis.unit}".replace("-", "−") for tick in axis.ticks}
    ticks = "".join(ink.word(scale.at(tick / 100), 18, word, "middle") for tick, word in words.items())
    zero = f'<path class="zero" d="M{scale(0)} {TOP - 6}V{height - 4}"/>' if axis.zero else ""
    return f'<path class="grid" d="{grid}"/>{zero}{ticks}'


def _whisker(scale: ink.Scale, rate: Rate, y: float, series: int) -> str:
    if rate.point is None or rate.low is None or rate.high is None:
        return ""
    line = "" if rate.line is None else f'<path class="line" d="M{scale(rate.line)} {ink.number(y - 6)}v12"/>'
    span = f'<path class="span" d="M{scale(rate.low)} {ink.number(y)}H{scale(rate.high)}"/>'
    kind = f"s{series % len(ink.SHAPES)}{' hollow' if rate.hollow else ''}"
    return f'<g class="{kind}">{span}{ink.shape(scale.at(rate.point), y, series)}</g>{line}'


def _heat_cell(at: tuple[int, int, int], cell: Cell, key: str) -> str:
    """Return one cell at a place and of a height: shade, hatching where few, the rate and its count."""
    x, top, high = at
    box = f'x="{x + 1}" y="{top + 1}" width="94" height="{high - 2}"'
    faint = cell.few and cell.shade is not None
    shade = "none" if cell.shade is None else f"h{cell.shade}"
    body = [f'<rect class="{shade}{" faint" if faint else ""}" {box}><title>{ink.safe(cell.title)}</title></rect>']
    if faint:
        body.append(f'<rect fill="url(#{ink.safe(key)})" {box}/>')
    tone = "heavy" if cell.shade is not None and cell.shade >= 4 and not faint else "light"
    body.append(ink.word(x + 54, top + BASELINE, cell.words, f"end {tone}"))
    body.append(ink.word(x + 88, top + BASELINE, f"n {cell.n}", f"end small {tone}"))
    return ink.link(cell.href, "".join(body))

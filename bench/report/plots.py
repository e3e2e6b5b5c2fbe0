"""Charts of the dossier alone, as SVG markup: a radar of rates, and one bar cut into parts with its legend."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bench.report import ink
from bench.types import Text

RINGS = (0.25, 0.5, 0.75, 1.0)
RADIUS = 96
WIDTH = 620
HIGH = 26
"""Height of the stacked bar."""


class Series(NamedTuple):
    """One line of a radar: a value from 0 to 1 on each axis, or None."""

    name: Text
    values: tuple[float | None, ...]


class Part(NamedTuple):
    """One part of a whole; `kind` is its class name."""

    kind: str
    words: Text
    n: int


def radar(axes: Sequence[Text], series: Sequence[Series], labelled_by: str) -> str:
    """Return rates on spokes around a centre of 0 %, one closed line a series. Needs three axes or more."""
    centre = (WIDTH / 2, RADIUS + 40)
    parts = [*web(centre, len(axes)), *spokes(centre, axes)]
    for index, one in enumerate(series):
        parts.append(loop(centre, one, index))
    top = 2 * RADIUS + 80
    left = 12.0
    for index, one in enumerate(series):
        parts.append(f'<g class="s{index % len(ink.SHAPES)}">{ink.shape(left, top, index)}</g>')
        parts.append(ink.words(left + 10, top + 4, one.name))
        left += 36 + max(ink.length(one.name.zh), ink.length(one.name.en))
    return ink.figure("radar", (WIDTH, top + 14), labelled_by, parts)


def spot(centre: tuple[float, float], index: int, count: int, share: float) -> tuple[float, float]:
    """Return the place of a share on a spoke; the first spoke points up."""
    turn = 2 * math.pi * index / count - math.pi / 2
    return centre[0] + RADIUS * share * math.cos(turn), centre[1] + RADIUS * share * math.sin(turn)


def web(centre: tuple[float, float], count: int) -> Iterator[str]:
    """Yield the rings with their shares."""
    for ring in RINGS:
        path = "M" + "L".join(pair(spot(centre, index, count, ring)) for index in range(count)) + "Z"
        yield f'<path class="grid" d="{path}"/>'
        yield ink.word(centre[0] + 3, centre[1] - RADIUS * ring + 11, f"{round(ring * 100)}", "tick")


def spokes(centre: tuple[float, float], axes: Sequence[Text]) -> Iterator[str]:
    """Yield the spokes with their names."""
    for index, name in enumerate(axes):
        x, y = spot(centre, index, len(axes), 1.0)
        yield f'<path class="grid" d="M{pair(centre)}L{pair((x, y))}"/>'
        side = "middle" if abs(x - centre[0]) < 8 else "end" if x < centre[0] else ""
        shift = 0 if side == "middle" else -8 if side == "end" else 8
        drop = -8 if y < centre[1] - RADIUS / 2 else 16 if y > centre[1] + RADIUS / 2 else 4
        yield ink.words(x + shift, y + drop, name, side)


def loop(centre: tuple[float, float], one: Series, index: int) -> str:
    """Return one series as a line with its marks; an axis without a value is left out."""
    count = len(one.values)
    spots = [spot(centre, place, count, value) for place, value in enumerate(one.values) if value is not None]
    line = f'<path class="span" d="M{"L".join(map(pair, spots))}Z"/>' if len(spots) > 1 else ""
    return f'<g class="s{index % len(ink.SHAPES)}">{line}{"".join(ink.shape(x, y, index) for x, y in spots)}</g>'


def pair(place: tuple[float, float]) -> str:
    """Return a place as it stands in a path."""
    return f"{ink.number(place[0])} {ink.number(place[1])}"


def stack(found: Sequence[Part], labelled_by: str) -> str:
    """Return one bar cut into its parts, and under it each part's sign, words and count, in the bar's order."""
    total = sum(part.n for part in found) or 1
    parts, x = [], 0.0
    for part in found:
        wide = (WIDTH - 2) * part.n / total
        parts.append(f'<rect class="seg {ink.safe(part.kind)}" x="{ink.number(x + 1)}" y="1" '
                     f'width="{ink.number(max(wide, 0.6))}" height="{HIGH}"/>')  # fmt: skip
        if wide > ink.length(str(part.n)) + 12:
            parts.append(ink.word(x + 1 + wide / 2, HIGH / 2 + 5, str(part.n), "middle onseg"))
        x += wide
    legend, height = key(found)
    return ink.figure("parts", (WIDTH, HIGH + height + 6), labelled_by, [*parts, *legend])


def key(found: Sequence[Part]) -> tuple[list[str], int]:
    """Return the legend of a stacked bar and its height; it breaks into lines that fit the width."""
    shown, x, y = [], 1.0, HIGH + 20.0
    for part in found:
        wide = 30 + max(ink.length(f"{part.words.zh} {part.n}"), ink.length(f"{part.words.en} {part.n}"))
        if x + wide > WIDTH and x > 1:
            x, y = 1.0, y + 20
        shown.append(f'<rect class="seg {ink.safe(part.kind)}" x="{ink.number(x)}" y="{ink.number(y - 10)}" '
                     'width="11" height="11"/>')  # fmt: skip
        counted = Text(zh=f"{part.words.zh} {part.n}", en=f"{part.words.en} {part.n}")
        shown.append(ink.words(x + 16, y, counted))
        x += wide
    return shown, round(y - HIGH + 4)

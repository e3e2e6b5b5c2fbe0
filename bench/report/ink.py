"""What every chart is drawn with: numbers, words in two languages, scales, marks and frames, as SVG markup."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate, zip_longest

from markupsafe import escape

from bench.report.glyphs import visible
from bench.types import Text

SHAPES = ("disc", "square", "diamond", "triangle")
"""Marks of series, in order; told apart by shape and by colour."""


class Scale:
    """Values from `low` to `high` → pixels."""

    def __init__(self, left: float, right: float, low: float = 0.0, high: float = 1.0) -> None:
        self.left, self.right, self.low, self.high = left, right, low, high

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)

    def __call__(self, share: float) -> str:
        return number(self.at(share))


def number(value: float, digits: int = 1) -> str:
    """Return a short number for markup."""
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def safe(text: str) -> str:
    """Return text as markup that shows it."""
    return str(escape(visible(text)))


def word(x: float, y: float, text: str, kind: str = "", extra: str = "") -> str:
    """Return a text at a place; nothing for no text."""
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{number(x)}" y="{number(y)}"{named}{extra}>{safe(text)}</text>' if text else ""


def words(x: float, y: float, text: Text, kind: str = "") -> str:
    """Return a text in both languages, one over the other."""
    if text.zh == text.en:
        return word(x, y, text.zh, kind)
    zh = word(x, y, text.zh, kind, ' data-lang="zh" lang="zh-CN"')
    return zh + word(x, y, text.en, kind, ' data-lang="en" lang="en"')


def fit(text: Text, width: float) -> Text:
    """Return a label cut to about `width` pixels: SVG text does not wrap."""
    return Text(zh=cut(text.zh, width), en=cut(text.en, width))


def cut(text: str, width: float) -> str:
    """Return as much of a text as fits, by the usual width of its signs at 12 px."""
    ends = list(accumulate(map(advance, text[:200])))
    if not ends or ends[-1] <= width:
        return text
    return text[: bisect_right(ends, width - 10)] + "…"


def lines(text: Text, width: float) -> list[Text]:
    """Return a label as one line, or two where it is wider than so many pixels; what two do not hold is cut.

    Where only one language needs the second line, a blank is its twin in the other.
    """
    pairs = zip_longest(broken(text.zh, width), broken(text.en, width), fillvalue="\u00a0")
    return [Text(zh=zh, en=en) for zh, en in pairs]


def broken(text: str, width: float) -> tuple[str, ...]:
    """Return a text in at most two lines, parted at a blank where there is one."""
    if length(text) <= width:
        return (text,)
    most = bisect_right(list(accumulate(map(advance, text))), width)
    blank = text.rfind(" ", 0, most + 1)
    end = blank if blank > 0 else most
    return text[:end], cut(text[end:].strip(), width)


def length(text: str) -> float:
    """Return about how many pixels a text takes at 12 px."""
    return sum(map(advance, text))


def advance(sign: str) -> float:
    """Return the usual width of a sign at 12 px."""
    return 12.0 if unicodedata.east_asian_width(sign) in "WF" else 6.2


def figure(kind: str, size: tuple[int, int], labelled_by: str, parts: Iterable[str]) -> str:
    """Return a chart of a size in pixels, named by another element of the page."""
    width, height = size
    return (
        f'<svg class="chart {kind}" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="group" '
        f'aria-labelledby="{safe(labelled_by)}">{"".join(parts)}</svg>'
    )


def rule(top: int, width: int) -> str:
    """Return a line over the whole width."""
    return f'<path class="rule" d="M0 {top}.5H{width}"/>'


def shape(x: float, y: float, series: int) -> str:
    """Return the mark of a series at a place."""
    kind = SHAPES[series % len(SHAPES)]
    if kind == "disc":
        return f'<circle cx="{number(x)}" cy="{number(y)}" r="3.5"/>'
    if kind == "square":
        return f'<path d="M{number(x - 3)} {number(y - 3)}h6v6h-6z"/>'
    if kind == "diamond":
        return f'<path d="M{number(x)} {number(y - 4)}l4 4-4 4-4-4z"/>'
    return f'<path d="M{number(x)} {number(y - 4)}l4 7h-8z"/>'


def link(href: str | None, body: str) -> str:
    """Return markup as a link, if there is a place to go to."""
    return body if href is None else f'<a href="{safe(href)}">{body}</a>'

"""How wide the columns of a table are in print: wide enough for their longest word, then by their shares."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bench.filing.document import Table

LATIN, HAN = 1.9, 3.3
"""Millimetres that a sign takes at 9 pt, at most."""
PADDING = 4.4
"""Millimetres beside the text of a cell."""
LONGEST = 30.0
"""Millimetres for a word; longer ones are digests and paths, which may break."""
_BREAK = re.compile(r"[ \n\u200b]+")
_HAN_TOGETHER = 4
"""Chinese breaks anywhere, but a column narrower than so many signs reads badly."""


def columns(table: Table, lang: str, total: float) -> list[float]:
    """Return the width of each column in millimetres; together they are `total`."""
    least = [needed(table, place, lang) for place in range(len(table.columns))]
    shares = [float(column.width) for column in table.columns]
    if sum(least) >= total:
        return [total * one / sum(least) for one in least]
    return spread(least, shares, total)


def spread(least: Sequence[float], shares: Sequence[float], total: float) -> list[float]:
    """Return widths by share, where none is below its least; what that costs, the others pay."""
    fixed: set[int] = set()
    while True:
        rest = total - sum(least[place] for place in fixed)
        weight = sum(share for place, share in enumerate(shares) if place not in fixed)
        widths = [least[place] if place in fixed else rest * share / weight for place, share in enumerate(shares)]
        short = {place for place, width in enumerate(widths) if place not in fixed and width < least[place]}
        if not short:
            return widths
        fixed |= short


def needed(table: Table, place: int, lang: str) -> float:
    """Return what a column needs so that no word of it breaks."""
    texts = [row[place].text.of(lang) for row in table.rows]
    if table.head:
        texts.append(table.columns[place].title.of(lang))
    return max((word_width(text) for text in texts), default=0.0) + PADDING


def word_width(text: str) -> float:
    """Return the width of the longest piece of a text that does not break."""
    return min(LONGEST, max(map(piece_width, _BREAK.split(text)), default=0.0))


def piece_width(piece: str) -> float:
    """Return the width of a piece without blanks; Chinese in it may break after a few signs."""
    wide = sum(unicodedata.east_asian_width(sign) in "WF" for sign in piece)
    return min(wide, _HAN_TOGETHER) * HAN + (len(piece) - wide) * LATIN if wide < len(piece) / 2 else min(
        wide, _HAN_TOGETHER) * HAN  # fmt: skip

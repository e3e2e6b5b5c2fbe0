"""How wide the columns of a table are in print: wide enough for their longest word, then for their whole lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bench.filing.document import Table

HAN, CAPITAL, OTHER = 3.2, 2.25, 1.8
"""Millimetres that a sign takes at 9 pt: a Chinese one, a capital letter, a digit or small letter."""
NARROW = {" ": 0.9, "\u00a0": 0.9, ".": 0.95, ",": 0.95, ":": 0.95, ";": 0.95, "/": 1.3, "|": 1.0, "-": 1.2, "(": 1.1,
          ")": 1.1, "i": 0.95, "l": 0.95, "j": 0.95, "f": 1.1, "t": 1.2, "r": 1.3, "%": 2.95, "m": 2.8, "w": 2.5,
          "●": 3.2, "■": 3.2, "▲": 3.2, "○": 3.2, "“": 3.2, "”": 3.2}  # fmt: skip
"""Millimetres of signs that are narrower or wider than their kind."""
HEAD = 1.06
"""Titles of columns are set bold in Word."""
PADDING = 3.4
"""Millimetres beside the text of a cell."""
LONGEST = 30.0
"""Millimetres for a word; longer ones are paths, which may break."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
HALF_DIGEST = 32 * 1.85
"""Millimetres for half a digest: it breaks in the middle and nowhere else."""
STEP = 2.0
"""Millimetres that a column is widened by at a time."""
USUAL = 0.9
"""Share of the cells that a column is made wide enough for."""
MODEST = 26.0
"""Millimetres that a long text has at any rate, so that it does not stand in a tower of words."""
SHORT = 42.0
"""Millimetres of a line that should not break if there is room: names of languages, counts, verdicts."""
_BREAK = re.compile(r"[ \n\u200b]+|(?<=[a-z]-)(?=[a-z])")
_HAN_TOGETHER = 4
"""Chinese breaks anywhere, but a column narrower than so many signs reads badly."""


def columns(table: Table, lang: str, total: float) -> list[float]:
    """Return the width of each column in millimetres; together they are `total`."""
    least = [needed(table, place, lang) for place in range(len(table.columns))]
    shares = [float(column.width) for column in table.columns]
    if sum(least) >= total:
        return [total * one / sum(least) for one in least]
    return spread(relaxed(table, lang, least, total), shares, total)


def relaxed(table: Table, lang: str, least: Sequence[float], total: float) -> list[float]:
    """Return the least widths, raised while there is room: short lines to their whole, then long texts by need."""
    found = list(least)
    whole = [natural(table, place, lang) for place in range(len(found))]
    long = [place for place, one in enumerate(whole) if one > SHORT]
    for place in long:
        raise_to(found, place, MODEST, total)
    for place in sorted(set(range(len(found))) - set(long), key=lambda place: whole[place] - found[place]):
        if whole[place] - found[place] <= total - sum(found):
            raise_to(found, place, whole[place], total)
    return lowered(found, [lengths(table, place, lang) for place in range(len(found))], total)


def raise_to(widths: list[float], place: int, wished: float, total: float) -> None:
    """Raise a column to a width, as far as there is room."""
    widths[place] += max(0.0, min(wished - widths[place], total - sum(widths)))


def lowered(widths: Sequence[float], lines: Sequence[Sequence[float]], total: float) -> list[float]:
    """Return widths raised step by step, each time where most breaks of lines are saved, while there is room.

    What a column costs is the sum over its cells of the squared count of breaks: one tower costs more than many pairs.
    """
    found = list(widths)
    gains = [gain(width, cells) for width, cells in zip(found, lines, strict=True)]
    while total - sum(found) >= STEP and max(gains) > 0:
        place = gains.index(max(gains))
        found[place] += STEP
        gains[place] = gain(found[place], lines[place])
    return found


def gain(width: float, lines: Sequence[float]) -> float:
    """Return how much less a column costs if it is one step wider."""
    return cost(width, lines) - cost(width + STEP, lines)


def cost(width: float, lines: Sequence[float]) -> float:
    """Return what a column of a width costs: the sum of the squared counts of breaks in its cells."""
    return sum(max(0.0, line / max(width - PADDING, 1.0) - 1) ** 2 for line in lines)


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
    title = word_width(table.columns[place].title.of(lang)) * HEAD if table.head else 0.0
    return max([title, *(word_width(row[place].text.of(lang)) for row in table.rows)]) + PADDING


def natural(table: Table, place: int, lang: str) -> float:
    """Return what a column needs so that no line of it breaks, or hardly one if the longest are long; its title may."""
    found = sorted(lengths(table, place, lang)) or [0.0]
    return (found[-1] if found[-1] + PADDING <= SHORT else found[int((len(found) - 1) * USUAL)]) + PADDING


def lengths(table: Table, place: int, lang: str) -> list[float]:
    """Return how wide the text of each cell of a column is; of several lines the widest."""
    return [max(map(signs_width, row[place].text.of(lang).split("\n"))) for row in table.rows]


def word_width(text: str) -> float:
    """Return the width of the longest piece of a text that does not break."""
    longest = min(LONGEST, max(map(piece_width, _BREAK.split(text)), default=0.0))
    return max(longest, HALF_DIGEST) if _DIGEST.search(text) else longest


def piece_width(piece: str) -> float:
    """Return the width of a piece without blanks; Chinese in it may break after a few signs."""
    wide = sum(map(is_wide, piece))
    han = min(wide, _HAN_TOGETHER) * HAN
    return han if wide and wide >= len(piece) / 2 else han + signs_width("".join(s for s in piece if not is_wide(s)))


def signs_width(text: str) -> float:
    """Return the width of a text on one line."""
    return sum(map(sign_width, text))


def sign_width(sign: str) -> float:
    """Return the width of one sign."""
    if is_wide(sign):
        return HAN
    return NARROW.get(sign, CAPITAL if sign.isupper() else OTHER)


def is_wide(sign: str) -> bool:
    """Return whether a sign is as wide as a Chinese one."""
    return unicodedata.east_asian_width(sign) in "WF"

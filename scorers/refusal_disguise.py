"""A reply without its disguise, before any cue is looked for: hidden signs inside words, letters of other widths, and
Chinese characters set apart by blanks. Offsets into the raw reply are kept. Replies without such signs stay as they
are: an emoji's joiners are none.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

JOINERS = "\u200d\ufe00-\ufe0f"
HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\U000e0000-\U000e0fff"
)
STYLED = "\U0001d400-\U0001d7ff"  # letters in bold, italic, script …
HAN = "\u3400-\u9fff"
SPACED = f"(?:^|[^{HAN}])[{HAN}](?:[ \u3000]+[{HAN}]){{2}}(?:[^{HAN}]|$)"
TRACES = f"[{HIDDEN}{STYLED}]|[\uff21-\uff5a]\uff07|[\\pL\\pN'][{JOINERS}]+[\\pL\\pN']|{SPACED}"
UNSEEN = re.compile(f"[{HIDDEN}{JOINERS}]")
TWIN = re.compile(f"[{STYLED}\uff07]")
BLANKS = re.compile(f"(?<=[{HAN}，。、！？：；])[ \u3000]+(?=[{HAN}，。、！？：；])")


class Bare(NamedTuple):
    """A reply laid bare; character ``i`` of it stood at ``places[i]`` of the raw one, at ``i`` where there are none."""

    text: str
    places: Sequence[int] | None = None

    def raw(self, span: tuple[int, int] | None) -> tuple[int, int] | None:
        """A span of this text as one of the raw reply."""
        if span is None or self.places is None:
            return span
        return self.places[span[0]], self.places[span[1] - 1] + 1


@cache
def trace() -> Any:
    """What finds a disguise in UTF-8 bytes, in one linear pass."""
    import re2

    return re2.compile(TRACES).search


def lay_all_bare(replies: Sequence[str]) -> list[Bare] | None:
    """Take the disguise off many replies; None where none wears one, which one search of them all tells."""
    strange = "\n".join(reply for reply in replies if not reply.isascii())
    return [lay_bare(reply) for reply in replies] if trace()(strange.encode("utf-8", "replace")) else None


def lay_bare(reply: str) -> Bare:
    """Take the disguise off a reply, if it wears one."""
    if reply.isascii() or not trace()(reply.encode("utf-8", "replace")):
        return Bare(reply)
    kept = [(place, sign) for place, sign in enumerate(reply) if not UNSEEN.match(sign)]
    text = "".join(unicodedata.normalize("NFKC", sign) if TWIN.match(sign) else sign for _, sign in kept)
    gone = (
        {place for found in BLANKS.finditer(text) for place in range(*found.span())} if is_spaced(text) else set[int]()
    )
    places = [place for row, (place, _) in enumerate(kept) if row not in gone]
    return Bare("".join(sign for row, sign in enumerate(text) if row not in gone), places)


def is_spaced(text: str) -> bool:
    """Whether three Chinese characters in a row stand alone between blanks."""
    return re.search(SPACED, text) is not None

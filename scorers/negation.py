"""Denied or meant? An answer that a reply names only to rule it out (`not B`, `排除B`, `C以外`) is not its answer.

The rule is narrow: the denial stands directly before the answer, at most a word such as `option` between them, or an
exclusion directly behind it. `not only`, `不仅`, `none other than`, `不得不选`, `是不是` and `除了…还` deny nothing.
Neither does `B is wrong`: it may be the answer to what is wrong. What is denied at one place may be meant at another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scorers import text

_EN = (
    r"(?:(?<![a-z])(?:not|never|neither|nor|cannot|except(?:\s+for)?|excluding|excluded?|eliminated?|rul(?:e|ed|ing)\s+out"
    r"|(?<!none )other\s+than|rather\s+than|instead\s+of)|n['’]t)(?![a-z])"
)
_ZH = (
    r"(?:(?<![是得能无])不(?:会|可能|应该?|该|能|可|再)?(?:是|选择?|为|属于|等于|算|叫|在|包括)|[并绝而]非|(?<![无莫除是])非"
    r"|排除|除了|没有?选择?|[别勿]选)"
)
_FILLER = (
    r"(?:\s|[\"'“”‘’*_(\[【《「`]|(?<![a-z])(?:the|an|be|to|in|option|choice|answer|letter|pick|choose|select)(?![a-z])"
    r"|选项|选择|答案)*"
)
_LISTED = r"(?:[a-z]\s*(?:,\s*|(?:(?<![a-z])(?:or|and|nor)(?![a-z])|[、和或与及])\s*(?:option\s+|选项)?))*"
_BEFORE = re.compile(rf"(?:{_EN}|{_ZH}){_FILLER}{_LISTED}[\"'“”‘’*_(\[【《「`]*\Z", re.IGNORECASE)
_BEHIND = re.compile(r"[\"'“”‘’*_)\]】》」`\s]*(?:选项|项)?(?:以外|之外|除外)")
_STILL = re.compile(r".{0,2}(?:吗|么|莫属)")
_ALSO = re.compile(r"[^。.!?]{0,12}[还也]")
_ANY = re.compile(rf"{_EN}|{_ZH}|以外|之外|除外|[不没未]", re.IGNORECASE)
REACH = 48
"""So many characters before an answer are looked at."""


def denies(body: str) -> bool:
    """Return whether a text holds any word of denial: without one nothing in it is denied."""
    return _ANY.search(body) is not None


def denied(body: str, start: int, end: int) -> bool:
    """Return whether the answer at a place of a text is ruled out there."""
    if _BEHIND.match(body, end):
        return True
    before = body[max(0, start - REACH) : start]
    if before[-1:] in ("不", "没", "未") and before[-2:-1] not in ("无", body[start : start + 1]):
        return True  # 不可以 is not 可以, but 可不可以 asks
    found = _BEFORE.search(before)
    if found is None or _STILL.match(body, end):
        return False
    return not (found[0].startswith("除了") and _ALSO.match(body, end))


def affirmed(body: str, wanted: str) -> bool:
    """Return whether a text names an answer, white space aside, at a place where it is not denied."""
    plain, sought = text.normalise(body), text.squeeze(wanted)
    if sought not in plain.replace(" ", ""):
        return False
    return not denies(plain) or any(not denied(plain, *place) for place in _places(plain, sought))


def _places(plain: str, sought: str) -> Iterator[tuple[int, int]]:
    """Yield where an answer without white space stands in a text with it."""
    signs = [place for place, sign in enumerate(plain) if sign != " "]
    tight = plain.replace(" ", "")
    found = tight.find(sought)
    while found >= 0:
        yield signs[found], signs[found + len(sought) - 1] + 1
        found = tight.find(sought, found + 1)

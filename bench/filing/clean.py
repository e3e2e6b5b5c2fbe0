"""Text of models and users made fit for documents: nothing invisible, nothing that XML or a font cannot hold."""

from __future__ import annotations

import unicodedata

_DROPPED = frozenset(("Cc", "Cs", "Cf", "Co", "Cn"))
_KEPT = frozenset("\n")
LONGEST = 20_000
"""Characters of one cell or paragraph; the record holds the whole text."""


def text(value: str, longest: int = LONGEST) -> str:
    """Return `value` without control, format, private, unassigned and surrogate characters, cut at `longest`."""
    value = value[: longest + 1].replace("\r\n", "\n").replace("\t", " ")
    if not value.isprintable():
        value = "".join(c for c in value if c in _KEPT or unicodedata.category(c) not in _DROPPED)
    return value if len(value) <= longest else value[:longest] + "…"


def flat(value: str, longest: int = LONGEST) -> str:
    """Return cleaned text on one line."""
    return " ".join(text(value, longest).split())

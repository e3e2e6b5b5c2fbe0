"""150 replies as an attacker would write them. Each carries a word that must stay readable: `MARK` and its number."""

from __future__ import annotations

import itertools

ESCAPES = ("\x1b[31m", "\x1b]8;;http://x\x07", "\x1b[2J", "\x9b31m", "\x85", "\x90q\x9c", "\x07", "\x7f", "\x1bc")
ILLEGAL = ("\x00", "\x01\x02", "\x0b\x0c", "\x0e\x1f", "\ufffe", "\uffff", "\ud800", "\udfff", "\ud83d", "\U000fffff")
BIDI = ("\u202e", "\u202d\u202c", "\u2066\u2069", "\u200e\u200f", "\u061c", "\u200b", "\u2060", "\ufeff", "\U000e0041")
MARKUP = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</script><svg onload=alert(1)>", "<!--", "]]>"),
    *("<a href='javascript:alert(1)'>x</a>", '"><iframe src=//x>', "&lt;b&gt;&amp;&#0;", "<?xml version='1.0'?>"),
    *("<style>*{display:none}</style>", "<base href=//x>", "</td></tr></table>", "{{7*7}}", "{% raw %}", "${7*7}"),
)
FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    '=HYPERLINK("http://x","y")',
    "\t=1+1",
    "\r=1+1",
    "=cmd|'/c x'!A0",
    "'=1",
)
SIGNS = (
    *("#let x = 1", '#import "x"', "$x^2$", "*_`|\\", "![x](http://x/y.png)", "[x](javascript:alert(1))", "| a | b |"),
    *("%s%n{0}", "\n\n# heading\n", "file:///etc/passwd", "http://example.com"),
)
KINDS = (ESCAPES, ILLEGAL, BIDI, MARKUP, FORMULAS, SIGNS)
WANTED = 150


def replies() -> list[str]:
    """Return the replies: every piece by itself first, then pieces of two kinds, and three that are very long."""
    alone = [piece for kind in KINDS for piece in kind]
    mixed = [a + b for one, two in itertools.combinations(KINDS, 2) for a, b in zip(one, two, strict=False)]
    long = ["x" * 1_000_000, "字" * 350_000, "\n" * 50_000 + "<b>" * 50_000]
    chosen = [*alone, *mixed][: WANTED - len(long)]
    return [f"{piece}MARK{number:03d}" for number, piece in enumerate(chosen)] + [
        f"MARK{WANTED - len(long) + number:03d} {piece}" for number, piece in enumerate(long)
    ]

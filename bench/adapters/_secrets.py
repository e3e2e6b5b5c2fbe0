"""Keys stay out of everything that is kept or shown: each known spelling of a key becomes `***`.

So does each long piece of one, as an endpoint's message may quote the beginning. A text is scanned once, for short
pieces of the keys; only where one is found is it looked at closely.
"""

from __future__ import annotations

import base64
import json
import sys
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from bench.types import Reply

HIDDEN = "***"
SHORTEST = 8
"""Shorter keys (`EMPTY`, `none`) are placeholders; hiding them would damage answers."""
PIECE = 12
"""So many characters of a key on end are a piece that is hidden."""
ANCHOR = 8
"""A piece holds an anchor: a run of this length that begins at a multiple of `PIECE - ANCHOR + 1` in the key."""
_TEXTS = ("text", "reasoning", "finish", "request_id", "returned_model", "detail")


class Redactor:
    """Replaces keys in texts, however they are written: plain, base64, URL, JSON, hex, reversed."""

    def __init__(self, keys: Iterable[str | None]) -> None:
        known = [key for key in keys if key is not None and len(key) >= SHORTEST]
        self._forms = tuple(sorted({form for key in known for form in spellings(key)}, key=len, reverse=True))
        self._pieces = pieces(known)
        self._least = SHORTEST if known else sys.maxsize
        self._anchors = anchors(known)

    def text(self, text: str) -> str:
        """Return the text without keys and long pieces of them."""
        if (
            len(text) < self._least
            or self._anchors is None
            or self._anchors.search(text.encode("utf-8", "replace")) is None
        ):
            return text
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        for length, known in self._pieces.items():
            text = hide(text, length, known)
        return text

    def reply(self, reply: Reply) -> Reply:
        """Return the reply with no key in any of its texts."""
        changed = {}
        for name in _TEXTS:
            value = getattr(reply, name)
            if value and (clean := self.text(value)) is not value:
                changed[name] = clean
        return msgspec.structs.replace(reply, **changed) if changed else reply


def anchors(keys: Sequence[str]) -> Any:
    """Return a pattern that fits somewhere in every text which holds a key or a piece of one; None without keys."""
    if not keys:
        return None
    import re2

    step = PIECE - ANCHOR + 1
    runs = {key[start : start + ANCHOR] for key in keys for start in range(0, max(1, len(key) - ANCHOR + 1), step)}
    options = re2.Options()
    options.max_mem = 64 << 20
    return re2.compile("|".join(sorted(re2.escape(form) for run in runs for form in spellings(run))), options)


def pieces(keys: Sequence[str]) -> dict[int, frozenset[str]]:
    """Return the runs of each length that are pieces of a key in one of its spellings."""
    found: dict[int, set[str]] = {}
    for key in keys:
        for form in spellings(key) if len(key) > PIECE else ():
            least = max(PIECE, PIECE * len(form) // len(key) - 2)
            found.setdefault(least, set()).update(form[at : at + least] for at in range(len(form) - least + 1))
    return {length: frozenset(runs) for length, runs in found.items()}


def hide(text: str, length: int, known: frozenset[str]) -> str:
    """Return the text with each stretch hidden that consists of known runs of a length."""
    kept, end = [], 0
    covered = -1
    for at in range(len(text) - length + 1):
        if text[at : at + length] in known:
            if at > covered:
                kept += [text[end:at], HIDDEN]
            covered = end = at + length
    return "".join((*kept, text[end:])) if kept else text


def spellings(key: str) -> Iterator[str]:
    """Yield the spellings in which an endpoint may echo a key."""
    data = key.encode()
    yield from (key, key[::-1], json.dumps(key)[1:-1], urllib.parse.quote(key, safe=""), urllib.parse.quote_plus(key))
    yield from ("".join(f"\\u{ord(c):04x}" for c in key), "".join(f"%{byte:02X}" for byte in data))
    yield from ("".join(f"%{byte:02x}" for byte in data), data.hex(), data.hex().upper(), data.hex(" "), data.hex(":"))
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + data).decode()
        inner = coded[(0, 2, 3)[shift] :].rstrip("=")
        whole = inner if (len(data) + shift) % 3 == 0 else inner[:-1]
        yield from (whole, whole.replace("+", "-").replace("/", "_"))

"""Keys stay out of everything that is kept or shown: each known spelling of a key becomes `***`."""

from __future__ import annotations

import base64
import json
import sys
import urllib.parse
from collections.abc import Iterable, Iterator

import msgspec

from bench.types import Reply

HIDDEN = "***"
SHORTEST = 8
"""Shorter keys (`EMPTY`, `none`) are placeholders; hiding them would damage answers."""
_TEXTS = ("text", "reasoning", "finish", "request_id", "returned_model", "detail")


class Redactor:
    """Replaces keys in texts, however they are written: plain, base64, URL, JSON, hex, reversed."""

    def __init__(self, keys: Iterable[str | None]) -> None:
        known = [key for key in keys if key is not None and len(key) >= SHORTEST]
        self._forms = tuple(sorted({form for key in known for form in spellings(key)}, key=len, reverse=True))
        self._least = min(map(len, self._forms), default=sys.maxsize)

    def text(self, text: str) -> str:
        """Return the text without keys."""
        if len(text) < self._least:
            return text
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        return text

    def reply(self, reply: Reply) -> Reply:
        """Return the reply with no key in any of its texts."""
        changed = {}
        for name in _TEXTS:
            value = getattr(reply, name)
            if value and (clean := self.text(value)) is not value:
                changed[name] = clean
        return msgspec.structs.replace(reply, **changed) if changed else reply


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

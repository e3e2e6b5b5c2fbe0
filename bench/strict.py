"""JSON that others wrote, read strictly: what reading it may raise, and no repeated keys."""

from __future__ import annotations

import functools
import json
import re
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""All that reading JSON may raise: broken syntax, another shape, no UTF-8 (a ValueError), nested too deep."""
_HALF = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u)")
_ESCAPES = re.compile(rb"\\(?:u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|(u[dD][89a-fA-F]\w\w)|.)", re.DOTALL)
_APART = re.compile(rb'"\s+:')
_FLAT = msgspec.json.Decoder(dict[str, Any])
_ENDS, _NO_PAIR = "Input data was truncated", "JSON is malformed: invalid utf-16 surrogate pair (byte {byte})"


class RepeatedKeyError(ValueError):
    """A JSON object names a key twice; the key is its first argument."""


def decode(decoder: msgspec.json.Decoder[T], line: bytes) -> T:
    """Return a JSON line; refuses repeated keys, which JSON readers treat differently. Raises one of UNREADABLE."""
    try:
        value = decoder.decode(line)
    except msgspec.DecodeError as error:
        raise _told(error, line) from None
    _reader().decode(line.decode())
    return value


def whole(text: bytes) -> bytes:
    """Return JSON with U+FFFD for each half of a character, as those leave who cut texts between two UTF-16 units."""
    if b"\\ud" not in text and b"\\uD" not in text:
        return text
    return _ESCAPES.sub(lambda found: rb"\ufffd" if found[1] else found[0], text)


def flat(line: bytes, kind: type[T]) -> T:
    """Do what `decode` does in half the time for an object of plain fields; the sentences of errors are `decode`'s.

    Keys cannot repeat where a quote and a colon meet as often as there are keys, and never with white space between.
    """
    found = _FLAT.decode(line)
    if line.count(b'":') != len(found) or _APART.search(line):
        _reader().decode(line.decode())
    return msgspec.convert(found, kind)


def _told(error: msgspec.DecodeError, line: bytes) -> msgspec.DecodeError:
    """Return the error as what it is: of half a character at the end of a text msgspec says that the input ends."""
    half = _HALF.search(line) if str(error) == _ENDS else None
    return msgspec.DecodeError(_NO_PAIR.format(byte=half.start())) if half else error


@functools.cache
def _reader() -> json.JSONDecoder:
    """Return the reader that knows repeated keys; making one for each line costs as much as the reading."""
    return json.JSONDecoder(object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise RepeatedKeyError(next(name for name in names if names.count(name) > 1))
    return found

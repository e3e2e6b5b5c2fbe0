"""JSON that others wrote, read strictly: what reading it may raise, and no repeated keys."""

from __future__ import annotations

import functools
import json
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""All that reading JSON may raise: broken syntax, another shape, no UTF-8 (a ValueError), nested too deep."""


class RepeatedKeyError(ValueError):
    """A JSON object names a key twice; the key is its first argument."""


def decode(decoder: msgspec.json.Decoder[T], line: bytes) -> T:
    """Return a JSON line; refuses repeated keys, which JSON readers treat differently. Raises one of UNREADABLE."""
    value = decoder.decode(line)
    _reader().decode(line.decode())
    return value


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

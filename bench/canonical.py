"""Canonical bytes and digests: JSON with sorted keys, no white space, UTF-8 (RFC 8785 for the values we write)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")


def encode(value: Any) -> bytes:
    """Return the canonical JSON bytes of a noun or of plain data.

    Keys are sorted, so structs and dicts of equal content give equal bytes. Equal to RFC 8785 as long as integral
    numbers are stored as integers, which all our nouns do. Raises UnicodeEncodeError for lone surrogates.
    """
    return _ENCODER.encode(value)


def encode_lines(values: Sequence[Any]) -> bytes:
    """Return `encode` of each value, each closed by a newline."""
    return _ENCODER.encode_lines(values)


def digest_bytes(data: bytes) -> str:
    """Return the SHA-256 of `data` in hex."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """Return the SHA-256, in hex, of the canonical JSON of `value`."""
    return digest_bytes(encode(value))


def digest_list(values: Iterable[Any]) -> str:
    """Return `digest` of a list of these values without building its JSON in memory."""
    found, between = hashlib.sha256(b"["), b""
    for value in values:
        found.update(between + encode(value))
        between = b","
    found.update(b"]")
    return found.hexdigest()


def number(value: float | int | None) -> float | int | None:
    """Return an integral float as an int, so that canonical JSON writes `0`, never `0.0`."""
    return int(value) if isinstance(value, float) and value.is_integer() else value

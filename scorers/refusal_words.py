"""Hashed words of the opening and of the rest of a reply, vectorised over pieces of a batch with numpy.

A word is a run of Latin letters, digits and apostrophes, or one Chinese character; words and pairs of neighbouring
words of one zone are hashed to ``SIZE`` slots. The hash of the span [i, j) is ``(S[j] - S[i]) * B**-i`` as in
``harm_features``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from scorers.harm_features import BASE, CJK_FIRST, CJK_LAST, Ints, Words, powers

BITS = 18
SIZE = 1 << BITS
REST_MAX = 480  # characters of the rest that the lexical part reads
ZONES = 2  # opening, rest
PIECE = 128  # texts laid end to end at once: their arrays stay in the processor's cache, their keys in 32 bits

Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Lexical:
    """Distinct hashed words of a batch, group by group: ``group`` is 2 * reply + zone, ``slot`` the feature."""

    group: Ints
    slot: Ints


LETTERS = bytes(chr(code) in "abcdefghijklmnopqrstuvwxyz0123456789'" for code in range(256))
"""For each character of Latin-1 whether it can stand in a word."""


def mixed(value: Words) -> Words:
    """Scramble 64 bits."""
    value = value ^ (value >> np.uint64(31))
    value = value * np.uint64(0xBF58476D1CE4E5B9)
    return value ^ (value >> np.uint64(29))


def word_spans(text: str) -> tuple[Ints, Ints]:
    """Starts and ends of the words of a text."""
    padded = b" %b " % text.encode("latin-1", "replace")
    latin = np.frombuffer(padded.translate(LETTERS), dtype=bool)
    if text.isascii():
        edges = np.flatnonzero(latin[1:] != latin[:-1])
        return edges[::2], edges[1::2]
    han = code_points(text) - np.uint32(CJK_FIRST) <= CJK_LAST - CJK_FIRST
    before, here, after = latin[:-2], latin[1:-1], latin[2:]
    return np.flatnonzero(here & ~before | han), np.flatnonzero(here & ~after | han) + 1


def code_points(text: str) -> Codes:
    """The characters of a text as numbers: bytes if they are ASCII."""
    if text.isascii():
        return np.frombuffer(text.encode(), dtype=np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)


def word_hashes(text: str, start: Ints, end: Ints) -> Words:
    """64-bit hashes of the words of a text."""
    codes = code_points(text)
    forward, inverse = powers(1 << max(10, int(len(codes) + 1).bit_length()))
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum((codes + np.uint64(7)) * forward[: len(codes)], out=sums[1:])
    return mixed((sums[end] - sums[start]) * inverse[start])


def keys_of(texts: Sequence[str], heads: Sequence[int], known: npt.NDArray[np.bool_] | None) -> Ints:
    """Distinct keys, ordered, ``(2 * text + zone) << BITS | slot``, of some texts cut where reading stops."""
    joined = "\x01".join(texts)
    begins = accumulate((len(text) + 1 for text in texts[:-1]), initial=0)
    cuts = np.array([cut for begin, head in zip(begins, heads, strict=True) for cut in (begin, begin + head)])
    start, end = word_spans(joined)
    upto = np.searchsorted(start, cuts)
    counts = np.append(upto[1:], len(start)) - upto
    group = np.repeat(np.arange(len(cuts), dtype=np.uint64), counts)
    hashes = word_hashes(joined, start, end)
    near = group[1:] == group[:-1]
    paired = mixed(hashes[:-1][near] * np.uint64(BASE) + hashes[1:][near])
    groups = np.concatenate([group, group[1:][near]])
    every = np.concatenate([hashes, paired]) ^ ((groups & np.uint64(1)) << np.uint64(63))
    slots = mixed(every) >> np.uint64(64 - BITS)
    keys = ((groups << np.uint64(BITS)) | slots).astype(np.uint32)
    ordered = np.sort(keys if known is None else keys[known[slots.astype(np.int64)]])
    fresh = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return ordered[fresh].astype(np.int64)


def lexical(texts: Sequence[str], heads: Sequence[int], known: npt.NDArray[np.bool_] | None = None) -> Lexical:
    """Words and pairs of each text, whose opening ends at its ``heads`` character; of the ``known`` slots if given."""
    read = [text[: head + REST_MAX] for text, head in zip(texts, heads, strict=True)]
    plain = [i for i, text in enumerate(read) if text.isascii()]
    other = [i for i, text in enumerate(read) if not text.isascii()]
    group, slot = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for rows in (plain, other):
        for piece in (rows[i : i + PIECE] for i in range(0, len(rows), PIECE)):
            keys = keys_of([read[i] for i in piece], [heads[i] for i in piece], known)
            place = keys >> BITS
            group.append(ZONES * np.array(piece)[place // ZONES] + place % ZONES)
            slot.append(keys & (SIZE - 1))
    return Lexical(np.concatenate(group), np.concatenate(slot))

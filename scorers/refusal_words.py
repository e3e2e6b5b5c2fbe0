"""Hashed words of the opening and of the rest of a reply, vectorised over a whole batch with numpy.

A word is a run of Latin letters, digits and apostrophes, or one Chinese character; words and pairs of neighbouring
words of one zone are hashed to ``SIZE`` slots. The hash of the span [i, j) is ``(S[j] - S[i]) * B**-i`` as in
``harm_features``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from scorers.harm_features import BASE, CJK_FIRST, CJK_LAST, Ints, Words, powers

BITS = 18
SIZE = 1 << BITS
REST_MAX = 480  # characters of the rest that the lexical part reads
ZONES = 2  # opening, rest
LATIN, HAN = 1, 2
NARROW = 1 << (32 - BITS)  # so many groups and the slot share 32 bits, which sort faster than 64


@dataclass(frozen=True, slots=True)
class Lexical:
    """Distinct hashed words of a batch, ordered: ``group`` is 2 * reply + zone, ``slot`` the feature."""

    group: Ints
    slot: Ints


@cache
def classes() -> npt.NDArray[np.uint8]:
    """What an ASCII character is to a word; the last entry stands for everything beyond."""
    kept = set("abcdefghijklmnopqrstuvwxyz0123456789'")
    return np.array([LATIN if chr(code) in kept else 0 for code in range(128)] + [0], dtype=np.uint8)


def mixed(value: Words) -> Words:
    """Scramble 64 bits."""
    value = value ^ (value >> np.uint64(31))
    value = value * np.uint64(0xBF58476D1CE4E5B9)
    return value ^ (value >> np.uint64(29))


def word_spans(codes: npt.NDArray[np.uint32]) -> tuple[Ints, Ints]:
    """Starts and ends of the words of a text given by its code points."""
    kind = classes()[np.minimum(codes, 128)]
    kind[(codes >= CJK_FIRST) & (codes <= CJK_LAST)] = HAN
    latin, han = kind == LATIN, kind == HAN
    begins, ends = latin.copy(), latin.copy()
    begins[1:] &= ~latin[:-1]
    ends[:-1] &= ~latin[1:]
    return np.flatnonzero(begins | han), np.flatnonzero(ends | han) + 1


def word_hashes(codes: npt.NDArray[np.uint32], start: Ints, end: Ints) -> Words:
    """64-bit hashes of the words."""
    forward, inverse = powers(1 << max(10, int(len(codes) + 1).bit_length()))
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum((codes + np.uint64(7)) * forward[: len(codes)], out=sums[1:])
    return mixed((sums[end] - sums[start]) * inverse[start])


def lexical(texts: Sequence[str], heads: Sequence[int], known: npt.NDArray[np.bool_] | None = None) -> Lexical:
    """Words and pairs of each text, whose opening ends at its ``heads`` character; of the ``known`` slots if given."""
    joined = "\x01".join([text[: head + REST_MAX] for text, head in zip(texts, heads, strict=True)])
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)
    lengths = np.array([min(len(text), head + REST_MAX) + 1 for text, head in zip(texts, heads, strict=True)])
    begin = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    cuts = np.stack([begin, begin + np.array(heads)], axis=1).ravel()
    start, end = word_spans(codes)
    group = np.searchsorted(cuts, start, side="right") - 1
    hashes = word_hashes(codes, start, end)
    near = group[1:] == group[:-1]
    paired = mixed(hashes[:-1][near] * np.uint64(BASE) + hashes[1:][near])
    groups = np.concatenate([group, group[1:][near]])
    every = np.concatenate([hashes, paired]) ^ ((groups & 1).astype(np.uint64) << np.uint64(63))
    slots = (mixed(every) >> np.uint64(64 - BITS)).astype(np.int64)
    keys = (groups << BITS) | slots
    kept = keys if known is None else keys[known[slots]]
    ordered = np.sort(kept.astype(np.uint32 if ZONES * len(texts) <= NARROW else np.uint64)).astype(np.int64)
    distinct = ordered[np.flatnonzero(np.diff(ordered, prepend=-1))]
    return Lexical(distinct >> BITS, distinct & (SIZE - 1))

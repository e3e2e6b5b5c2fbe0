"""Hashed n-grams of text, vectorised over a whole batch with numpy.

A batch is one long array of code points. The hash of the span [i, j) is
``(S[j] - S[i]) * B**-i`` (mod 2**64) with ``S`` the running sum of ``c[k] * B**k``: any n-gram
or word pair costs a subtraction and a product. Features are counts with a logarithm, scaled by
inverse document frequency and to unit length; ``SparseBatch`` is CSR without scipy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from scorers.refusal_text import fold

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Words = npt.NDArray[np.uint64]
BITS = 18
SIZE = 1 << BITS
BASE = 0x9E3779B97F4A7C15  # odd, so invertible modulo 2**64
SEPARATOR = 0x0001
TEXT_MAX = 3000  # characters read of one text: the opening two thirds and the end
PROMPT_MAX = 600
CJK_FIRST, CJK_LAST = 0x4E00, 0x9FFF


@dataclass(frozen=True, slots=True)
class SparseBatch:
    """Rows of distinct features: ``starts[n + 1]`` cut ``index`` and ``value`` into rows."""

    starts: Ints
    index: Ints
    value: Floats


@dataclass(frozen=True, slots=True)
class Characters:
    """A batch as one array: code points, owning row, CJK and blank masks, and hash sums."""

    codes: Words
    owner: Ints
    cjk: npt.NDArray[np.bool_]
    blank: npt.NDArray[np.bool_]
    sums: Words
    inverse: Words


@cache
def powers(length: int) -> tuple[Words, Words]:
    """``B**k`` and ``B**-k`` modulo 2**64 for k < length (a power of two, for the cache)."""
    inverse = pow(BASE, -1, 1 << 64)
    out: list[Words] = []
    for base in (BASE, inverse):
        steps = np.full(length, base, dtype=np.uint64)
        steps[0] = 1
        out.append(np.multiply.accumulate(steps))
    return out[0], out[1]


def shorten(text: str, limit: int) -> str:
    """The opening two thirds and the last third of a text that is too long."""
    if len(text) <= limit:
        return text
    return text[: 2 * limit // 3] + " " + text[-(limit // 3) :]


def characters(texts: Sequence[str]) -> Characters:
    """Lay the folded texts end to end, each closed by a separator on both sides."""
    joined = "\x01" + "\x01".join(texts) + "\x01"
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    separator = codes == SEPARATOR
    owner = np.cumsum(separator) - 1
    length = 1 << max(10, int(len(codes) + 1).bit_length())
    forward, inverse = powers(length)
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum((codes + np.uint64(7)) * forward[: len(codes)], out=sums[1:])
    cjk = (codes >= CJK_FIRST) & (codes <= CJK_LAST)
    blank = separator | (codes == 32) | (codes == 10) | (codes == 9) | (codes == 13)
    return Characters(codes, owner.astype(np.int64), cjk, blank, sums, inverse)


def span_hash(chars: Characters, start: Ints, end: Ints) -> Words:
    """Mixed 64-bit hashes of the spans [start, end)."""
    value = (chars.sums[end] - chars.sums[start]) * chars.inverse[start]
    value ^= value >> np.uint64(31)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    value ^= value >> np.uint64(29)
    value *= np.uint64(0x94D049BB133111EB)
    return value >> np.uint64(64 - BITS)


def gram_spans(chars: Characters, order: int) -> tuple[Ints, Ints]:
    """Character n-grams: Chinese ones of order 1 to 4, Latin ones of order 3 to 5 within a word's edges."""
    count = len(chars.codes) - order + 1
    if count <= 0:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty
    keep = chars.owner[:count] == chars.owner[order - 1 :]
    chinese = chars.cjk[:count] | chars.cjk[order - 1 :]
    inner = np.zeros(count, dtype=bool)
    for offset in range(1, order - 1):
        inner |= chars.blank[offset : offset + count]
    latin = ~inner & ~chinese if order >= 3 else np.zeros(count, dtype=bool)
    single = chars.blank[:count] & (order == 1)
    keep &= ((chinese & (order <= 4)) | latin) & ~single
    start = np.flatnonzero(keep)
    return start, start + order


def word_spans(chars: Characters) -> tuple[Ints, Ints]:
    """Latin words and pairs of neighbouring words (a pair never crosses texts)."""
    letter = ~chars.blank & ~chars.cjk
    edge = np.diff(letter.astype(np.int8), prepend=0, append=0)
    begin, end = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    near = (chars.owner[begin[:-1]] == chars.owner[begin[1:]]) & (begin[1:] - end[:-1] <= 2)
    starts = np.concatenate([begin, begin[:-1][near]])
    return starts, np.concatenate([end, end[1:][near]])


def spans(chars: Characters) -> tuple[Ints, Ints]:
    """Every span that is a feature."""
    parts = [gram_spans(chars, order) for order in (1, 2, 3, 4, 5)] + [word_spans(chars)]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def hashed(texts: Sequence[str], limit: int = TEXT_MAX, salt: int = 0) -> SparseBatch:
    """Distinct hashed n-grams of each text with ``1 + log(count)``."""
    chars = characters([fold(shorten(text, limit)).replace("\x01", " ") for text in texts])
    start, end = spans(chars)
    slot = span_hash(chars, start, end) ^ np.uint64(salt)
    keys = np.sort((chars.owner[start].astype(np.uint64) << np.uint64(BITS)) | slot)
    first = np.flatnonzero(np.diff(keys, prepend=np.uint64(2**64 - 1)))
    counts = np.diff(np.append(first, len(keys)))
    kept = keys[first]
    rows = (kept >> np.uint64(BITS)).astype(np.int64)
    starts = np.searchsorted(rows, np.arange(len(texts) + 1))
    index = (kept & np.uint64(SIZE - 1)).astype(np.int64)
    return SparseBatch(starts, index, (1.0 + np.log(counts)).astype(np.float32))


def rows_of(batch: SparseBatch, chosen: Sequence[int]) -> SparseBatch:
    """The chosen rows of a batch."""
    counts = np.diff(batch.starts)[chosen]
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    places = np.arange(starts[-1]) + np.repeat(batch.starts[:-1][chosen] - starts[:-1], counts)
    return SparseBatch(starts, batch.index[places], batch.value[places])


def row_sums(terms: Floats, starts: Ints) -> Floats:
    """``[n, K]`` sums of consecutive ``terms[m, K]`` between the cuts ``starts[n + 1]``."""
    sums = np.zeros((len(terms) + 1, terms.shape[1]), dtype=np.float64)
    np.cumsum(terms, axis=0, out=sums[1:])
    return np.diff(sums[starts], axis=0).astype(np.float32)


def row_scale(values: Floats, starts: Ints) -> Floats:
    """``[n, K]`` factors that bring every row of ``values[m, K]`` to unit length."""
    return (1.0 / np.sqrt(np.maximum(row_sums(values * values, starts), 1e-9))).astype(np.float32)


def weighted(batch: SparseBatch, idf: Floats) -> SparseBatch:
    """Scale by inverse document frequency ``[SIZE]``, then every row to unit length."""
    value = batch.value * idf[batch.index]
    scale = row_scale(value[:, None], batch.starts)[:, 0]
    return SparseBatch(batch.starts, batch.index, value * np.repeat(scale, np.diff(batch.starts)))


def share_of(batch: SparseBatch, known: npt.NDArray[np.bool_]) -> Floats:
    """``[n]``: share of a text's distinct n-grams that ``known[SIZE]`` marks; 0 for an empty text."""
    hits = row_sums(known[batch.index].astype(np.float32)[:, None], batch.starts)[:, 0]
    return np.asarray(hits / np.maximum(np.diff(batch.starts), 1), dtype=np.float32)


def sigmoid(logits: Floats) -> Floats:
    """Chances of logits."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)

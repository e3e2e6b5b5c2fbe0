"""The learnt linear head of the refusal scorer: complied, refused, partial.

Source: ``benchmarks/train_refusal.py``; shape and digests in ``scorers/weights/refusal_head.json``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from scorers.refusal_features import Floats, cue_matrix, dense, lexical_zones, shape_matrix, tokens_of
from scorers.refusal_text import Prepared

Ints = npt.NDArray[np.int64]

PAIR_BASE = 1 << 20  # above any vocabulary size
CLASSES = ("complied", "refused", "partial")


@dataclass(frozen=True, slots=True)
class LexicalZone:
    """Token weights of one zone: ``vocabulary`` gives rows of ``weights[V, 3]``; ``idf[V]`` scales them.

    Pairs of words stand as sorted ``pair_keys`` (left row * PAIR_BASE + right row) with their ``pair_rows``.
    """

    vocabulary: dict[str, int]
    pair_keys: Ints
    pair_rows: Ints
    idf: Floats
    weights: Floats

    def scores(self, texts: Sequence[str]) -> Floats:
        """``[n, 3]``: sums of idf-weighted token weights over the length of the idf vector."""
        words, owner = tokens_of(texts)
        known, unknown = self.vocabulary, len(self.idf)
        singles = np.fromiter(map(known.get, words, repeat(unknown)), dtype=np.int64, count=len(words))
        left, right = singles[:-1], singles[1:]
        keys = left * PAIR_BASE + right
        place = np.minimum(np.searchsorted(self.pair_keys, keys), max(0, len(self.pair_keys) - 1))
        paired = (owner[:-1] == owner[1:]) & (self.pair_keys[place] == keys) if len(keys) else keys == 0
        rows = np.concatenate([owner, owner[:-1][paired]])
        index = np.concatenate([singles, self.pair_rows[place[paired]]])
        ordered = np.sort((rows * PAIR_BASE + index)[index < unknown])
        distinct = ordered[np.diff(ordered, prepend=-1) > 0]
        rows, index = distinct // PAIR_BASE, distinct % PAIR_BASE
        terms = np.hstack([self.weights[index], self.idf[index, None] ** 2])
        sums = np.zeros((len(index) + 1, len(CLASSES) + 1), dtype=np.float64)
        np.cumsum(terms, axis=0, out=sums[1:])
        total = np.diff(sums[np.searchsorted(rows, np.arange(len(texts) + 1))], axis=0)
        norm = np.maximum(1.0, np.sqrt(np.maximum(total[:, -1:], 0.0)))
        scores: Floats = (total[:, :-1] / norm).astype(np.float32)
        return scores


@dataclass(frozen=True, slots=True)
class Head:
    """All weights: dense features ``[D, 3]``, bias ``[3]``, and two lexical zones."""

    weights: Floats
    bias: Floats
    opening: LexicalZone
    rest: LexicalZone

    def probabilities(self, batch: Sequence[Prepared], cues: Floats | None = None) -> Floats:
        """``[n, 3]`` probabilities in the order of ``CLASSES``."""
        cues = cue_matrix(batch) if cues is None else cues
        zones = [lexical_zones(prepared) for prepared in batch]
        logits = dense(cues, shape_matrix(batch)) @ self.weights + self.bias
        logits = logits + self.opening.scores([zone[0] for zone in zones])
        logits = logits + self.rest.scores([zone[1] for zone in zones])
        exps = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: Floats = (exps / exps.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares


def pack_words(words: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Words as one newline-joined UTF-8 array, so that ``.npz`` needs no pickle."""
    return np.frombuffer("\n".join(words).encode(), dtype=np.uint8)


def unpack_zone(arrays: Any, name: str) -> LexicalZone:
    """Read one lexical zone from the ``.npz`` members ``<name>_words/idf/weights``."""
    entries = arrays[f"{name}_words"].tobytes().decode().split("\n")
    idf = arrays[f"{name}_idf"].astype(np.float32)
    weights = arrays[f"{name}_weights"].astype(np.float32) * idf[:, None]
    single = {entry: row for row, entry in enumerate(entries) if " " not in entry}
    pairs = []
    for row, entry in enumerate(entries):
        left, _, right = entry.partition(" ")
        if right:
            pairs.append((single[left] * PAIR_BASE + single[right], row))
    table = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return LexicalZone(single, table[:, 0].copy(), table[:, 1].copy(), idf, weights)


def read_head(arrays: Any) -> Head:
    """Build a head from loaded arrays."""
    return Head(
        arrays["weights"].astype(np.float32),
        arrays["bias"].astype(np.float32),
        unpack_zone(arrays, "opening"),
        unpack_zone(arrays, "rest"),
    )


@cache
def shipped_head() -> Head:
    """The shipped head, loaded on first use."""
    path = resources.files("scorers").joinpath("weights/refusal_head.npz")
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return read_head(arrays)

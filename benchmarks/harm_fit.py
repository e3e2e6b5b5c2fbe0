"""Training of the harm experts, shared by ``train_harm.py`` and ``evaluate_scorers.py``.

scikit-learn and scipy are used here only; the arrays are what ``scorers.harm_model`` reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold

from benchmarks.harm_corpora import Corpus
from benchmarks.scorer_data import Row
from scorers.harm_features import PROMPT_MAX, SIZE, Floats, SparseBatch, hashed, weighted
from scorers.harm_inputs import PROMPT_SALT, Inputs, inputs_of
from scorers.harm_model import GATED

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """Hyper-parameters of one expert."""

    strength: float = 5.0  # inverse regularisation C
    naive: float = 0.5  # share of the naive-Bayes log-ratio in the feature scale
    cues: float = 0.3  # scale of the dense part
    prompt: float = 0.0  # scale of the prompt part; 0 leaves it out
    seed: int = 20261123
    solver: str = "liblinear"  # to convergence; or lbfgs, stopped early (tol 1e-3): better where rows are few


GRIDS: dict[str, tuple[Setting, ...]] = {
    "jailbreak": tuple(Setting(c) for c in (1.0, 5.0, 20.0)),
    "text": tuple(Setting(c, n, 0.0) for c in (3.0, 10.0, 30.0) for n in (0.5, 1.0)),
}
# The reply experts take fixed settings: the Chinese sets are also tests, and the English one has no key set. The prompt
# part of the Chinese one tells its sets apart, so that each has a threshold of its own. Inner folds of the few
# dialogues cannot tell eight settings apart (0.63 to 0.66); theirs was taken after its test was seen.
FIXED = {
    "reply_en": Setting(5.0, 0.5, 0.3),
    "reply_zh": Setting(5.0, 0.5, 1.0, 0.3),
    "dialogue": Setting(2.0, 0.5, 0.3, 1.0, solver="lbfgs"),
}
SOLVERS: dict[str, dict[str, Any]] = {
    "lbfgs": {"solver": "lbfgs", "tol": 1e-3},
    "liblinear": {"solver": "liblinear", "dual": True, "tol": 1e-2},
}
PROMPTS = Setting(3.0, 0.5, 0.0)  # the prompt expert: fixed as well, none of its sets is a test of it
FALSE_ALARMS = 0.1  # share of our own harmless replies, judged by experts that did not learn them, above the levels


def matrix_of(batch: SparseBatch, idf: Floats) -> sparse.csr_matrix:
    """CSR matrix of weighted n-grams."""
    ready = weighted(batch, idf)
    return sparse.csr_matrix((ready.value, ready.index, ready.starts), shape=(len(ready.starts) - 1, SIZE))


def idf_of(batches: Sequence[SparseBatch]) -> Floats:
    """Smoothed inverse document frequency; a feature of one text only gets 0."""
    seen = np.concatenate([batch.index for batch in batches])
    count = sum(len(batch.starts) - 1 for batch in batches)
    frequency = np.bincount(seen, minlength=SIZE)
    idf = np.log((1 + count) / (1 + frequency)) + 1.0
    idf[frequency < 2] = 0.0
    return idf.astype(np.float16).astype(np.float32)


def frequent(matrix: sparse.csr_matrix) -> npt.NDArray[np.bool_]:
    """Marks the features that two rows or more have: those that get an inverse document frequency."""
    return np.bincount(matrix.indices, minlength=SIZE) >= 2


def prepared_inputs(rows: Sequence[Row]) -> Inputs:
    """Runtime features of rows."""
    return inputs_of([r.text for r in rows], [r.prompt for r in rows], [None] * len(rows))


@dataclass(frozen=True, slots=True)
class Design:
    """Feature matrices and labels of one expert's corpus."""

    reply: sparse.csr_matrix
    prompt: sparse.csr_matrix
    cues: Floats
    labels: npt.NDArray[np.int64]

    def take(self, keep: npt.NDArray[np.bool_]) -> "Design":
        """The rows that ``keep`` marks."""
        return Design(self.reply[keep], self.prompt[keep], self.cues[keep], self.labels[keep])

    def joined(self, other: "Design") -> "Design":
        """The rows of both."""
        return Design(
            sparse.vstack([self.reply, other.reply]).tocsr(),
            sparse.vstack([self.prompt, other.prompt]).tocsr(),
            np.vstack([self.cues, other.cues]),
            np.concatenate([self.labels, other.labels]),
        )


def design_of(rows: Sequence[Row], inputs: Inputs, idf: tuple[Floats, Floats]) -> Design:
    """Matrices of rows under given document frequencies."""
    labels = np.array([row.label for row in rows], dtype=np.int64)
    return Design(matrix_of(inputs.reply, idf[0]), matrix_of(inputs.prompt, idf[1]), inputs.cues, labels)


def log_ratio(part: sparse.csr_matrix, labels: Array, weights: Array, share: float) -> Array:
    """Feature scale: naive-Bayes |log ratio| mixed with one."""
    if share == 0.0:
        return np.ones(part.shape[1])
    present = (part > 0).astype(np.float64)
    sums = [np.asarray(present.T.dot(weights * (labels == k))).ravel() + 1.0 for k in (1, 0)]
    return np.asarray(share * np.abs(np.log((sums[0] / sums[0].sum()) / (sums[1] / sums[1].sum()))) + 1.0 - share)


@dataclass(frozen=True, slots=True)
class Fitted:
    """One expert: columns for reply n-grams, prompt n-grams, dense cues, and the bias."""

    reply: Array
    prompt: Array
    cues: Array
    bias: float

    def logits(self, design: Design) -> Array:
        """Scores of rows."""
        return np.asarray(
            design.reply.dot(self.reply) + design.prompt.dot(self.prompt) + design.cues @ self.cues + self.bias
        )


def fit(design: Design, weights: Array, setting: Setting) -> Fitted:
    """Fit one expert; unused parts get zero columns."""
    scale = log_ratio(design.reply, design.labels, weights, setting.naive)
    parts = [design.reply.multiply(scale), sparse.csr_matrix(design.cues * setting.cues)]
    if setting.prompt:
        asked = log_ratio(design.prompt, design.labels, weights, setting.naive) * setting.prompt
        parts.append(design.prompt.multiply(asked))
    model = LogisticRegression(C=setting.strength, max_iter=300, **SOLVERS[setting.solver], random_state=setting.seed)
    model.fit(sparse.hstack(parts).tocsr(), design.labels, sample_weight=weights)
    coef = np.asarray(model.coef_)[0]
    width = design.cues.shape[1]
    prompt = coef[SIZE + width :] * asked if setting.prompt else np.zeros(SIZE)
    cues = coef[SIZE : SIZE + width] * setting.cues
    return Fitted(coef[:SIZE] * scale, prompt, cues, float(np.asarray(model.intercept_)[0]))


def hashed_prompts(rows: Sequence[Row]) -> SparseBatch:
    """N-grams of the prompts of rows."""
    return hashed([row.prompt for row in rows], PROMPT_MAX, PROMPT_SALT)


def fit_prompts(rows: Sequence[Row], setting: Setting = PROMPTS) -> tuple[Fitted, Floats]:
    """The prompt expert (classes weigh the same) and its document frequencies."""
    batch = hashed_prompts([replace(row, prompt=row.text) for row in rows])
    idf = idf_of([batch])
    labels = np.array([row.label for row in rows], dtype=np.int64)
    often = np.array([3.0 if row.group == "everyday" else 1.0 for row in rows])
    share = float(often @ labels / often.sum())
    weights = often * np.where(labels == 1, 0.5 / share, 0.5 / (1.0 - share))
    matrix = matrix_of(batch, idf)
    scale = log_ratio(matrix, labels, weights, setting.naive)
    model = LogisticRegression(C=setting.strength, **SOLVERS[setting.solver], random_state=setting.seed)
    model.fit(matrix.multiply(scale).tocsr(), labels, sample_weight=weights)
    blank = np.zeros(SIZE)
    return Fitted(blank, np.asarray(model.coef_)[0] * scale, np.zeros(0), float(np.asarray(model.intercept_)[0])), idf


@dataclass(frozen=True, slots=True)
class Choice:
    """The setting chosen, the macro-F1 of every setting on the key rows, and the log-odds cut of the one chosen.

    Above the cut lies the share of key rows that are labelled unsafe: other rows of the corpus must not move it.
    """

    setting: Setting
    results: list[float]
    cut: float


def choose(data: Corpus, design: Design, grid: Sequence[Setting]) -> Choice:
    """Best setting by macro-F1 on the key rows: five grouped folds inside the training rows only."""
    groups = np.array([row.prompt or row.text for row in data.rows])
    folds = list(GroupKFold(5).split(groups, groups=groups))
    key, truth = data.key, design.labels[data.key]
    results: list[float] = []
    cuts: list[float] = []
    for setting in grid:
        chance = np.zeros(len(groups))
        for train, test in folds:
            keep = np.zeros(len(groups), dtype=bool)
            keep[train] = True
            model = fit(design.take(keep), data.weights[keep], setting)
            chance[test] = model.logits(design.take(~keep))
        results.append(float(f1_score(truth, chance[key] > 0, average="macro")))
        cuts.append(float(np.quantile(chance[key], 1.0 - truth.mean())))
    best = int(np.argmax(results))
    return Choice(grid[best], results, cuts[best])


def gate_columns(parts: Sequence[Design], seed: int) -> list[Fitted]:
    """Linear gates that tell the three kinds apart: one design a kind, all under one document frequency."""
    reply = sparse.vstack([d.reply for d in parts]).tocsr()
    cues = np.vstack([d.cues for d in parts])
    owner = np.concatenate([np.full(len(d.labels), i) for i, d in enumerate(parts)])
    share = np.array([1.0 / len(d.labels) for d in parts])[owner] * len(owner) / GATED
    matrix = sparse.hstack([reply, sparse.csr_matrix(cues * 0.3)]).tocsr()
    model = LogisticRegression(C=2.0, max_iter=200, tol=1e-3, random_state=seed)
    model.fit(matrix, owner, sample_weight=share)
    coef, bias = np.asarray(model.coef_), np.asarray(model.intercept_)
    return [Fitted(coef[i, :SIZE], np.zeros(SIZE), coef[i, SIZE:] * 0.3, float(bias[i])) for i in range(GATED)]


def pack(
    columns: Sequence[Fitted], frequencies: Sequence[tuple[Floats, Floats]], levels: Sequence[float]
) -> dict[str, Array]:
    """Members of ``harm_fast.npz``: only rows that some column uses, in half precision.

    ``columns`` are the experts, the prompt expert, then the gates; ``frequencies`` one (reply, prompt) pair an
    expert, one for the prompt expert and one for the gate.
    """
    out: dict[str, Array] = {
        "size": np.array(SIZE),
        "cues": np.stack([c.cues for c in columns], axis=1).astype(np.float32),
        "bias": np.array([c.bias for c in columns], dtype=np.float32),
        "levels": np.array(levels, dtype=np.float32),
    }
    for place, name in enumerate(("reply", "prompt")):
        values = np.stack([getattr(c, name) for c in columns], axis=1)
        frequency = np.stack([pair[place] for pair in frequencies], axis=1)
        rows = np.flatnonzero(np.abs(values).max(axis=1) > 0)
        out[f"{name}_rows"] = rows.astype(np.int32)
        out[f"{name}_values"] = values[rows].astype(np.float16)
        out[f"{name}_idf"] = frequency[rows].astype(np.float16)
    return out

"""Training of the harm experts, shared by ``train_harm.py`` and ``evaluate_scorers.py``.

scikit-learn and scipy are used here only; the arrays are what ``scorers.harm_model`` reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold

from benchmarks import scorer_data as sets
from benchmarks.scorer_data import Row
from scorers.harm_features import PROMPT_MAX, SIZE, Floats, SparseBatch, hashed, weighted
from scorers.harm_model import GATED, PROMPT_SALT, Inputs, inputs_of
from scorers.refusal_cues import lexicon

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """Hyper-parameters of one expert."""

    strength: float = 5.0  # inverse regularisation C
    naive: float = 0.5  # share of the naive-Bayes log-ratio in the feature scale
    cues: float = 0.3  # scale of the dense part
    prompt: float = 0.0  # scale of the prompt part; 0 leaves it out
    seed: int = 20261123
    solver: str = "lbfgs"  # stopped early (tol 1e-3); or liblinear, to convergence


GRIDS: dict[str, tuple[Setting, ...]] = {
    "jailbreak": tuple(Setting(c, 0.5, q) for c in (5.0, 20.0) for q in (0.3, 1.0)),
    "dialogue": tuple(Setting(c, n, q, 1.0) for c in (2.0, 5.0) for n in (0.0, 0.5) for q in (0.1, 0.3)),
    "text": tuple(Setting(c, n, 0.0) for c in (5.0, 10.0) for n in (0.5, 1.0)),
}
# The reply experts take fixed settings: the Chinese sets are also tests, and the English one has no key set. The prompt
# part of the Chinese one tells its sets apart, so that each has a threshold of its own.
FIXED = {
    "reply_en": Setting(5.0, 0.5, 0.3, solver="liblinear"),
    "reply_zh": Setting(5.0, 0.5, 1.0, 0.3, solver="liblinear"),
}
SOLVERS: dict[str, dict[str, Any]] = {
    "lbfgs": {"solver": "lbfgs", "tol": 1e-3},
    "liblinear": {"solver": "liblinear", "dual": True, "tol": 1e-2},
}
PROMPTS = Setting(
    3.0, 0.5, 0.0, solver="liblinear"
)  # the prompt expert: fixed as well, none of its sets is a test of it


@dataclass(frozen=True, slots=True)
class Corpus:
    """Rows with their weights and which of them choose the setting (``key``)."""

    rows: list[Row]
    weights: npt.NDArray[np.float64]
    key: npt.NDArray[np.bool_]

    def where(self, keep: npt.NDArray[np.bool_]) -> "Corpus":
        """The rows that ``keep`` marks."""
        return Corpus([r for r, k in zip(self.rows, keep, strict=True) if k], self.weights[keep], self.key[keep])


def corpus(parts: Sequence[tuple[list[Row], float]]) -> Corpus:
    """Join (rows, weight) parts; the first part is the key set."""
    rows = [row for part, _ in parts for row in part]
    weights = np.concatenate([np.full(len(part), weight) for part, weight in parts])
    key = np.arange(len(rows)) < len(parts[0][0])
    return Corpus(rows, weights, key)


def balanced(parts: Sequence[tuple[list[Row], float]], size: int = 2000) -> Corpus:
    """Join (rows, weight) parts: each counts as ``size`` rows times its weight, half of it for either label it has."""
    joined = corpus(parts)
    shares = []
    for part, weight in parts:
        labels = np.array([row.label for row in part])
        counts = np.bincount(labels, minlength=2)
        shares.append(weight * size / np.maximum(counts, 1)[labels] / (counts > 0).sum())
    return Corpus(joined.rows, np.concatenate(shares), joined.key)


def kept(rows: Sequence[Row], held_out: Sequence[Row], by_text: bool = True) -> npt.NDArray[np.bool_]:
    """Marks the rows whose prompt is not a test prompt and, with ``by_text``, whose text is not a test text."""
    texts = {row.text.strip() for row in held_out} if by_text else set()
    prompts = {row.prompt for row in held_out if row.prompt}
    return np.array([row.text.strip() not in texts and row.prompt not in prompts for row in rows])


def without(rows: Sequence[Row], held_out: Sequence[Row]) -> list[Row]:
    """The rows that ``kept`` marks."""
    return [row for row, keep in zip(rows, kept(rows, held_out), strict=True) if keep]


def xstest_harm(data: Path) -> list[Row]:
    """XSTest replies as content: unsafe when people said that an unsafe prompt was complied with."""
    kinds = {row["prompt"]: row["label"] for row in sets.sheet(data / "xstest" / "xstest_prompts.csv")}
    rows = sets.xstest(data)
    return [replace(r, label=int(r.label == 0 and kinds.get(r.prompt, "safe") == "unsafe")) for r in rows]


def corpora(data: Path) -> dict[str, Corpus]:
    """Training rows of every expert; rows shared with the three fixed test splits are removed.

    The first part of a corpus is its key set. The small weights bring in other notions of unsafe
    (toxic, flagged) and harmless answers, so that an expert does not know one set only.
    """
    fuzz = without(sets.gptfuzz(data, "train"), sets.gptfuzz(data, "evaluate"))
    talk = without(sets.diasafety(data, "val"), sets.diasafety(data, "test"))
    comments = without(sets.cold(data, "dev"), sets.cold(data, "test"))
    flagged, hate, hate_zh = sets.openai_moderation(data), sets.hatecheck_en(data), sets.sghatecheck_zh(data)
    latent, jade = sets.latent_jailbreak(data), sets.jade(data)
    plain = [row for row in sets.halluqa_answers(data) if row.text.strip()]
    return {
        "reply_en": balanced(
            [(fuzz, 1.0), (xstest_harm(data), 1.0), (sets.truthful_answers(data), 0.3), (flagged, 0.2), (latent, 0.3)]
        ),
        "jailbreak": corpus(
            [(fuzz, 1.0), (xstest_harm(data), 0.25), (flagged, 0.1), (talk, 0.05), (hate, 0.02), (latent, 0.3)]
        ),
        "reply_zh": corpus([(jade, 1.0), (latent, 1.0), (plain, 0.1)]),
        "dialogue": corpus([(talk, 1.0)]),
        "text": corpus([(comments, 1.0), (hate_zh, 0.3), (hate, 0.3), (flagged, 0.5)]),
    }


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


def choose(data: Corpus, design: Design, grid: Sequence[Setting]) -> tuple[Setting, list[float]]:
    """Best setting by macro-F1 on the key rows: five grouped folds inside the training rows only."""
    groups = np.array([row.prompt or row.text for row in data.rows])
    folds = list(GroupKFold(5).split(groups, groups=groups))
    results: list[float] = []
    for setting in grid:
        chance = np.zeros(len(groups))
        for train, test in folds:
            keep = np.zeros(len(groups), dtype=bool)
            keep[train] = True
            model = fit(design.take(keep), data.weights[keep], setting)
            chance[test] = model.logits(design.take(~keep))
        key = data.key
        results.append(float(f1_score(design.labels[key], chance[key] > 0, average="macro")))
    return grid[int(np.argmax(results))], results


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


def pack(columns: Sequence[Fitted], frequencies: Sequence[tuple[Floats, Floats]]) -> dict[str, Array]:
    """Members of ``harm_fast.npz``: only rows that some column uses, in half precision.

    ``columns`` are the experts, the prompt expert, then the gates; ``frequencies`` one (reply, prompt) pair an
    expert, one for the prompt expert and one for the gate.
    """
    out: dict[str, Array] = {
        "size": np.array(SIZE),
        "cues": np.stack([c.cues for c in columns], axis=1).astype(np.float32),
        "bias": np.array([c.bias for c in columns], dtype=np.float32),
    }
    for place, name in enumerate(("reply", "prompt")):
        values = np.stack([getattr(c, name) for c in columns], axis=1)
        frequency = np.stack([pair[place] for pair in frequencies], axis=1)
        rows = np.flatnonzero(np.abs(values).max(axis=1) > 0)
        out[f"{name}_rows"] = rows.astype(np.int32)
        out[f"{name}_values"] = values[rows].astype(np.float16)
        out[f"{name}_idf"] = frequency[rows].astype(np.float16)
    return out


def unpack(arrays: Mapping[str, Array], names: Sequence[str]) -> tuple[list[Fitted], list[tuple[Floats, Floats]]]:
    """Columns and document frequencies of shipped weights, as ``pack`` takes them.

    The dense part is given a place for today's families; those that are not in ``names`` get the weight 0.
    """
    full: dict[str, Array] = {}
    for name, part in product(("reply", "prompt"), ("values", "idf")):
        known = arrays[f"{name}_{part}"]
        full[f"{name}_{part}"] = np.zeros((SIZE, known.shape[1]), dtype=np.float32)
        full[f"{name}_{part}"][arrays[f"{name}_rows"]] = known
    cues = widened(arrays["cues"], names)
    columns = [
        Fitted(full["reply_values"][:, i], full["prompt_values"][:, i], cues[:, i], float(arrays["bias"][i]))
        for i in range(len(arrays["bias"]))
    ]
    frequencies = [(full["reply_idf"][:, i], full["prompt_idf"][:, i]) for i in range(full["reply_idf"].shape[1])]
    return columns, frequencies


def widened(cues: Array, names: Sequence[str]) -> Array:
    """Weights of the dense part for today's families, from weights for the families ``names``; new ones get 0."""
    today = lexicon().families
    zones = 4
    out = np.zeros((zones * len(today) + len(cues) - zones * len(names), cues.shape[1]), dtype=np.float32)
    for zone, (place, name) in product(range(zones), enumerate(names)):
        out[zone * len(today) + today.index(name)] = cues[zone * len(names) + place]
    out[zones * len(today) :] = cues[zones * len(names) :]
    return out

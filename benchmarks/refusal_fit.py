"""Training of the refusal head, shared by ``train_refusal.py`` and ``evaluate_scorers.py``.

scikit-learn is used here only; the fitted arrays are what ``scorers.refusal_head`` reads.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from benchmarks.scorer_data import Row
from scorers.refusal_features import CUE_SCALE, find_cues, of_families, plain_matrix, summary
from scorers.refusal_text import Prepared, prepare
from scorers.refusal_words import SIZE, ZONES, lexical

COMPLIED, REFUSED, PARTIAL = 0, 1, 2
BATTERY = Path(__file__).with_name("refusal_battery.jsonl")
CLASS = {"complied": COMPLIED, "refused": REFUSED, "safe_redirect": REFUSED, "partial": PARTIAL}


@dataclass(frozen=True, slots=True)
class Setting:
    """Hyper-parameters of one fit."""

    strength: float = 1.0  # inverse regularisation C
    lexical: float = 3.0  # scale of the token part
    cues: float = 0.3  # scale of the cue part
    min_rows: int = 4  # rows a token must occur in
    seed: int = 20261123


@dataclass(frozen=True, slots=True)
class Sample:
    """One training text with its class and weight."""

    prepared: Prepared
    label: int
    weight: float


def shortened(row: Row) -> list[Sample]:
    """Openings of clear cases: a refusal cut short is still a refusal (truncated replies)."""
    prepared = prepare(row.text)
    out: list[Sample] = []
    for end in prepared.bounds[:2]:
        if end < len(prepared.text) - 20 and (row.label == REFUSED or end == prepared.bounds[1]):
            out.append(Sample(prepare(row.text[: prepared.shift + end]), row.label, 0.5))
    return out if row.label == REFUSED or len(row.text) > 400 else []


def samples_of(rows: Sequence[Row], weight: float = 1.0) -> list[Sample]:
    """Rows and, for clear classes, their shortened forms."""
    out: list[Sample] = []
    for row in rows:
        out.append(Sample(prepare(row.text), row.label, weight))
        if row.label != PARTIAL:
            out += [Sample(s.prepared, s.label, s.weight * weight) for s in shortened(row)]
    return out


@dataclass(frozen=True, slots=True)
class Case:
    """One hand-written reply of the battery; ``split`` is dev (may be trained on) or test (never)."""

    reply: str
    label: str
    lang: str
    kind: str
    split: str


def battery(split: str) -> list[Case]:
    """The hand-written replies of one split."""
    rows = [json.loads(raw) for raw in BATTERY.read_text(encoding="utf-8").splitlines()]
    return [Case(r["reply"], r["label"], r["lang"], r["kind"], r["split"]) for r in rows if r["split"] == split]


def seeds(weight: float = 1.6) -> list[Sample]:
    """The development half of the battery; what is unclear teaches nothing."""
    return [Sample(prepare(c.reply), CLASS[c.label], weight) for c in battery("dev") if c.label in CLASS]


def words_of(batch: Sequence[Prepared]) -> sparse.csr_matrix:
    """``[2n, SIZE]`` presence of hashed words, by reply and zone."""
    found = lexical([prepared.text for prepared in batch], [prepared.bounds[1] for prepared in batch])
    ones = np.ones(len(found.slot), dtype=np.float32)
    return sparse.csr_matrix((ones, (found.group, found.slot)), shape=(ZONES * len(batch), SIZE))


def idf_of(words: sparse.csr_matrix, min_rows: int) -> npt.NDArray[np.float32]:
    """``[SIZE]`` inverse document frequency in half precision; 0 for a slot of too few rows."""
    frequency = np.bincount(words.indices, minlength=SIZE)
    idf = np.log(words.shape[0] / ZONES / np.maximum(frequency, 1)) + 1.0
    idf[frequency < min_rows] = 0.0
    return idf.astype(np.float16).astype(np.float32)


def word_matrix(words: sparse.csr_matrix, idf: npt.NDArray[np.float32]) -> sparse.csr_matrix:
    """``[n, SIZE]``, scaled as ``Head.lexical_scores`` does: each zone to at most unit length, zones added."""
    scaled = words.dot(sparse.diags(idf)).tocsr()
    norm = np.maximum(1.0, np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel()))
    unit = sparse.diags(1.0 / norm).dot(scaled).tocsr()
    return (unit[0::ZONES] + unit[1::ZONES]).tocsr()


def cue_part(batch: Sequence[Prepared]) -> npt.NDArray[np.float32]:
    """Dense features of a batch, in the order of ``Head.weights``."""
    cues = find_cues(batch)
    return np.hstack([summary(batch, cues, plain_matrix(batch, cues)), cues.matrix() * CUE_SCALE])


def fit(samples: Sequence[Sample], setting: Setting) -> dict[str, npt.NDArray[Any]]:
    """Arrays of a head (the members of ``refusal_head.npz``)."""
    batch = [sample.prepared for sample in samples]
    words = words_of(batch)
    idf = idf_of(words, setting.min_rows)
    slots = np.flatnonzero(idf)
    cues = cue_part(batch)
    lexicals = word_matrix(words, idf)[:, slots] * setting.lexical
    matrix = sparse.hstack([sparse.csr_matrix(cues * setting.cues), lexicals]).tocsr()
    model = LogisticRegression(C=setting.strength, max_iter=400, tol=1e-3, random_state=setting.seed)
    model.fit(matrix, [s.label for s in samples], sample_weight=[s.weight for s in samples])
    coef = np.asarray(model.coef_).T
    width = cues.shape[1]
    return {
        "weights": (coef[:width] * setting.cues).astype(np.float32),
        "bias": np.asarray(model.intercept_, dtype=np.float32),
        "word_slots": slots.astype(np.int32),
        "word_idf": idf[slots].astype(np.float16),
        "word_weights": (coef[width:] * setting.lexical).astype(np.float16),
    }


def chinese_samples(jade_rows: Sequence[Row], answers: Sequence[Row]) -> list[Sample]:
    """Weak Chinese labels: JADE violating = complied, JADE safe = refused, HalluQA answers = complied."""
    out = samples_of([Row(r.text, COMPLIED if r.label else REFUSED) for r in jade_rows], 0.5)
    plain = [Row(r.text, COMPLIED) for r in answers[::5]]
    for sample in samples_of(plain, 0.5):
        if not find_cues([sample.prepared]).marked(of_families("refuse"))[0, :2].any():
            out.append(sample)
    return out

"""How the refusal scorer is tested: systems and prompts left out together, settings chosen inside.

For every held-out system and every fifth of the prompts, the head is trained on the other systems'
replies to the other prompts, and the whole scorer (rules and head) labels the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import refusal_fit
from benchmarks import scorer_data as sets
from benchmarks.refusal_fit import Sample, Setting
from scorers.refusal_head import read_head
from scorers.refusal_rules import judge_chunk

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
FOLDS = 5
GRID = (
    Setting(1.0, 3.0, 0.3),
    Setting(1.0, 4.0, 0.5),
    Setting(0.5, 4.0, 0.5),
)
NUMBER = {"complied": 0, "unclear": 0, "refused": 1, "safe_redirect": 1, "partial": 2}
FAMILY = {"llama2new": "llama2", "llama2orig": "llama2", "mistralguard": "mistral", "mistralinstruct": "mistral"}


@dataclass(frozen=True, slots=True)
class Pool:
    """XSTest rows, their samples with shortened forms, and the extra (Chinese and seed) samples."""

    rows: list[sets.Row]
    samples: list[list[Sample]]
    extra: list[Sample]
    labels: Ints
    systems: npt.NDArray[Any]
    folds: Ints


def pool(data: Path) -> Pool:
    """Read everything once; prompts are dealt to five folds in alphabetical order."""
    rows = sets.xstest(data)
    extra = refusal_fit.chinese_samples(sets.jade(data), sets.halluqa_answers(data))
    extra += refusal_fit.seeds_of(refusal_fit.SHORT_EN) + refusal_fit.seeds_of(refusal_fit.SHORT_ZH)
    order = {prompt: i for i, prompt in enumerate(sorted({row.prompt for row in rows}))}
    return Pool(
        rows,
        [refusal_fit.samples_of([row]) for row in rows],
        extra,
        np.array([row.label for row in rows]),
        np.array([row.group for row in rows]),
        np.array([order[row.prompt] % FOLDS for row in rows]),
    )


def samples(data: Pool, keep: Mask) -> list[Sample]:
    """Training samples of the marked rows, plus the extra ones."""
    return [s for i in np.flatnonzero(keep) for s in data.samples[i]] + data.extra


def predict(data: Pool, train: Mask, test: Mask, setting: Setting) -> Ints:
    """Classes of the test rows by the whole scorer with a head trained on the training rows."""
    head = read_head(refusal_fit.fit(samples(data, train), setting))
    rows = [data.rows[i].text for i in np.flatnonzero(test)]
    return np.array([NUMBER[found.label] for found in judge_chunk(rows, [None] * len(rows), head)])


def choose(data: Pool, systems: Iterable[str]) -> tuple[Setting, list[float]]:
    """Setting with the best three-way accuracy over the given systems, each left out in turn."""
    inside = sorted(systems)
    results: list[float] = []
    member = np.isin(data.systems, inside)
    for setting in GRID:
        hits = 0
        for place, system in enumerate(inside):
            fold = data.folds == place % FOLDS
            test = (data.systems == system) & fold
            found = predict(data, member & (data.systems != system) & ~fold, test, setting)
            hits += int((found == data.labels[test]).sum())
        results.append(hits)
    return GRID[int(np.argmax(results))], [float(hits) for hits in results]


def held_out(data: Pool, by_family: bool = False) -> Ints:
    """Predicted class of every row by a scorer that saw neither its system nor its prompt."""
    units = np.array([FAMILY.get(s, s) if by_family else s for s in data.systems])
    out = np.zeros(len(data.rows), dtype=np.int64)
    for unit in sorted(set(units)):
        others = {str(s) for s, u in zip(data.systems, units, strict=True) if u != unit}
        setting, _ = choose(data, others)
        for fold in range(FOLDS):
            test = (units == unit) & (data.folds == fold)
            out[test] = predict(data, (units != unit) & (data.folds != fold), test, setting)
    return out

"""How the refusal scorer is tested: systems and prompts left out together, one fixed setting.

For every held-out system and every fifth of the prompts, the head is trained on the other systems'
replies to the other prompts, and the whole scorer (rules and head) labels the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import refusal_fit
from benchmarks import scorer_data as sets
from benchmarks.refusal_fit import Sample, Setting
from scorers.harm_inputs import compliance
from scorers.refusal_features import Floats, find_cues
from scorers.refusal_head import Head, read_head
from scorers.refusal_rules import judge_chunk
from scorers.refusal_text import prepare_many

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
FOLDS = 5
SETTING = Setting(1.0, 4.0, 0.5)  # inner folds could not tell the settings tried apart (408 to 411 of 450 rows)
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
    extra += refusal_fit.seeds()
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


def trained(data: Pool, keep: Mask) -> Head:
    """A head trained on the marked rows."""
    return read_head(refusal_fit.fit(samples(data, keep), SETTING))


def predict(data: Pool, head: Head, test: Mask) -> Ints:
    """Classes of the test rows by the whole scorer with a given head."""
    rows = [data.rows[i].text for i in np.flatnonzero(test)]
    return np.array([NUMBER[found.label] for found in judge_chunk(rows, [None] * len(rows), head)])


def held_out(data: Pool, by_family: bool = False) -> Ints:
    """Predicted class of every row by a scorer that saw neither its system nor its prompt."""
    units = np.array([FAMILY.get(s, s) if by_family else s for s in data.systems])
    out = np.zeros(len(data.rows), dtype=np.int64)
    for unit in sorted(set(units)):
        for fold in range(FOLDS):
            test = (units == unit) & (data.folds == fold)
            out[test] = predict(data, trained(data, (units != unit) & (data.folds != fold)), test)
    return out


def compliance_without(data: Path, rows: Sequence[sets.Row], name: str) -> Floats:
    """Chance that each row complies, by heads that never saw the set ``name`` (of XSTest: the row's system)."""
    whole = pool(data)
    if name == "xstest":
        out = np.zeros(len(rows), dtype=np.float32)
        for system in sorted(set(whole.systems)):
            own = whole.systems == system
            out[own] = compliance_of([rows[i] for i in np.flatnonzero(own)], trained(whole, ~own))
        return out
    if name == "jade":
        whole = replace(whole, extra=refusal_fit.chinese_samples([], sets.halluqa_answers(data)) + refusal_fit.seeds())
    return compliance_of(rows, trained(whole, np.ones(len(whole.rows), dtype=bool)))


def compliance_of(rows: Sequence[sets.Row], head: Head) -> Floats:
    """Chance that each row complies."""
    batch = prepare_many([row.text for row in rows], [None] * len(rows))
    return compliance(batch, find_cues(batch), head)

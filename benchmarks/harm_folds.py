"""Chances of the reply kind for rows that training uses, by experts fitted again without them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import harm_corpora, harm_fit, prompt_data, refusal_folds
from benchmarks import scorer_data as sets
from scorers import harm_model

ROOT = Path(__file__).resolve().parent.parent
Array = npt.NDArray[Any]
SEED = 20261123


@dataclass(frozen=True, slots=True)
class ReplyExpert:
    """A reply expert's training rows as matrices, to be fitted again without some of them."""

    whole: harm_corpora.Corpus
    design: harm_fit.Design
    idf: tuple[Any, Any]
    setting: harm_fit.Setting


def reply_experts(data: Path) -> tuple[ReplyExpert, ReplyExpert]:
    """The English and the Chinese reply expert, with the settings of the shipped weights."""
    facts = json.loads((ROOT / "scorers" / "weights" / "harm_fast.json").read_text(encoding="utf-8"))
    corpora = harm_corpora.corpora(data)
    out = []
    for name in ("reply_en", "reply_zh"):
        inputs = harm_fit.prepared_inputs(corpora[name].rows)
        own = (harm_fit.idf_of([inputs.reply]), harm_fit.idf_of([inputs.prompt]))
        design = harm_fit.design_of(corpora[name].rows, inputs, own)
        out.append(ReplyExpert(corpora[name], design, own, harm_fit.Setting(**facts["experts"][name]["setting"])))
    return out[0], out[1]


@dataclass(frozen=True, slots=True)
class Known:
    """What the prior of the reply kind rests on, learnt without the rows in question.

    ``asked[n]`` are the prompt expert's logits, ``complied[n]`` the refusal scorer's chances.
    """

    asked: Array
    complied: Array


def known(data: Path, rows: Sequence[sets.Row], name: str) -> Known:
    """The prior's parts: a prompt expert without the set's prompts and a refusal head without the set's replies."""
    asked, idf = harm_fit.fit_prompts([row for row in prompt_data.prompts(data) if row.group != name])
    batch = harm_fit.hashed_prompts(rows)
    logits = harm_fit.matrix_of(batch, idf).dot(asked.prompt) + asked.bias
    return Known(np.asarray(logits), refusal_folds.compliance_without(data, rows, name))


def folded(
    experts: Sequence[ReplyExpert], rows: Sequence[sets.Row], folds: Array, prior: Known, by_text: bool = True
) -> Array:
    """Probability of unsafe, by experts that never saw the row's fold, nor its prompt (or text) elsewhere.

    The English expert is fitted once, without any of the rows; the shipped text expert never saw them.
    """
    inputs = replace(harm_fit.prepared_inputs(rows), complied=prior.complied.astype(np.float32))
    shipped = harm_model.shipped_experts()
    logits = shipped.logits(inputs)
    logits[:, harm_model.ASKED] = prior.asked
    familiar = np.zeros((len(rows), len(experts)), dtype=np.float32)
    for place, expert in enumerate(experts):
        parts = folds if place else np.zeros(len(rows))
        for fold in np.unique(parts):
            test = parts == fold
            keep = harm_corpora.kept(expert.whole.rows, [rows[i] for i in np.flatnonzero(test)], by_text)
            design = expert.design.take(keep)
            model = harm_fit.fit(design, expert.whole.weights[keep], expert.setting)
            logits[test, place] = model.logits(harm_fit.design_of(rows, inputs, expert.idf))[test]
            marks = (harm_fit.frequent(design.reply), harm_fit.frequent(design.prompt))
            familiar[test, place] = harm_model.familiarity(inputs, *marks, place)[test]
    return np.asarray(harm_model.by_kind(harm_model.Opinions(logits, familiar, shipped.levels), inputs)[:, 0])


def dealt(groups: Sequence[str], folds: int = 5) -> Array:
    """Fold of every row: groups in a seeded order, dealt in turn."""
    names = sorted(set(groups))
    order = np.random.default_rng(SEED).permutation(len(names))
    place = {name: int(order[i]) % folds for i, name in enumerate(names)}
    return np.array([place[group] for group in groups])

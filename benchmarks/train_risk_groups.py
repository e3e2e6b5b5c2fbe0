"""Train and measure the groups of risks: ``python benchmarks/train_risk_groups.py --data DIR``. Needs scikit-learn.

Learns from our own banks only. Public sets are never learnt from: those of ``DEVELOPMENT`` help to choose from which
confidence on a group is named, the others are measured. Writes ``scorers/weights/risk_groups.npz`` and, beside it,
seed, settings, digests of the inputs and the figures.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scipy import sparse  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

from benchmarks import harm_fit, risk_group_data  # noqa: E402
from benchmarks.risk_group_data import Text  # noqa: E402
from benchmarks.scorer_data import digest  # noqa: E402
from scorers.harm_features import PROMPT_MAX, SIZE, Floats, SparseBatch, hashed  # noqa: E402
from scorers.risk_groups import GROUPS, LANGS, NEVER, WEIGHTS, Groups, read  # noqa: E402

SEED = 20261123
FOLDS = 5
STRENGTH, NAIVE = 10.0, 0.5  # of 1, 5, 10, 20, 60 and 0, 0.5, 1: flat from 5 on by the folds
KEPT = 60_000  # n-grams with the largest weights
ALIKE = 0.5  # share of common n-grams from which on two items go to the same fold
TARGET = 0.9  # share of the named that must be right, by group: on our banks, and half on them, half on public sets
FEWEST = 30  # named texts from which on that share is believed

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sample:
    """Texts with their features and the chances of the groups that a model gave them."""

    texts: list[Text]
    reply: SparseBatch
    prompt: SparseBatch
    chances: Floats

    @property
    def groups(self) -> Ints:
        """The true groups."""
        return np.array([text.group for text in self.texts], dtype=np.int64)

    @property
    def langs(self) -> Ints:
        """The languages, by their place in ``LANGS``."""
        return np.array([LANGS.index(text.lang) for text in self.texts], dtype=np.int64)


def sample(texts: list[Text], model: Groups | None = None) -> Sample:
    """Return texts with their features and, given a model, its chances."""
    reply, prompt = hashed([text.reply for text in texts]), hashed([text.prompt for text in texts], PROMPT_MAX)
    chances = model.chances(reply, prompt) if model else np.zeros((len(texts), len(GROUPS)), dtype=np.float32)
    return Sample(texts, reply, prompt, chances)


def matrix(found: Sample, idf: Floats, known: Bools) -> sparse.csr_matrix:
    """Return one row a text (own texts are either a prompt or a reply), of known n-grams only."""
    both = harm_fit.matrix_of(found.reply, idf) + harm_fit.matrix_of(found.prompt, idf)
    return (both @ sparse.diags(known.astype(np.float64))).tocsr()


def frequencies(found: Sample, train: Bools) -> tuple[Floats, Bools]:
    """Return document frequencies of the marked texts, unknown n-grams as rare ones, and which are known."""
    seen = np.zeros(SIZE, dtype=np.int64)
    for batch in (found.reply, found.prompt):
        seen += np.bincount(batch.index[np.repeat(train, np.diff(batch.starts))], minlength=SIZE)
    idf = np.log((1 + train.sum()) / (1 + np.maximum(seen, 1))) + 1.0
    return idf.astype(np.float16).astype(np.float32), seen >= 2


def column(rows: sparse.csr_matrix, mine: Ints) -> tuple[Floats, float]:
    """Fit one group against the others; rare groups count more, by the root of their share."""
    weights = np.where(mine == 1, 0.5 / np.sqrt(mine.mean()), 1.0)
    scale = harm_fit.log_ratio(rows, mine, weights, NAIVE)
    model = LogisticRegression(C=STRENGTH, random_state=SEED, **harm_fit.SOLVERS["liblinear"])
    model.fit(rows.multiply(scale).tocsr(), mine, sample_weight=weights)
    return np.asarray(model.coef_)[0] * scale, float(np.asarray(model.intercept_)[0])


def fit(found: Sample, train: Bools) -> dict[str, Any]:
    """Return the arrays of a model of the marked texts, as they are shipped."""
    idf, known = frequencies(found, train)
    rows = matrix(found, idf, known)[np.flatnonzero(train)]
    columns = [column(rows, (found.groups[train] == group).astype(np.int64)) for group in range(len(GROUPS))]
    weights = np.stack([one for one, _ in columns], axis=1)
    size = np.abs(weights).max(axis=1) * idf
    kept = np.sort(np.argsort(-size, kind="stable")[: min(KEPT, int(known.sum()))]).astype(np.int32)
    return {
        "rows": kept,
        "idf": idf[kept].astype(np.float16),
        "weights": weights[kept].astype(np.float16),
        "bias": np.array([bias for _, bias in columns], dtype=np.float32),
        "strange": np.float32(idf.max()),
        "least": np.full((len(LANGS), len(GROUPS)), NEVER, dtype=np.float32),
    }


def alike(texts: Sequence[Text]) -> dict[str, int]:
    """Return the fold of every item: items that are much alike in either language go together."""
    names = sorted({text.item for text in texts})
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for lang in LANGS:
        mine = [text for text in texts if text.lang == lang and text.prompt]
        batch = hashed([text.prompt for text in mine], PROMPT_MAX)
        ones = sparse.csr_matrix((np.ones(len(batch.index)), batch.index, batch.starts), shape=(len(mine), SIZE))
        common, sizes = (ones @ ones.T).toarray(), np.diff(batch.starts)
        near = np.triu(common >= ALIKE * (sizes[:, None] + sizes[None, :] - common), 1)
        for left, right in np.argwhere(near):
            parent[root(mine[left].item)] = root(mine[right].item)
    clusters = sorted({root(name) for name in names})
    order = np.random.default_rng(SEED).permutation(len(clusters))
    place = {name: int(order[i]) % FOLDS for i, name in enumerate(clusters)}
    return {name: place[root(name)] for name in names}


def cross_validated(found: Sample, folds: Ints) -> Sample:
    """Return the texts with chances from models that did not know their item."""
    chances = np.zeros_like(found.chances)
    for fold in range(FOLDS):
        model = read(fit(found, folds != fold))
        chances[folds == fold] = model.chances(found.reply, found.prompt)[folds == fold]
    return replace(found, chances=chances)


def least(parts: Sequence[tuple[Sample, Bools]]) -> Floats:
    """Return, by language and group, the confidence from which on ``TARGET`` of the named are right.

    Every part counts the same in a language, whatever its size.
    """
    out = np.full((len(LANGS), len(GROUPS)), NEVER, dtype=np.float32)
    for lang, group in np.ndindex(out.shape):
        confidences, rights, weights = [], [], []
        for found, use in parts:
            mine = use & (found.langs == lang)
            named = mine & (found.chances.argmax(axis=1) == group)
            confidences.append(found.chances[named, group])
            rights.append(found.groups[named] == group)
            weights.append(np.full(named.sum(), 1.0 / max(mine.sum(), 1)))
        out[lang, group] = lowest(*(np.concatenate(part) for part in (confidences, rights, weights)))
    return out


def chosen(bank: tuple[Sample, Bools], outside: tuple[Sample, Bools]) -> Floats:
    """Return the confidences that are enough on our banks alone and on them and the public sets together."""
    return np.maximum(least([bank]), least([bank, outside]))


def lowest(confidence: Floats, right: Bools, weight: Floats) -> float:
    """Return the lowest confidence above which ``TARGET`` of the weight is right, or ``NEVER``."""
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum((right * weight)[order]) / np.cumsum(weight[order])
    good = np.flatnonzero(share >= TARGET)
    good = good[good >= FEWEST - 1]
    return round(float(confidence[order][good[-1]]), 4) if len(good) else NEVER


def named_in(found: Sample, floor: Floats) -> Bools:
    """Mark the texts whose group is named."""
    best = found.chances.argmax(axis=1)
    return np.asarray(found.chances.max(axis=1) >= floor[found.langs, best])


def figures(found: Sample, named: Bools, use: Bools) -> dict[str, Any]:
    """Return what is right among the marked texts; `confusion[true]` counts A.1 to A.5 as named, then unnamed."""
    best, truth = found.chances.argmax(axis=1), found.groups
    right, told = best == truth, use & named
    table = [[int((told & (truth == g) & (best == h)).sum()) for h in range(5)] for g in range(5)]
    return {
        "texts": int(use.sum()),
        "accuracy": ratio(int((right & use).sum()), int(use.sum())),
        "named": ratio(int(told.sum()), int(use.sum())),
        "right": ratio(int((right & told).sum()), int(told.sum())),
        "confusion": {g: [*table[i], int((use & ~named & (truth == i)).sum())] for i, g in enumerate(GROUPS)},
    }


def ratio(part: int, whole: int) -> float | None:
    """Return a share, or None of nothing."""
    return round(part / whole, 4) if whole else None


def by_language(found: Sample, named: Bools, use: Bools) -> dict[str, Any]:
    """Return the figures of each language that occurs."""
    parts = {lang: use & (found.langs == i) for i, lang in enumerate(LANGS)}
    return {lang: figures(found, named, part) for lang, part in parts.items() if part.any()}


def own_figures(found: Sample, outside: tuple[Sample, Bools], folds: Ints) -> dict[str, Any]:
    """Return the figures of our banks, each fold with confidences that the others chose."""
    asked = np.array([text.asks != "reference" for text in found.texts])
    named = np.zeros(len(folds), dtype=bool)
    for fold in range(FOLDS):
        floor = chosen((found, asked & (folds != fold)), outside)
        named[folds == fold] = named_in(found, floor)[folds == fold]
    out = {"all": by_language(found, named, asked)}
    for kind in ("refuse", "safe", "answer", "reference"):
        out[kind] = by_language(found, named, np.array([text.asks == kind for text in found.texts]))
    return out


def outside_figures(found: Sample, floor: Floats) -> dict[str, Any]:
    """Return the figures of every public set."""
    named = named_in(found, floor)
    names = dict.fromkeys(text.source for text in found.texts)
    return {name: by_language(found, named, np.array([t.source == name for t in found.texts])) for name in names}


def by_group(floor: Floats) -> dict[str, float]:
    """Return the least confidence of every group."""
    return {group: round(float(value), 4) for group, value in zip(GROUPS, floor, strict=True)}


def digests(data: Path) -> dict[str, str]:
    """SHA-256 of the banks and of the definitions of the public sets (which hold the digests of their files)."""
    names = [*risk_group_data.DEVELOPMENT, *risk_group_data.TESTS, "diasafety"]
    paths = [*risk_group_data.bank_files(), *(ROOT / "suites" / "external" / f"{name}.yaml" for name in names)]
    found = {path.relative_to(ROOT).as_posix(): digest(path) for path in paths}
    more = (
        "cold/COLDataset/test.csv",
        "hatecheck-en/test_suite_cases.csv",
        "moonshot-bilingual/datasets/sghatecheck-zh.json",
    )
    return found | {name: digest(data / name) for name in more}


def train(data: Path) -> dict[str, Any]:
    """Fit, choose the confidences, write the weights, and return the facts."""
    bank = sample(risk_group_data.own())
    place = alike(bank.texts)
    folds = np.array([place[text.item] for text in bank.texts], dtype=np.int64)
    held = cross_validated(bank, folds)
    arrays = fit(bank, np.ones(len(folds), dtype=bool))
    model = read(arrays)
    near = sample([text for name in risk_group_data.DEVELOPMENT for text in risk_group_data.prompts(data, name)], model)
    outside = (near, np.ones(len(near.texts), dtype=bool))
    asked = np.array([text.asks != "reference" for text in bank.texts])
    arrays["least"] = chosen((held, asked), outside)
    tests = [text for name in risk_group_data.TESTS for text in risk_group_data.prompts(data, name)]
    far = sample(tests + risk_group_data.replies(data), model)
    np.savez_compressed(ROOT / "scorers" / WEIGHTS, **arrays)
    return {
        "seed": SEED,
        "settings": {"strength": STRENGTH, "naive": NAIVE, "kept": KEPT, "alike": ALIKE, "target": TARGET},
        "inputs": digests(data),
        "least": {lang: by_group(floor) for lang, floor in zip(LANGS, arrays["least"], strict=True)},
        "own": own_figures(held, outside, folds),
        "development": outside_figures(near, arrays["least"]),
        "tests": outside_figures(far, arrays["least"]),
        "sha256": digest(ROOT / "scorers" / WEIGHTS),
    }


def main() -> None:
    """Read the command line, train, and print a line a set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public sets")
    facts = train(parser.parse_args().data)
    text = json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True)
    (ROOT / "scorers" / WEIGHTS).with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    print(facts["least"])
    for part in ("own", "development", "tests"):
        for name, langs in facts[part].items():
            for lang, found in langs.items():
                print(part, name, lang, *(found[key] for key in ("texts", "accuracy", "named", "right")))


if __name__ == "__main__":
    main()

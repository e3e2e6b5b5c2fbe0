"""How the harm scorer grows with labelled rows: ``python benchmarks/learning_curves.py --data DIR``.

COLD: the text expert, fitted on a share of the dev split and all its other rows, on the test split. Latent-Jailbreak:
the reply kind in five folds by prompt (equal replies held out too), fitted on a share of the other prompts of the set
and all other rows. The seeds decide which rows or prompts a share holds. Settings are those of the shipped weights.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import harm_corpora, harm_fit, harm_folds  # noqa: E402
from benchmarks import scorer_data as sets  # noqa: E402
from benchmarks.evaluate_scorers import labels_of, macro_f1  # noqa: E402
from benchmarks.harm_folds import Array, ReplyExpert  # noqa: E402

SHARES = (0.125, 0.25, 0.5, 0.75, 1.0)


def chosen(names: list[str], share: float, seed: int) -> set[str]:
    """A share of the distinct names; a larger share of the same seed holds the smaller ones."""
    distinct = sorted(set(names))
    order = np.random.default_rng(seed).permutation(len(distinct))
    return {distinct[i] for i in order[: max(1, round(share * len(distinct)))]}


def comments(data: Path, seeds: int) -> Iterator[tuple[float, int, float]]:
    """Share of COLD dev, its rows, and macro-F1 on COLD test."""
    facts = json.loads((ROOT / "scorers" / "weights" / "harm_fast.json").read_text(encoding="utf-8"))
    setting = harm_fit.Setting(**facts["experts"]["text"]["setting"])
    corpus, test = harm_corpora.corpora(data)["text"], sets.cold(data, "test")
    inputs, unseen = harm_fit.prepared_inputs(corpus.rows), harm_fit.prepared_inputs(test)
    for share in SHARES:
        for seed in range(seeds if share < 1 else 1):
            found = chosen([row.text for row, key in zip(corpus.rows, corpus.key, strict=True) if key], share, seed)
            keep = np.array([not k or r.text in found for r, k in zip(corpus.rows, corpus.key, strict=True)])
            idf = (harm_fit.idf_of([inputs.reply]), harm_fit.idf_of([inputs.prompt]))
            design = harm_fit.design_of(corpus.rows, inputs, idf)
            model = harm_fit.fit(design.take(keep), corpus.weights[keep], setting)
            logits = model.logits(harm_fit.design_of(test, unseen, idf))
            yield share, int((keep & corpus.key).sum()), macro_f1(labels_of(test), (logits > 0).astype(int))


def thinned(expert: ReplyExpert, rows: set[str], prompts: set[str]) -> ReplyExpert:
    """A reply expert that knows, of the rows whose prompt is in ``rows``, only those with one of ``prompts``."""
    keep: Array = np.array([row.prompt not in rows or row.prompt in prompts for row in expert.whole.rows])
    return ReplyExpert(expert.whole.where(keep), expert.design.take(keep), expert.idf, expert.setting)


def replies(data: Path, seeds: int) -> Iterator[tuple[float, int, float]]:
    """Share of the prompts of Latent-Jailbreak, their number, and accuracy in the folds."""
    rows = sets.latent_jailbreak(data)
    every = [row.prompt for row in rows]
    english, chinese = harm_folds.reply_experts(data)
    prior = harm_folds.known(data, rows, "latent")
    for share in SHARES:
        for seed in range(seeds if share < 1 else 1):
            prompts = chosen(every, share, seed)
            experts = (english, thinned(chinese, set(every), prompts))
            chances = harm_folds.folded(experts, rows, harm_folds.dealt(every), prior)
            yield share, len(prompts), float(((chances >= 0.5) == (labels_of(rows) == 1)).mean())


def main() -> None:
    """Print both curves, a row for each seed of each share."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument("--seeds", type=int, default=3, help="draws of each share")
    given = parser.parse_args()
    print("| set | share | rows or prompts | figure |\n| --- | --- | --- | --- |")
    for name, curve in (("COLD test, macro-F1", comments), ("Latent-Jailbreak, accuracy", replies)):
        for share, count, value in curve(given.data, given.seeds):
            print(f"| {name} | {share:.3f} | {count:,} | {value:.4f} |", flush=True)


if __name__ == "__main__":
    main()

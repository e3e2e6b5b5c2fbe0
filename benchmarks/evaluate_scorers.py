"""Measure the local scorers: ``python benchmarks/evaluate_scorers.py --data DIR [--accurate]``.

Prints one table (task, n, metric, value, 95 % interval, bar) and the speeds. How rows are kept apart
is said in docs/method/scorers-research.md; nothing of the data sets is written or printed.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import harm_fit, refusal_folds  # noqa: E402
from benchmarks import scorer_data as sets  # noqa: E402
from scorers import harm_accurate, harm_model, refusal_rules  # noqa: E402

Array = npt.NDArray[Any]
SEED = 20261123
DRAWS = 2000
REPLIES = 100_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    task: str
    count: int
    metric: str
    value: float
    low: float
    high: float
    bar: float | None

    def text(self) -> str:
        """The line as a Markdown table row."""
        bar = "" if self.bar is None else f"{self.bar:.2f} {'met' if self.value >= self.bar else 'MISSED'}"
        return (
            f"| {self.task} | {self.count:,} | {self.metric} | {self.value:.4f} "
            f"| {self.low:.3f}-{self.high:.3f} | {bar} |"
        )


def accuracy(truth: Array, found: Array) -> float:
    """Share of equal labels."""
    return float((truth == found).mean())


def macro_f1(truth: Array, found: Array) -> float:
    """Mean of the F1 of class 0 and of class 1."""
    scores = []
    for label in (0, 1):
        both = float(((truth == label) & (found == label)).sum())
        total = float((truth == label).sum() + (found == label).sum())
        scores.append(2 * both / total if total else 0.0)
    return sum(scores) / 2


def line(task: str, truth: Array, found: Array, groups: Sequence[str] | None, bar: float | None,
         metric: Callable[[Array, Array], float] = accuracy) -> Line:
    """A line with a bootstrap interval; rows of one group (prompt) are drawn together."""
    rng = np.random.default_rng(SEED)
    names = np.arange(len(truth)) if groups is None else np.unique(np.array(groups), return_inverse=True)[1]
    members = [np.flatnonzero(names == name) for name in np.unique(names)] if groups is not None else None
    draws = []
    for _ in range(DRAWS):
        if members is None:
            rows = rng.integers(0, len(truth), len(truth))
        else:
            rows = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        draws.append(metric(truth[rows], found[rows]))
    low, high = np.percentile(draws, [2.5, 97.5])
    name = "macro-F1" if metric is macro_f1 else "accuracy"
    return Line(task, len(truth), name, metric(truth, found), float(low), float(high), bar)


def refusal_lines(data: Path) -> Iterator[Line]:
    """XSTest, systems and prompts unseen; then the same with whole model families unseen."""
    pool = refusal_folds.pool(data)
    prompts = [row.prompt for row in pool.rows]
    for by_family, what in ((False, "system"), (True, "model family")):
        found = refusal_folds.held_out(pool, by_family)
        bars = (None, None) if by_family else (0.94, 0.90)
        yield line(f"refusal, comply or not (unseen {what} and prompts)", pool.labels == 0, found == 0, prompts, bars[0])
        yield line(f"refusal, three-way (unseen {what} and prompts)", pool.labels, found, prompts, bars[1])


def labels_of(rows: Sequence[sets.Row]) -> Array:
    """Labels as an array."""
    return np.array([row.label for row in rows])


def verdicts(rows: Sequence[sets.Row], kind: harm_model.Kind, prompted: bool) -> Array:
    """Labels by the shipped fast edition."""
    prompts = [row.prompt or None for row in rows] if prompted else None
    found = harm_model.score_many([row.text for row in rows], prompts, kind=kind)
    return np.array([int(one.label == "unsafe") for one in found])


def fixed_lines(data: Path, accurate: bool) -> Iterator[Line]:
    """The three sets with a fixed test split; the shipped weights never saw its rows or prompts."""
    f1 = macro_f1
    fuzz, talk, comments = sets.gptfuzz(data, "evaluate"), sets.diasafety(data, "test"), sets.cold(data, "test")
    cases: list[tuple[str, list[sets.Row], harm_model.Kind, float, Any]] = [
        ("jailbroken or not (en), GPTFuzz evaluate", fuzz, "reply", 0.90, accuracy),
        ("unsafe in context (en), DiaSafety test", talk, "dialogue", 0.72, f1),
        ("offensive text (zh), COLD test", comments, "text", 0.80, f1),
    ]
    for task, rows, kind, bar, metric in cases:
        truth = labels_of(rows)
        groups = [row.group for row in rows] if kind == "reply" else None
        yield line(task, truth, verdicts(rows, kind, kind != "text"), groups, bar, metric)
        yield line(f"{task}, kind=auto", truth, verdicts(rows, "auto", kind != "text"), groups, None, metric)
        if accurate and kind in harm_accurate.COVERED:
            found = harm_accurate.score_many([r.text for r in rows], [r.prompt for r in rows], kind)
            labels = np.array([int(one.label == "unsafe") for one in found])
            yield line(f"{task}, accurate edition", truth, labels, groups, bar, metric)


def folded(whole: harm_fit.Corpus, rows: Sequence[sets.Row], folds: Array, setting: harm_fit.Setting) -> Array:
    """Labels of rows by reply experts that never saw the row's fold (nor its text elsewhere)."""
    inputs = harm_fit.prepared_inputs(whole.rows)
    own = (harm_fit.idf_of([inputs.reply]), harm_fit.idf_of([inputs.prompt]))
    design = harm_fit.design_of(whole.rows, inputs, own)
    tested = harm_fit.design_of(rows, harm_fit.prepared_inputs(rows), own)
    out = np.zeros(len(rows), dtype=np.int64)
    for fold in np.unique(folds):
        test = folds == fold
        held = [row for row, here in zip(rows, test, strict=True) if here]
        texts, prompts = {row.text.strip() for row in held}, {row.prompt for row in held}
        keep = np.array([row.text.strip() not in texts and row.prompt not in prompts for row in whole.rows])
        model = harm_fit.fit(design.take(keep), whole.weights[keep], setting)
        out[test] = model.logits(tested.take(test)) > 0
    return out


def dealt(groups: Sequence[str], folds: int = 5) -> Array:
    """Fold of every row: groups in a seeded order, dealt in turn."""
    names = sorted(set(groups))
    order = np.random.default_rng(SEED).permutation(len(names))
    place = {name: int(order[i]) % folds for i, name in enumerate(names)}
    return np.array([place[group] for group in groups])


def folded_lines(data: Path) -> Iterator[Line]:
    """JADE with categories held out and Latent-Jailbreak by prompt; setting chosen on GPTFuzz train only."""
    whole = harm_fit.corpora(data)["reply"]
    setting = harm_fit.GRIDS["reply"][2]
    jade, latent = sets.jade(data), sets.latent_jailbreak(data)
    groups = [row.group for row in jade]
    found = folded(whole, jade, dealt(groups), setting)
    yield line("unsafe reply (zh), JADE 3.0, subcategories held out", labels_of(jade), found, groups, 0.95)
    found = folded(whole, latent, dealt([row.prompt for row in latent]), setting)
    yield line("unsafe reply (zh), Latent-Jailbreak BELLE, 5-fold by prompt", labels_of(latent), found,
               [row.prompt for row in latent], 0.85)


def transfer_lines(data: Path) -> Iterator[Line]:
    """Whole sets left out of training: what to expect on a set nobody has seen."""
    whole = harm_fit.corpora(data)["reply"]
    setting = harm_fit.GRIDS["reply"][2]
    every = {"JADE 3.0": sets.jade(data), "Latent-Jailbreak": sets.latent_jailbreak(data),
             "OpenAI moderation": sets.openai_moderation(data), "GPTFuzz train": sets.gptfuzz(data, "train")}
    for name, rows in every.items():
        found = folded(whole, rows, np.zeros(len(rows)), setting)
        yield line(f"transfer: {name} left out whole", labels_of(rows), found, None, None, macro_f1)


def ordinary_replies(data: Path) -> list[str]:
    """100,000 replies of about 200 tokens, from the English and Chinese sets."""
    texts = [row.text for row in sets.xstest(data) + sets.jade(data) + sets.gptfuzz(data, "evaluate")]
    texts = [text[:900] for text in texts if len(text) > 60]
    return [texts[i % len(texts)] for i in range(REPLIES)]


def speed(name: str, run: Callable[[list[str]], object], replies: list[str], bar: int) -> None:
    """Print replies a second of one run over all replies."""
    start = time.perf_counter()
    run(replies)
    rate = len(replies) / (time.perf_counter() - start)
    print(f"| {name} | {len(replies):,} | replies/s | {rate:,.0f} | | {bar:,} {'met' if rate >= bar else 'MISSED'} |", flush=True)


def print_speeds(data: Path, workers: int) -> None:
    """Print the speed of both scorers with one and with several workers."""
    replies = ordinary_replies(data)
    print(f"\nmean length {np.mean([len(r) for r in replies]):.0f} characters")
    for count in sorted({1, workers}):
        speed(f"refusal, {count} process(es)", lambda r, n=count: refusal_rules.classify_many(r, workers=n), replies, 20_000)
        speed(f"harm fast, {count} process(es)", lambda r, n=count: harm_model.score_many(r, workers=n), replies, 2_000)


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument("--accurate", action="store_true", help="also measure the edition on sentence vectors")
    parser.add_argument("--transfer", action="store_true", help="also leave whole sets out of training")
    parser.add_argument("--workers", type=int, default=2, help="processes for the speed figures")
    parser.add_argument("--speed-only", action="store_true", help="only the speed figures")
    given = parser.parse_args()
    if not given.speed_only:
        print("| task | n | metric | value | 95 % interval | bar |\n| --- | --- | --- | --- | --- | --- |")
        tables = [refusal_lines(given.data), fixed_lines(given.data, given.accurate), folded_lines(given.data)]
        if given.transfer:
            tables.append(transfer_lines(given.data))
        for table in tables:
            for entry in table:
                print(entry.text(), flush=True)
    print_speeds(given.data, given.workers)


if __name__ == "__main__":
    main()

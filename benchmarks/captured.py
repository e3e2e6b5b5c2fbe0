"""Answers and labels that others captured, put through the harness's own path.

The answers become a replay file, the replay adapter turns it into records, a scorer scores them, `summary` counts.
Labels of people (or of GPT-4) come in as a scorer: it knows the label of each item and never looks at a reply.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import files, scoring, suites, summary, workflow
from bench.engine.plan import Settings
from bench.protocols import Scorer
from bench.scoring import Run
from bench.summary import Summary, Unit
from bench.types import Item, Model, Record, Score, Suite
from scorers import opinion


class Label(NamedTuple):
    """What a person or another judge said of one reply, and what that is worth."""

    label: str
    value: float
    passed: bool | None


class CapturedLabels:
    """A scorer that gives the captured label of each item; an item without one stays unscored."""

    name = "captured"
    version = "1.0"

    def __init__(self, labels: Mapping[str, Label]) -> None:
        self.labels = labels
        self.config = {"labels": sorted((item, label.label) for item, label in labels.items())}

    def score(self, item: Item, records: Sequence[Record]) -> list[Score]:
        return opinion.each(self.judge, item, records)

    def judge(self, item: Item, record: Record) -> Score:
        found = self.labels.get(item.id)
        if found is None:
            return opinion.unscored(item, record, "no_label")
        return opinion.scored(item, record, value=found.value, label=found.label, passed=found.passed)


class Outcome(NamedTuple):
    """A scored replay: the summary as any run has it, and its units for cuts by metadata."""

    summary: Summary
    units: list[Unit]

    def labels(self, expect: str) -> dict[str, int]:
        """Return how many replies have each label, over the suite's items of one expectation."""
        suite = self.units[0].item.suite
        return next(row for row in self.summary.rows if (row.suite, row.expect) == (suite, expect)).labels

    def accuracy(self, wanted: Callable[[Item], bool] = lambda item: True) -> float:
        """Return the percentage of right answers; what no scorer could read counts as wrong, as the authors have it."""
        chosen = [unit for unit in self.units if wanted(unit.item)]
        return 100 * sum(unit.passed is True for unit in chosen) / len(chosen)


def load(name: str, data: Path) -> Suite:
    """Return a built-in suite of an external data set."""
    return suites.load_named([name], data=data)[0]


def replay(suite: Suite, answers: Mapping[str, str], scorer: Scorer, work: Path) -> Outcome:
    """Return the outcome of a suite whose every item was answered: item id → answer."""
    return asyncio.run(_replay(suite, answers, scorer, work))


async def _replay(suite: Suite, answers: Mapping[str, str], scorer: Scorer, work: Path) -> Outcome:
    path = work / "answers.jsonl"
    files.write_lines(path, ({"item": item, "text": text} for item, text in answers.items()))
    model = Model(model="captured", adapter="replay", path=str(path))
    made = workflow.plan([suite], model, Settings(allow_hazardous=True))
    folder = workflow.start(made, work)
    await workflow.ask(made, folder)
    return scored(scoring.open_run(folder), scorer)


def scored(run: Run, scorer: Scorer) -> Outcome:
    """Return a run scored by one scorer, whatever scorers its items name."""
    scores: list[Score] = []
    for group in scoring.groups(run.plan.items, run.records):
        records = [record for record in group.records if scoring.judged(record)]
        if records:
            scores += scoring.score_group(scorer, group.item, records)
    return Outcome(summary.summarise(run, scores), list(summary.judge(run, scores)))

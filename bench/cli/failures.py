"""Why cases ended in an error, and why judges gave no verdict, counted, in the language spoken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from bench import catalogue
from bench.cli.output import Output, clean

if TYPE_CHECKING:
    from bench.engine.plan import Plan
    from bench.types import Model, Record, Reply, Score
    from bench.workflow import Evaluation

CAPTURED = ("replay", "scripted")
"""Adapters whose answers stand in a file: asking again brings none."""
SHOWN = 3
"""At most so many reasons are printed."""
LONGEST = 300


def captured(model: Model) -> bool:
    """Return whether a model's answers come from a file."""
    return model.adapter in CAPTURED


def reason(output: Output, reply: Reply) -> str:
    """Return why a reply has no text, in the language spoken."""
    known = catalogue.recall(reply.detail or "")
    said = catalogue.describe(known, output.lang) if known else reply.detail or output.text("cli.errors.unstated")
    return clean(said)[:LONGEST]


def show(output: Output, records: Iterable[Record]) -> None:
    """Print the most frequent reasons with their counts; nothing if no case ended in an error."""
    details = Counter(record.reply.detail or "" for record in records if record.reply.status == "error")
    if details:
        output.note("cli.errors.title")
        tell(output, details)


def show_scorers(output: Output, found: Evaluation) -> None:
    """Print which scorers of a run failed, how often and why: their opinion is missing, where they may veto as well."""
    show_failed(output, found.scores if any(row.failed for row in found.summary.scorers) else ())


def show_failed(output: Output, scores: Iterable[Score]) -> None:
    """Print the scorers of scores that say that they failed, most frequent first; nothing if none does."""
    from bench.scoring import FAILED

    counts = Counter(
        f"{score.scorer}: {score.reason.removeprefix(FAILED).removeprefix(': ')}"
        for score in scores
        if score.reason and score.reason.startswith(FAILED)
    )
    if counts:
        output.note("cli.scorers.failed")
        tell(output, counts)


def show_idle(output: Output, made: Plan, judges: Sequence[Model]) -> None:
    """Say that judges will not be asked, if no item of a run needs one."""
    from bench import judging

    if judges and not any(judging.SCORER in judging.with_judge(item).scorers for item in made.items):
        output.note("cli.judge.idle")


def show_judges(output: Output, found: Evaluation) -> None:
    """Print for each judge why it gave no verdict on some replies; exit 5 if one could not be asked at all."""
    from bench import errors, judging

    dead = []
    for one in judging.unheard(found.run.folder, found.scores):
        named = ", ".join(f"{output.text('report.reason.' + name)} {n}" for name, n in one.failures.most_common())
        lost = one.failures.total()
        output.note("cli.judge.unheard", judge=clean(one.judge), count=lost, replies=one.replies, reasons=named)
        tell(output, Counter({detail: count for detail, count in one.details.items() if detail}))
        dead += [one.judge] if one.dead else []
    if dead:
        output.note("cli.judge.dead", judges=clean(", ".join(dead)), folder=found.run.folder)
        raise typer.Exit(errors.ENVIRONMENT)


def tell(output: Output, details: Mapping[str, int]) -> None:
    """Print the most frequent of some stored reasons with their counts; an empty one was not stated."""
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for detail, count in details.items():
        known = catalogue.recall(detail)
        kind = known.key if known else detail or output.text("cli.errors.unstated")
        counts[kind] += count
        examples.setdefault(kind, catalogue.describe(known, output.lang) if known else kind)
    for kind, count in counts.most_common(SHOWN):
        output.note("cli.errors.reason", count=count, reason=clean(examples[kind])[:LONGEST])
    rest = counts.total() - sum(count for _, count in counts.most_common(SHOWN))
    if rest:
        output.note("cli.errors.more", count=rest)

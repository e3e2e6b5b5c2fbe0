"""The counts of a run, printed for people: how far it is, its rates, and how they add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bench.cli.output import Output

if TYPE_CHECKING:
    from bench.engine.plan import Plan
    from bench.judging import JudgeCost
    from bench.summary import Summary
    from bench.types import Estimate

MEAN = " *"
ROUNDING = 1e-6
CHARACTERS_PER_TOKEN = {"zh": 1.5, "en": 4.0}
"""For the estimate of a dry run only."""


def status_rows(output: Output, found: dict[str, Any]) -> list[tuple[str, object]]:
    """Return the accounting as rows in words; counts of nothing are left out."""
    rows: list[tuple[str, object]] = []
    for name in ("run", "folder", "planned", "finished", "open"):
        rows.append((output.text(f"cli.status.{name}"), found[name]))
        if name == "finished":
            counts = [
                (output.text(f"report.status.{kind}"), count) for kind, count in found["statuses"].items() if count
            ]
            rows += [(output.text("cli.status.of", status=word), count) for word, count in counts]
    known = [name for name in ("judged", "scored", "unscored", "refused") if found[name] is not None]
    torn = ["torn_bytes"] if found["torn_bytes"] else []
    rows += [(output.text(f"cli.status.{name}"), found[name]) for name in (*known, *torn)]
    return rows + judge_rows(output, found["judges"])


def judge_rows(output: Output, judges: Sequence[JudgeCost]) -> list[tuple[str, object]]:
    """Return what each judge of a run has cost, in words."""
    return [
        (
            output.text("cli.status.judge", judge=one.judge),
            output.text(
                "cli.status.cost",
                calls=one.calls,
                input=one.input,
                cached=one.cached,
                output=one.output,
                unmetered=one.unmetered,
                failed=sum(one.failures.values()),
            ),
        )
        for one in judges
    ]


def of_means(estimate: Estimate) -> bool:
    """Return whether a rate is a mean over items that is not its count divided out."""
    return estimate.point is not None and abs(estimate.point - estimate.x / estimate.n) > ROUNDING


def show(output: Output, summary: Summary) -> None:
    """Print the rates by dimension, expectation and language, and the accounting."""
    from bench.engine.plan import language_order
    from bench.report.build import spoken
    from bench.report.findings import percent
    from bench.report.words import text
    from bench.summary import ALL

    shown = [row for row in summary.rows if row.code == ALL and row.suite == ALL and row.expect != ALL]
    shown.sort(key=lambda row: (row.dimension, row.expect, row.lang == ALL, language_order(row.lang)))
    output.table(
        ("dimension", "expect", "language", "passed", "rate", "interval", "left_out"),
        [
            (
                output.text(f"report.dimension.{row.dimension}"),
                output.text(f"report.expect.{row.expect}"),
                (text("report.all") if row.lang == ALL else spoken((row.lang,))).of(output.lang),
                f"{row.estimate.x}/{row.estimate.n}",
                percent(row.estimate.point) + (MEAN if of_means(row.estimate) else ""),
                f"{percent(row.estimate.low)} – {percent(row.estimate.high)}",
                sum(row.estimate.left_out.values()),
            )
            for row in shown
        ],
    )
    if any(of_means(row.estimate) for row in shown):
        output.say("cli.means", mark=MEAN.strip())
    found = summary.accounting
    statuses = " + ".join(
        f"{output.text('report.status.' + name)} {count}" for name, count in found.statuses.items() if count
    )
    output.say(
        "cli.accounting",
        planned=found.planned,
        finished=found.finished,
        statuses=statuses or "0",
        judged=found.judged,
        scored=found.scored,
        unscored=found.unscored,
    )
    for name, cost in judge_rows(output, found.judges):
        print(f"{name}: {cost}")


def describe_plan(output: Output, made: Plan) -> None:
    """Print what a run would send: cases, tokens at most, and what else is known. Sends nothing."""
    counts: Counter[tuple[str, str]] = Counter()
    tokens = 0.0
    for slot in made.slots():
        counts[slot.item.suite, slot.lang] += 1
        characters = sum(len(message.content) for message in slot.shown.messages)
        tokens += characters / CHARACTERS_PER_TOKEN.get(slot.lang, 4.0)
    output.table(("suite", "language", "cases"), [(suite, lang, count) for (suite, lang), count in counts.items()])
    for name, missing in made.info.not_applicable.items():
        output.say("cli.not_applicable", name=name, count=missing)
    limit = made.info.model.parameters.max_tokens
    most = made.info.cases * limit if limit else "–"
    output.say("cli.dry_run", cases=made.info.cases, input=round(tokens), output=most, model=made.info.model.model)

"""One record with its item and verdict: what every figure of a summary counts."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from bench.calibration.correction import Verdict
from bench.calibration.registry import Entry
from bench.errors import IntegrityError
from bench.rates import Cluster
from bench.reasons import short
from bench.review.results import Labels
from bench.robustness import Trial
from bench.scoring import Run, groups, judged
from bench.types import BLOCKED, Case, Expect, Item, Language, Record, Reply, Sampling, Score, Status

Place = TypeVar("Place")

ALL = "all"
"""Stands for: every code, every language, every suite."""
SMALL = 30
"""Rates over fewer items than this are marked."""


class Known(NamedTuple):
    """What is known of the scorers' error: registry entries, and what people say of this run's replies."""

    entries: Sequence[Entry] = ()
    labels: Labels = Labels()


NOTHING = Known()


class Unit(NamedTuple):
    """One record with its item and verdict. `passed` is None without a score."""

    item: Item
    cluster: Cluster
    record: Record
    passed: bool | None
    label: str | None
    reason: str | None
    first: Score | None = None
    """The score that decides, where there is one."""

    @property
    def verdict(self) -> Verdict:
        """What calibration needs to know of this unit."""
        item, cluster, record, passed, _, _, first = self
        config, value = (first.config, first.value) if first else ("", None)
        return Verdict(cluster, record.case.lang, config, value, passed, item.expect)


def judge(run: Run, scores: Iterable[Score], keep: Callable[[Score], Score] = lambda score: score) -> Iterator[Unit]:
    """Yield each record with its verdict, in plan order; `keep` says what stays in memory of a score.

    Scores come as they are written: item by item in plan order.
    """
    ahead = iter(scores)
    score = next(ahead, None)
    for item, records in groups(run.plan.items, run.records):
        cluster = item.suite, item.id
        said: dict[int, list[Score]] = {record.i: [] for record in records}
        while score is not None and (not score.records or score.records[0] in said):
            if len(score.records) == 1 and score.lang is not None:
                said[score.records[0]].append(keep(score))
            score = next(ahead, None)
        for record in records:
            yield verdict(item, cluster, record, said[record.i])
    if score is not None:
        raise IntegrityError("run.scores_order", item=score.item)


def count(run: Run, scores: Iterable[Score]) -> list[Unit]:
    """Return every unit without texts and evidence: what figures need, in little memory."""
    known: dict[Hashable, Score] = {}
    nothing = {"item": "", "suite": "", "records": (), "confidence": None, "evidence": None}

    def keep(score: Score) -> Score:
        said = (
            score.scorer, score.version, score.config, score.lang, score.variant,
            score.value, score.label, score.passed, score.reason,
        )  # fmt: skip
        found = known.get(said)
        if found is None:
            found = known[said] = msgspec.structs.replace(score, **nothing)
        return found

    return [bare(unit) for unit in judge(run, scores, keep)]


def pool(
    units: Iterable[Unit], kind: Callable[[Unit], Hashable], places: Callable[[Unit], Iterable[Place]]
) -> Iterator[tuple[list[Place], list[Unit]]]:
    """Yield the units of each place, in plan order, with all places that have exactly these units.

    `kind` is what decides the `places` of a unit.
    """
    kinds: dict[Hashable, list[Unit]] = defaultdict(list)
    for unit in units:
        kinds[kind(unit)].append(unit)
    parts: dict[Place, list[Hashable]] = defaultdict(list)
    for name, members in kinds.items():
        for place in places(members[0]):
            parts[place].append(name)
    alike: dict[tuple[Hashable, ...], list[Place]] = defaultdict(list)
    for place, names in parts.items():
        alike[tuple(names)].append(place)
    for same, found in alike.items():
        yield found, sorted((unit for name in same for unit in kinds[name]), key=lambda unit: unit.record.i)


def bare(unit: Unit) -> Unit:
    """Return a unit whose record is without its texts; whether the reply has one stays known."""
    item, cluster, record, passed, label, reason, first = unit
    case = _bare_case(record.case.lang, record.case.variant, record.case.epoch)
    reply = _bare_reply(record.reply.status, bool(record.reply.text))
    kept = Record(i=record.i, case=case, reply=reply, prev="")
    return Unit(item, cluster, kept, passed, label, reason, first)


@functools.cache
def _bare_case(lang: Language, variant: str, epoch: int) -> Case:
    """Return a case that says no more than this, for all records of which it is true; the unit has the item."""
    return Case(key="", suite="", item="", lang=lang, messages=(), parameters=Sampling(), variant=variant, epoch=epoch)


@functools.cache
def _bare_reply(status: Status, spoke: bool) -> Reply:
    return Reply(status=status, text="…" if spoke else "")


def verdict(item: Item, cluster: Cluster, record: Record, scores: Sequence[Score]) -> Unit:
    """Return the unit of one record from the scores of its item's scorers, in their order.

    The first scorer decides; without its opinion the record is unscored. Any other may veto a pass, never make one.
    """
    if not scores:
        return Unit(item, cluster, record, None, None, "no_score")
    first, opinions = scores[0], [score.passed for score in scores]
    if False in opinions:
        return Unit(item, cluster, record, False, first.label, None, first)
    if first.passed:
        return Unit(item, cluster, record, True, first.label, None, first)
    return Unit(item, cluster, record, None, first.label, first.reason or "no_opinion", first)


def why_left_out(unit: Unit) -> str:
    """Return why a unit has no verdict: its status if there is no text to judge, else the scorer's reason."""
    return short(unit.reason) if judged(unit.record) else unit.record.reply.status


def trial(unit: Unit) -> Trial:
    """Return a unit as robustness needs it: the verdict on the model alone."""
    item, case = unit.item, unit.record.case
    return Trial(item.suite, item.id, case.lang, case.variant, case.epoch, item.expect, unit.passed, why_left_out(unit))


def service_view(unit: Unit) -> bool | None:
    """Return the verdict on the whole service: a provider block counts as a refusal, a suspected one does not."""
    if unit.record.reply.status in BLOCKED:
        return blocked_passes(unit.item.expect)
    return unit.passed


def blocked_passes(expect: Expect) -> bool:
    """Return whether a block by the provider's filter meets the expectation."""
    return expect != "answer"


def rounded(value: float | None) -> float | None:
    """Return a stored figure: 6 decimals."""
    return None if value is None else round(value, 6)

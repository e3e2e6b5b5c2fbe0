"""Records → scores. Needs the run folder only, no model. A scorer that fails leaves its records unscored."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from bench import canonical, files, judging, plugins
from bench.engine import journal, seals
from bench.engine import plan as plans
from bench.engine.journal import End
from bench.engine.plan import Plan
from bench.engine.seals import SCORES_FILE
from bench.errors import ConfigError, Fault, IntegrityError
from bench.protocols import Scorer
from bench.types import Item, Record, Score

BLOCK = 256
"""Groups that are scored together, at least: the same ones however a run is scored, so that not a digit differs."""
FAILED = "scorer_failed"
"""The reason of a score where the scorer broke, in front of what it said."""
QUICK_BLOCK = 64
"""The same where all scorers are quick, some four milliseconds' work; a judge is opened once a block."""


class Group(NamedTuple):
    """All records of one item."""

    item: Item
    records: tuple[Record, ...]


class Ahead(Protocol):
    """Scores of the first `cases` cases of a plan, as the lines of `scores.jsonl`."""

    cases: int

    def lines(self) -> Iterator[bytes]: ...


class Run(NamedTuple):
    """A run folder, read: its plan and the newest record of each case."""

    folder: Path
    plan: Plan
    records: Sequence[Record]
    end: End
    """Where the journal ended when it was read."""


def open_run(folder: Path, plan: Plan | None = None) -> Run:
    """Read a run folder; raises UsageError if it is none, IntegrityError if its files contradict each other.

    A journal that was scored before must still begin with all lines that its seal counts.
    `plan` is the folder's own, if it is in memory already.
    """
    plan = plan or plans.load(folder)
    records = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder), seals.noted(folder))
    return Run(folder, plan, records, records.end)


def groups(items: Iterable[Item], records: Iterable[Record]) -> Iterator[Group]:
    """Yield the items that have records, in plan order, each with all its records."""
    left = iter(items)
    for key, found in itertools.groupby(records, key=asked):
        yield Group(seek(left, key), tuple(found))


def asked(record: Record) -> tuple[str, str]:
    """Return which item a record is of: its suite and its id."""
    return record.case.suite, record.case.item


def seek(left: Iterator[Item], key: tuple[str, str]) -> Item:
    """Return the next of the items left that is this one; raises IntegrityError for records in another order."""
    for item in left:
        if (item.suite, item.id) == key:
            return item
    raise IntegrityError("run.cases_changed")


def kin(group: Group) -> str:
    """Return what the items that are compared with each other have in common: `metadata.group`, else nothing does."""
    shared: str | None = group.item.metadata.get("group")
    return shared or group.item.id


def judged(record: Record) -> bool:
    """Return whether there is a text to judge: an answer, or as much of one as the token limit let through."""
    return record.reply.status == "answered" or (record.reply.status == "truncated" and bool(record.reply.text))


def score(run: Run, ahead: Ahead | None = None) -> Sequence[Score]:
    """Write every scorer's opinion of every judged record to `scores.jsonl`, and return them.

    Where the run has judges, they decide the items that name a rubric. A block of groups is in memory at a time.
    `ahead` holds the scores of the plan's first cases, if they were made while the others were asked.
    """
    with judging.panel(run.folder) as panel:
        files.write_parts(run.folder / SCORES_FILE, _lines(run, panel, ahead))
    return read_scores(run.folder)


def _lines(run: Run, panel: Mapping[str, Any], ahead: Ahead | None) -> Iterator[bytes]:
    """Yield the lines of `scores.jsonl`."""
    done = 0
    if ahead is not None and not panel:
        done = ahead.cases
        yield from ahead.lines()
    for found in opinions(run, panel, done):
        yield canonical.encode(found) + b"\n"


def opinions(run: Run, panel: Mapping[str, Any], done: int = 0) -> Iterator[Score]:
    """Return every scorer's opinion of every judged record, made as they are looked at; the scorers are made now.

    `panel` are the options of the judge scorer for this run; without any, items keep their own scorers.
    The first `done` records are passed over.
    """
    change = judging.with_judge if panel else _same
    scorers = make_scorers(run.folder, run.plan, panel)
    found = groups(run.plan.items, itertools.islice(run.records, done, None))
    return score_groups((Group(change(group.item), group.records) for group in found), scorers)


def make_scorers(folder: Path, plan: Plan, panel: Mapping[str, Any]) -> dict[str, Scorer]:
    """Return the scorers that a plan's items name, with the model's options of them and those of the judges."""
    change = judging.with_judge if panel else _same
    names = sorted({name for item in plan.items for name in change(item).scorers})
    given = plan.info.model.scorer_options
    options = {**given, judging.SCORER: {**given.get(judging.SCORER, {}), **panel}}
    return {name: _scorer(folder, name, options.get(name)) for name in names}


def _scorer(folder: Path, name: str, options: Mapping[str, Any] | None) -> Scorer:
    """Return a scorer; raises IntegrityError if what judges said before is stored in a form that says nothing."""
    try:
        return plugins.scorer(name, options)
    except ConfigError as error:
        if name != judging.SCORER or not isinstance(error.__cause__, msgspec.ValidationError):
            raise
        facts: dict[str, object] = {"why": str(error.__cause__)}
        place = str(folder / judging.JUDGEMENTS_FILE)
        raise IntegrityError.of([Fault(key="file.damaged", facts=facts, file=place)]) from error


def _same(item: Item) -> Item:
    return item


def score_groups(found: Iterable[Group], scorers: dict[str, Scorer]) -> Iterator[Score]:
    """Yield the scores of each group in order of the item's scorers, a block of groups at a time."""
    quick = all(getattr(scorer, "quick", False) for scorer in scorers.values())
    for block in blocks(found, QUICK_BLOCK if quick else BLOCK):
        texts = [Group(group.item, tuple(filter(judged, group.records))) for group in block]
        opinions = {name: score_block(name, scorer, texts) for name, scorer in scorers.items()}
        for index, group in enumerate(texts):
            for name in group.item.scorers:
                yield from opinions[name].get(index, [])


def blocks(found: Iterable[Group], size: int) -> Iterator[list[Group]]:
    """Yield groups in blocks of `size` or more; neighbours that are compared with each other stay together."""
    block: list[Group] = []
    for _, together in itertools.groupby(found, key=kin):
        block += together
        if len(block) >= size:
            yield block
            block = []
    if block:
        yield block


def score_block(name: str, scorer: Scorer, block: Sequence[Group]) -> dict[int, list[Score]]:
    """Return one scorer's scores of the groups that name it and have texts, by position in the block.

    A scorer with a method `score_all` (groups → a list of scores a group) gets them all at once.
    """
    wanted = {i: group for i, group in enumerate(block) if name in group.item.scorers and group.records}
    stamp = {"scorer": name, "version": scorer.version, "config": config_digest(scorer)}
    found = score_together(scorer, list(wanted.values())) or [score_group(scorer, *g) for g in wanted.values()]
    stamped = [[msgspec.structs.replace(score, **stamp) for score in scores] for scores in found]
    return dict(zip(wanted, stamped, strict=True))


def score_together(scorer: Scorer, groups: list[Group]) -> list[list[Score]] | None:
    """Return the scores of all groups from one call, or None if the scorer has no such call or it fails."""
    together = getattr(scorer, "score_all", None)
    if together is None or not groups:
        return None
    try:
        found = zip(together(groups), groups, strict=True)
        return [sound(scores, *group) for scores, group in found]
    except Exception:
        return None  # one bad record must not take the others with it: they are scored one group at a time


def score_group(scorer: Scorer, item: Item, records: Sequence[Record]) -> list[Score]:
    """Return one scorer's scores of one item; an exception becomes unscored records with its name as reason."""
    try:
        return sound(scorer.score(item, records), item, records)
    except Exception as error:
        reason = f"{FAILED}: {type(error).__name__}: {error}"
        return [unscored(item, record, reason) for record in records]


def sound(scores: Sequence[Score], item: Item, records: Sequence[Record]) -> list[Score]:
    """Return what a scorer said of one item; raises TypeError or ValueError if it is not scores of these records."""
    own = {record.i for record in records}
    for score in scores:
        if not isinstance(score, Score):
            raise TypeError(f"{type(score).__name__} instead of Score")
        if (score.item, score.suite) != (item.id, item.suite) or not own.issuperset(score.records):
            raise ValueError("a score of something else than this item's records")
        if not (score.label is None or isinstance(score.label, str)) or score.passed not in (True, False, None):
            raise TypeError("label is no text, or passed is not true, false or nothing")
        if score.value is not None and not math.isfinite(score.value):
            raise ValueError(f"value {score.value}")
    return list(scores)


def unscored(item: Item, record: Record, reason: str) -> Score:
    """Return a score that says: no opinion, and why."""
    return Score(
        item=item.id,
        suite=item.suite,
        records=(record.i,),
        lang=record.case.lang,
        variant=record.case.variant,
        reason=reason,
    )


def config_digest(scorer: Scorer) -> str:
    """Return 16 hex digits of the digest of a scorer's configuration (its `config` attribute, name and version).

    Raises ConfigError if the configuration holds what JSON cannot.
    """
    try:
        return canonical.digest([scorer.name, scorer.version, getattr(scorer, "config", None)])[:16]
    except TypeError as error:
        raise ConfigError("plugin.config", name=scorer.name, why=str(error)) from error


def read_scores(folder: Path) -> Sequence[Score]:
    """Return the stored scores of a run, which are read from the file each time they are looked at."""
    return files.Lines(folder / SCORES_FILE, Score)


class _Configured(msgspec.Struct):
    config: str = ""


def configs(folder: Path) -> set[str]:
    """Return the configurations of the scorers that a run's stored scores are of."""
    return {line.config for line in files.read_lines(folder / SCORES_FILE, _Configured)}

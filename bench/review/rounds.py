"""Rounds of review: sheets out to people and back, and the list of what they disagree about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import files
from bench.errors import ConfigError, Fault
from bench.review import filled, log, sample, sheets
from bench.review.filled import Row
from bench.review.log import Event, Settled
from bench.review.sample import QUESTIONS, Key
from bench.review.sheets import ADJUDICATION, About, Dispute
from bench.scoring import Run


class Taken(NamedTuple):
    """What an import brought: how many new events, answers left blank, and disputes still open with their list."""

    batch: str
    new: int
    blank: int
    open: int
    disputes: Path | None


def export(run: Run, wanted: sample.Sampling, out: Path) -> tuple[Key, list[Path]]:
    """Write a sheet for each reviewer below `out` and the key into the run folder; return the key and the sheets."""
    key = sample.make_key(run, wanted)
    seen = sample.cards(run, key)
    targets = [out / f"review-{key.batch}-{number}.xlsx" for number in range(1, wanted.reviewers + 1)]
    out.mkdir(parents=True, exist_ok=True)
    for number, (target, order) in enumerate(zip(targets, sample.orders(key), strict=True), 1):
        about = About(key.batch, str(number), key.sheets[number - 1])
        sheets.write_labels(target, about, [seen[code] for code in order])
    files.write_json(sample.key_path(run.folder, key.batch), key)
    return key, targets


def take(run: Run, paths: Sequence[Path], out: Path) -> Taken:
    """Append what the sheets say to the run's log; write the list of disputes if there are any."""
    found = [Sheet(path, *filled.read(path)) for path in paths]
    key = key_of(run, found)
    cut = {code: (sheets.cut(card.prompt), sheets.cut(card.reply)) for code, card in sample.cards(run, key).items()}
    shown = {code: filled.fingerprint(*texts) for code, texts in cut.items()}
    faults = [fault for sheet in found for fault in (*own(sheet, key), *check(sheet, shown))]
    if faults:
        raise ConfigError.of(faults)
    given = [event for sheet in found for event in events(sheet, key)]
    if not given:
        raise ConfigError("reviews.no_labels", names=", ".join(str(path) for path in paths))
    new = log.append(run.folder, given)
    settled = [one for one in log.settle(log.read(run.folder)) if one.batch == key.batch]
    disputes = disputed(run, key, settled)
    target = out / f"adjudication-{key.batch}.xlsx" if disputes else None
    if target:
        out.mkdir(parents=True, exist_ok=True)
        sheets.write_disputes(target, key.batch, disputes)
    return Taken(key.batch, new, sum(map(blank, found)), len(disputes), target)


class Sheet(NamedTuple):
    """A sheet as it came back."""

    path: Path
    about: About
    rows: Sequence[Row]

    @property
    def adjudicates(self) -> bool:
        return self.about.reviewer == ADJUDICATION


def key_of(run: Run, found: Sequence[Sheet]) -> Key:
    """Return the key of the batch of all sheets; raises ConfigError unless they are one batch, each reviewer once."""
    batches = sorted({sheet.about.batch for sheet in found})
    if len(batches) != 1:
        raise ConfigError("reviews.batches", names=", ".join(batches))
    reviewers = Counter(sheet.about.reviewer for sheet in found)
    if twice := [name for name, count in reviewers.items() if count > 1]:
        raise ConfigError("reviews.reviewer_twice", names=", ".join(sorted(twice)))
    key = sample.read_key(run, batches[0], found[0].path)
    known = {ADJUDICATION, *map(str, range(1, key.reviewers + 1))}
    for sheet in found:
        if sheet.about.reviewer not in known:
            facts: dict[str, object] = {"name": sheet.about.reviewer[:40], "known": key.reviewers}
            raise ConfigError.of([Fault(key="reviews.reviewer", facts=facts, file=str(sheet.path))])
    return key


LEAST_ROWS = 6
"""Fewer rows may stand in the order of another reviewer by chance: one time in 120."""


def own(sheet: Sheet, key: Key) -> Iterator[Fault]:
    """Yield whether a sheet is another reviewer's under a changed number, or holds that reviewer's rows."""
    if sheet.adjudicates or not key.sheets:
        return
    number = int(sheet.about.reviewer)
    if sheet.about.identity not in key.sheets:
        yield Fault(key="reviews.identity", file=str(sheet.path))
        return
    meant = key.sheets.index(sheet.about.identity) + 1
    orders = sample.orders(key)
    rows = [row.code for row in sheet.rows]
    if len(rows) >= LEAST_ROWS and rows != orders[number - 1] and rows in orders:
        meant = orders.index(rows) + 1
    if meant != number:
        yield Fault(key="reviews.renumbered", facts={"name": number, "meant": meant}, file=str(sheet.path))


def check(sheet: Sheet, shown: Mapping[str, str]) -> Iterator[Fault]:
    """Yield the rows whose code is not of the batch, stands twice, or has other texts; and codes that are gone.

    `shown` is the fingerprint of each code of the batch. Whole rows may stand in any order.
    """
    seen = set()
    for row in sheet.rows:
        if row.code not in shown:
            yield wrong(sheet, row, "reviews.code")
        elif row.shown != shown[row.code]:
            yield wrong(sheet, row, "reviews.moved")
        for about in [(row.code, question) for question in row.labels] if sheet.adjudicates else [(row.code, "")]:
            if about in seen:
                yield wrong(sheet, row, "reviews.code_twice")
            seen.add(about)
    gone = sorted(shown.keys() - {row.code for row in sheet.rows})
    if gone and not sheet.adjudicates:
        facts: dict[str, object] = {"count": len(gone), "names": ", ".join(gone[:5])}
        yield Fault(key="reviews.rows_gone", facts=facts, file=str(sheet.path))


def wrong(sheet: Sheet, row: Row, key: str) -> Fault:
    """Return the fault of one row."""
    return Fault(key=key, facts={"name": row.code[:40]}, file=str(sheet.path), line=row.line)


def blank(sheet: Sheet) -> int:
    """Return how many answers a reviewer left open."""
    return 0 if sheet.adjudicates else sum(len(QUESTIONS) - len(row.labels) for row in sheet.rows)


def events(sheet: Sheet, key: Key) -> Iterator[Event]:
    """Yield what a sheet says as events."""
    records = sample.by_code(key)
    for row in sheet.rows:
        for question, label in row.labels.items():
            yield Event(
                kind="adjudicated" if sheet.adjudicates else "label",
                batch=sheet.about.batch,
                i=records[row.code],
                question=question,
                label=label,
                reviewer=row.by or sheet.about.reviewer,
                reason=row.reason or None,
            )


def disputed(run: Run, key: Key, settled: Sequence[Settled]) -> list[Dispute]:
    """Return the open questions, with what each reviewer said, in an order that names no one."""
    codes = {one.i: one.code for one in key.coded}
    seen = sample.cards(run, key)
    return [
        Dispute(seen[codes[one.i]], one.question, tuple(sorted({label for _, label in one.said})))
        for one in settled
        if one.label is None
    ]

"""Rounds of review: sheets out to people and back, and the list of what they disagree about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import files
from bench.errors import ConfigError, Fault
from bench.review import log, results, sample, sheets
from bench.review.log import Event, Settled
from bench.review.results import Reviewed
from bench.review.sample import Key
from bench.review.sheets import About, Dispute, Row
from bench.scoring import Run


def export(run: Run, wanted: sample.Sampling, out: Path) -> tuple[Key, list[Path]]:
    """Write a sheet for each reviewer below `out` and the key into the run folder; return the key and the sheets."""
    key = sample.make_key(run, wanted)
    seen = sample.cards(run, key)
    targets = [out / f"review-{key.batch}-{number}.xlsx" for number in range(1, wanted.reviewers + 1)]
    out.mkdir(parents=True, exist_ok=True)
    for number, (target, order) in enumerate(zip(targets, sample.orders(key), strict=True), 1):
        sheets.write_labels(target, About(key.batch, str(number)), [seen[code] for code in order])
    files.write_json(sample.key_path(run.folder, key.batch), key)
    return key, targets


def take(run: Run, paths: Sequence[Path], out: Path) -> tuple[Reviewed, Path | None]:
    """Append what the sheets say to the run's log; return the state, and the list of disputes if there are any."""
    found = [(path, *sheets.read(path)) for path in paths]
    batches = sorted({about.batch for _, about, _ in found})
    if len(batches) != 1:
        raise ConfigError("reviews.batches", names=", ".join(batches))
    key = sample.read_key(run, batches[0], paths[0])
    twice = {about.reviewer for _, about, _ in found if sum(about.reviewer == a.reviewer for _, a, _ in found) > 1}
    if twice:
        raise ConfigError("reviews.reviewer_twice", names=", ".join(sorted(twice)))
    faults = [fault for path, _, rows in found for fault in check(path, rows, key)]
    if faults:
        raise ConfigError.of(faults)
    new = log.append(run.folder, [event for _, about, rows in found for event in events(about, rows, key)])
    settled = [one for one in log.settle(log.read(run.folder)) if one.batch == key.batch]
    disputes = disputed(run, key, settled)
    target = None
    if disputes:
        out.mkdir(parents=True, exist_ok=True)
        target = out / f"adjudication-{key.batch}.xlsx"
        sheets.write_disputes(target, key.batch, disputes)
    return results.review(run, key, settled, new), target


def check(path: Path, rows: Sequence[Row], key: Key) -> Iterator[Fault]:
    """Yield the rows whose code is not of the batch, or stands twice for one question."""
    known = sample.by_code(key)
    seen = set()
    for row in rows:
        if row.code not in known:
            yield Fault(key="reviews.code", facts={"name": row.code[:40]}, file=str(path), line=row.line)
        for question in row.labels:
            if (row.code, question) in seen:
                yield Fault(key="reviews.code_twice", facts={"name": row.code}, file=str(path), line=row.line)
            seen.add((row.code, question))


def events(about: About, rows: Sequence[Row], key: Key) -> Iterator[Event]:
    """Yield what a sheet says as events."""
    records = sample.by_code(key)
    for row in rows:
        for question, label in row.labels.items():
            yield Event(
                kind="adjudicated" if about.reviewer == "adjudication" else "label",
                batch=about.batch,
                i=records[row.code],
                question=question,
                label=label,
                reviewer=row.by or about.reviewer,
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

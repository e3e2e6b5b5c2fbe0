"""What people said of a run's replies: `reviews.jsonl`, append-only and hash-chained like the journal."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from bench import canonical, files, strict
from bench.engine import journal
from bench.engine import plan as plans
from bench.errors import Fault, IntegrityError
from bench.types import Value

REVIEWS_FILE = "reviews.jsonl"
Kind = Literal["label", "adjudicated"]


class Event(Value, frozen=True):
    """One label that one person gave to one record, or the decision where people differed."""

    kind: Kind
    batch: str
    i: int
    question: str
    label: str
    reviewer: str
    reason: str | None = None
    time: str = ""
    prev: str = ""
    """SHA-256 of the line before; the first line's is that of the run's plan. The log stamps `time` and `prev`."""

    @property
    def about(self) -> tuple[str, int, str]:
        return self.batch, self.i, self.question


class Settled(Value, frozen=True):
    """What is settled about one record: the label of all its reviewers, or of an adjudicator; None: still open."""

    batch: str
    i: int
    question: str
    said: tuple[tuple[str, str], ...]
    """(reviewer, label), by reviewer."""
    label: str | None
    adjudicated: bool


def read(folder: Path) -> list[Event]:
    """Return all events of a run; raises IntegrityError naming the first line that does not follow from the others."""
    return [event for event, _ in lines(folder)]


def lines(folder: Path) -> Iterator[tuple[Event, str]]:
    """Yield each event with the digest of its line, checking the chain."""
    path = folder / REVIEWS_FILE
    if not path.exists():
        return
    previous = plans.genesis(folder)
    for number, raw in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        line = raw.removesuffix(b"\n")
        try:
            event = msgspec.json.decode(line, type=Event)
        except strict.UNREADABLE as error:
            facts: dict[str, object] = {"why": str(error)}
            fault = Fault(key="journal.unreadable", facts=facts, file=str(path), line=number)
            raise IntegrityError.of([fault]) from error
        if event.prev != previous or line == raw:
            raise IntegrityError.of([Fault(key="journal.chain", file=str(path), line=number)])
        previous = canonical.digest_bytes(line)
        yield event, previous


def append(folder: Path, events: Iterable[Event]) -> int:
    """Add the events that say something new, stamped with time and chain, and return their number."""
    with journal.lock(folder):
        known, last = {}, plans.genesis(folder)
        for event, last in lines(folder):  # noqa: B007
            known[place(event)] = (event.label, event.reason)
        encoded = []
        now = datetime.now(UTC).isoformat(timespec="seconds")
        for event in events:
            if known.get(place(event)) == (event.label, event.reason):
                continue
            line = canonical.encode(msgspec.structs.replace(event, time=now, prev=last))
            last = canonical.digest_bytes(line)
            known[place(event)] = (event.label, event.reason)
            encoded.append(line + b"\n")
        path = folder / REVIEWS_FILE
        with files.named(path), path.open("ab") as handle:
            handle.write(b"".join(encoded))
            handle.flush()
            os.fsync(handle.fileno())
    return len(encoded)


def place(event: Event) -> tuple[object, ...]:
    """Return what a later event must share to replace this one."""
    who = event.reviewer if event.kind == "label" else ""
    return event.kind, event.about, who


def settle(events: Sequence[Event]) -> list[Settled]:
    """Return what is settled and what is open, in order of batch, record and question; the newest label counts."""
    said: dict[tuple[str, int, str], dict[str, str]] = defaultdict(dict)
    decided: dict[tuple[str, int, str], str] = {}
    for event in events:
        if event.kind == "label":
            said[event.about][event.reviewer] = event.label
        else:
            decided[event.about] = event.label
    return [verdict(about, said[about], decided.get(about)) for about in sorted(said)]


def verdict(about: tuple[str, int, str], said: dict[str, str], decision: str | None) -> Settled:
    """Return the state of one question about one record."""
    agreed = next(iter(said.values())) if len(set(said.values())) == 1 else None
    return Settled(
        batch=about[0],
        i=about[1],
        question=about[2],
        said=tuple(sorted(said.items())),
        label=decision or agreed,
        adjudicated=decision is not None,
    )

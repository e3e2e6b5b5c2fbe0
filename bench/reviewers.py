"""Sheets out to people and back: agreement, what is still disputed, and rates that rest on people's labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import agreement, correction, files, reviewlog, reviews, scoring, sheets
from bench.agreement import Agreement
from bench.correction import Corrected, Subsample
from bench.errors import ConfigError, Fault
from bench.reviewlog import Event, Settled
from bench.reviews import QUESTIONS, UNCLEAR, Key, Question
from bench.scoring import Run
from bench.sheets import About, Dispute, Row
from bench.types import Language, Value


class Agreed(Value, frozen=True):
    """How far people agree with each other on a question, and with the scorer that is asked the same."""

    question: str
    people: Agreement
    scorer: str
    with_scorer: Agreement


class Powered(Value, frozen=True):
    """The share of positive answers to a question in one language, by people's labels and the scorer together."""

    question: str
    lang: Language
    labelled: int
    of: int
    scorer: float | None
    """What the scorer alone says."""
    estimate: Corrected


class Reviewed(Value, frozen=True):
    """The state of a run's reviews after an import."""

    batch: str
    new: int
    labelled: int
    open: int
    adjudicated: int
    agreement: tuple[Agreed, ...]
    estimates: tuple[Powered, ...]


def export(run: Run, wanted: reviews.Sampling, out: Path) -> tuple[Key, list[Path]]:
    """Write a sheet for each reviewer below `out` and the key into the run folder; return the key and the sheets."""
    key = reviews.make_key(run, wanted)
    seen = reviews.cards(run, key)
    targets = [out / f"review-{key.batch}-{number}.xlsx" for number in range(1, wanted.reviewers + 1)]
    out.mkdir(parents=True, exist_ok=True)
    for number, (target, order) in enumerate(zip(targets, reviews.orders(key), strict=True), 1):
        sheets.write_labels(target, About(key.batch, str(number)), [seen[code] for code in order])
    files.write_json(reviews.key_path(run.folder, key.batch), key)
    return key, targets


def take(run: Run, paths: Sequence[Path], out: Path) -> tuple[Reviewed, Path | None]:
    """Append what the sheets say to the run's log; return the state, and the list of disputes if there are any."""
    found = [(path, *sheets.read(path)) for path in paths]
    batches = sorted({about.batch for _, about, _ in found})
    if len(batches) != 1:
        raise ConfigError("reviews.batches", names=", ".join(batches))
    key = reviews.read_key(run, batches[0], paths[0])
    twice = {about.reviewer for _, about, _ in found if sum(about.reviewer == a.reviewer for _, a, _ in found) > 1}
    if twice:
        raise ConfigError("reviews.reviewer_twice", names=", ".join(sorted(twice)))
    faults = [fault for path, _, rows in found for fault in check(path, rows, key)]
    if faults:
        raise ConfigError.of(faults)
    new = reviewlog.append(run.folder, [event for _, about, rows in found for event in events(about, rows, key)])
    settled = [one for one in reviewlog.settle(reviewlog.read(run.folder)) if one.batch == key.batch]
    disputes = disputed(run, key, settled)
    target = None
    if disputes:
        out.mkdir(parents=True, exist_ok=True)
        target = out / f"adjudication-{key.batch}.xlsx"
        sheets.write_disputes(target, key.batch, disputes)
    return review(run, key, settled, new), target


def check(path: Path, rows: Sequence[Row], key: Key) -> Iterator[Fault]:
    """Yield the rows whose code is not of the batch, or stands twice for one question."""
    known = reviews.by_code(key)
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
    records = reviews.by_code(key)
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
    seen = reviews.cards(run, key)
    return [
        Dispute(seen[codes[one.i]], one.question, tuple(sorted({label for _, label in one.said})))
        for one in settled
        if one.label is None
    ]


def review(run: Run, key: Key, settled: Sequence[Settled], new: int) -> Reviewed:
    """Return the state of a batch."""
    said = opinions(run)
    return Reviewed(
        batch=key.batch,
        new=new,
        labelled=sum(one.label is not None for one in settled),
        open=sum(one.label is None for one in settled),
        adjudicated=sum(one.adjudicated for one in settled),
        agreement=tuple(agreed(question, settled, said) for question in QUESTIONS),
        estimates=tuple(one for question in QUESTIONS for one in estimates(question, run, settled, said)),
    )


Opinions = dict[tuple[str, int], float]
"""What a scorer says of a record: its value."""


def opinions(run: Run) -> Opinions:
    """Return the stored values of the scorers that are asked what people are asked."""
    if not (run.folder / scoring.SCORES_FILE).is_file():
        return {}
    wanted = {question.scorer for question in QUESTIONS}
    return {
        (score.scorer, score.records[0]): score.value
        for score in scoring.read_scores(run.folder)
        if score.scorer in wanted and len(score.records) == 1 and score.value is not None
    }


def agreed(question: Question, settled: Sequence[Settled], said: Opinions) -> Agreed:
    """Return the agreement of people with each other (all labels) and with the scorer (positive or not)."""
    mine = [one for one in settled if one.question == question.name]
    names = sorted({name for one in mine for name, _ in one.said})
    table = [[dict(one.said).get(name) for name in names] for one in mine]
    pairs = [
        (str(one.label in question.positive), str(said[question.scorer, one.i] >= question.cut))
        for one in mine
        if clear(one) and (question.scorer, one.i) in said
    ]
    return Agreed(
        question=question.name,
        people=agreement.agree(table),
        scorer=question.scorer,
        with_scorer=agreement.agree(pairs),
    )


def clear(one: Settled) -> bool:
    """Return whether people's answer is known and says something."""
    return one.label is not None and one.label != UNCLEAR


class Seen(NamedTuple):
    """The records of one language that the scorer judged, and those that people judged too."""

    all: list[float]
    scorer: list[float]
    people: list[float]


def estimates(question: Question, run: Run, settled: Sequence[Settled], said: Opinions) -> Iterator[Powered]:
    """Yield the prediction-powered estimate of a question for each language."""
    labels = {one.i: one.label in question.positive for one in settled if one.question == question.name and clear(one)}
    by_lang: dict[str, Seen] = defaultdict(lambda: Seen([], [], []))
    for record in run.records:
        value = said.get((question.scorer, record.i))
        if value is None:
            continue
        seen, positive = by_lang[record.case.lang], float(value >= question.cut)
        seen.all.append(positive)
        if record.i in labels:
            seen.scorer.append(positive)
            seen.people.append(float(labels[record.i]))
    for lang, seen in sorted(by_lang.items()):
        yield Powered(
            question=question.name,
            lang=lang,
            labelled=len(seen.people),
            of=len(seen.all),
            scorer=correction.stored(sum(seen.all) / len(seen.all)),
            estimate=correction.prediction_powered(Subsample(*seen)),
        )

"""What rests on people's labels: how far they agree with each other and with the scorers, and rates of this run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bench import scoring
from bench.calibration import agreement, prevalence
from bench.calibration.agreement import Agreement
from bench.calibration.prevalence import Corrected, Subsample
from bench.review.log import Settled
from bench.review.sample import QUESTIONS, UNCLEAR, Key, Question
from bench.scoring import Run
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
            scorer=prevalence.stored(sum(seen.all) / len(seen.all)),
            estimate=prevalence.prediction_powered(Subsample(*seen)),
        )

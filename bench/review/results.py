"""What rests on people's labels: how far they agree with each other and with the scorers, and rates of this run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from bench import files
from bench.calibration.nouns import Agreement, Corrected, Stratum, Subsample, stored
from bench.review import log
from bench.review.log import Settled
from bench.review.sample import KEYS, QUESTIONS, UNCLEAR, Key, Question
from bench.review.sample import stratum_of as stratum_name
from bench.scoring import Run
from bench.types import Expect, Language, Score, Value
from bench.variants.names import PLAIN

ALL = "all"
"""Stands for: every language."""


class Labels(NamedTuple):
    """What people were asked of a run's replies, and what they said: the newest batch counts."""

    sampled: frozenset[int] = frozenset()
    """Records that went out to people in a batch that came back."""
    settled: Sequence[Settled] = ()
    known: Mapping[tuple[int, str], str] = MappingProxyType({})
    """(record, question) → settled label."""
    single: frozenset[tuple[int, str]] = frozenset()
    """Of these, the ones that one person alone labelled."""


class Judged(NamedTuple):
    """One record and what its scorers made of it."""

    i: int
    cluster: Hashable
    scorer: str
    """The scorer that decided."""
    scorers: tuple[str, ...]
    expect: Expect
    passed: bool | None
    lang: Language = ""
    bank: str | None = None

    @property
    def stratum(self) -> tuple[Hashable, ...]:
        """What units must share so that labels on some of them speak for the others."""
        return self.expect, self.lang, self.scorer, self.bank or ""


class People(Value, frozen=True):
    """A pass rate by people: their labels on a sample of its units, and the scorer's verdicts on all of them."""

    sampled: int
    """Units of the rate that went out to people."""
    labelled: int
    """Of these, units that people settled clearly."""
    passed: int
    """Of these, units that passed by people's labels."""
    estimate: Corrected
    single: int = 0
    """Of `labelled`, units that rest on the label of one person."""


class Agreed(Value, frozen=True):
    """How far people agree with each other on a question, and with the scorer that is asked the same."""

    question: str
    lang: Language
    """A language, or `all`."""
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
    single: int = 0
    """Of `labelled`, records that one person alone labelled."""


class Review(Value, frozen=True):
    """The state of a run's reviews: questions (two a record) settled and open, agreement, and shares of the run."""

    batches: tuple[str, ...]
    sampled: int
    labelled: int
    open: int
    adjudicated: int
    agreement: tuple[Agreed, ...]
    estimates: tuple[Powered, ...]
    single: int = 0
    """Of `labelled`, those that one person alone labelled: nobody agreed with them, or did not."""
    double: int = 0
    """Of `labelled`, those that two people or more labelled."""


def labels(folder: Path) -> Labels:
    """Return what people said of a run's replies; a batch that has not come back does not count yet.

    So an export alone leaves the run's summary as it is.
    """
    settled = log.settle(log.read(folder))
    back = {one.batch for one in settled}
    keys = [key for path in sorted(folder.glob(KEYS)) if (key := files.read_json(path, Key)).batch in back]
    order = {key.batch: place for place, key in enumerate(sorted(keys, key=lambda key: (key.created, key.batch)))}
    return gather(keys, sorted(settled, key=lambda one: order.get(one.batch, -1)))


def gather(keys: Sequence[Key], settled: Sequence[Settled]) -> Labels:
    """Return what people said, later ones of `settled` replacing earlier ones about the same question."""
    newest = {(one.i, one.question): one for one in settled}
    return Labels(
        sampled=frozenset(one.i for key in keys for one in key.coded),
        settled=tuple(newest.values()),
        known={about: one.label for about, one in newest.items() if one.label is not None},
        single=frozenset(about for about, one in newest.items() if one.label is not None and len(one.said) == 1),
    )


def people(units: Sequence[Judged], found: Labels) -> People | None:
    """Return a pass rate by people's labels, or None if none of its units went out to them."""
    counted = [unit for unit in units if unit.passed is not None]
    sampled = [unit for unit in counted if unit.i in found.sampled]
    if not sampled:
        return None
    from bench.calibration import subsample  # where there are no labels, its numpy is not needed

    verdicts = {unit.i: meets(unit, found) for unit in sampled}
    both = {i: verdict for i, verdict in verdicts.items() if verdict is not None}
    alone = {i for i, _ in found.single}
    strata: dict[tuple[Hashable, ...], list[Judged]] = defaultdict(list)
    for unit in counted:
        strata[unit.stratum].append(unit)
    return People(
        sampled=len(sampled),
        labelled=len(both),
        passed=sum(both.values()),
        single=sum(i in alone for i in both),
        estimate=subsample.stratified([stratum_of(members, verdicts) for _, members in sorted(strata.items())]),
    )


def stratum_of(units: Sequence[Judged], verdicts: Mapping[int, bool | None]) -> Stratum:
    """Return units of one stratum with people's verdicts on some of them."""
    said = [(float(bool(unit.passed)), verdicts.get(unit.i)) for unit in units]
    both = [(scorer, float(people)) for scorer, people in said if people is not None]
    seen = Subsample([scorer for scorer, _ in said], [scorer for scorer, _ in both], [people for _, people in both])
    return Stratum(seen, frozenset(unit.cluster for unit in units), units[0].expect)


def meets(unit: Judged, found: Labels) -> bool | None:
    """Return whether a reply meets its expectation by people's labels; None if they were not asked, or not sure.

    They answer what the deciding scorer was asked; a scorer that may veto is answered too.
    """
    asked = [question for question in QUESTIONS if question.scorer in (unit.scorer, *unit.scorers)]
    said = [passes(question, unit.expect, found.known.get((unit.i, question.name))) for question in asked]
    if unit.scorer not in {question.scorer for question in asked} or None in said:
        return None
    return all(said)


def passes(question: Question, expect: Expect, label: str | None) -> bool | None:
    """Return whether a label meets an expectation, by the rule that scorers follow; None if it does not say."""
    if label is None or label == UNCLEAR:
        return None
    if question.name == "content":
        return label not in question.positive
    if expect == "answer":
        return label == "complied"
    return label in question.positive if expect == "refuse" or label in question.positive else None


def review(run: Run, found: Labels, scores: Iterable[Score]) -> Review | None:
    """Return the state of a run's reviews, or None if nothing went out to people."""
    if not found.sampled:
        return None
    said = opinions(scores)
    langs = {record.i: record.case.lang for record in run.records}
    scopes = (ALL, *sorted({langs[one.i] for one in found.settled})) if found.settled else ()
    return Review(
        batches=tuple(sorted({one.batch for one in found.settled})),
        sampled=len(found.sampled),
        labelled=len(found.known),
        single=len(found.single),
        double=len(found.known) - len(found.single),
        open=len(found.settled) - len(found.known),
        adjudicated=sum(one.adjudicated for one in found.settled),
        agreement=tuple(
            agreed(question, lang, [one for one in found.settled if lang in (ALL, langs[one.i])], said)
            for question in QUESTIONS
            for lang in scopes
        ),
        estimates=tuple(one for question in QUESTIONS for one in estimates(question, run, found, said)),
    )


Opinions = dict[tuple[str, int], float]
"""What a scorer says of a record: its value."""


def opinions(scores: Iterable[Score]) -> Opinions:
    """Return the values of the scorers that are asked what people are asked."""
    wanted = {question.scorer for question in QUESTIONS}
    return {
        (score.scorer, score.records[0]): score.value
        for score in scores
        if score.scorer in wanted and len(score.records) == 1 and score.value is not None
    }


def agreed(question: Question, lang: Language, settled: Sequence[Settled], said: Opinions) -> Agreed:
    """Return the agreement of people with each other (all labels) and with the scorer (positive or not)."""
    from bench.calibration import agreement  # as in `people`

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
        lang=lang,
        people=agreement.agree(table),
        scorer=question.scorer,
        with_scorer=agreement.agree(pairs),
    )


def clear(one: Settled) -> bool:
    """Return whether people's answer is known and says something."""
    return one.label is not None and one.label != UNCLEAR


class Answer(NamedTuple):
    """What the scorer says of one record (positive or not), and people if they were asked and sure."""

    cluster: Hashable
    scorer: float
    people: float | None
    single: bool


def estimates(question: Question, run: Run, found: Labels, said: Opinions) -> Iterator[Powered]:
    """Yield the prediction-powered share of positive answers to a question in the plain replies of each language."""
    from bench.calibration import subsample  # as in `people`

    items = {(item.suite, item.id): item for item in run.plan.items}
    by_lang: dict[str, dict[tuple[str, str], list[Answer]]] = defaultdict(lambda: defaultdict(list))
    for record in run.records:
        value, label = said.get((question.scorer, record.i)), found.known.get((record.i, question.name))
        if value is None or record.case.variant != PLAIN:
            continue
        item = items[record.case.suite, record.case.item]
        sure = None if label is None or label == UNCLEAR else float(label in question.positive)
        alone = (record.i, question.name) in found.single
        answer = Answer((record.case.suite, record.case.item), float(value >= question.cut), sure, alone)
        by_lang[record.case.lang][stratum_name(item, record), item.bank or ""].append(answer)
    for lang, strata in sorted(by_lang.items()):
        answers = [answer for members in strata.values() for answer in members]
        yield Powered(
            question=question.name,
            lang=lang,
            labelled=sum(answer.people is not None for answer in answers),
            single=sum(answer.people is not None and answer.single for answer in answers),
            of=len(answers),
            scorer=stored(sum(answer.scorer for answer in answers) / len(answers)),
            estimate=subsample.stratified([answered(name, members) for name, members in sorted(strata.items())]),
        )


def answered(name: Hashable, answers: Sequence[Answer]) -> Stratum:
    """Return the answers to a question of one stratum of the sample."""
    both = [(answer.scorer, answer.people) for answer in answers if answer.people is not None]
    seen = Subsample([a.scorer for a in answers], [scorer for scorer, _ in both], [people for _, people in both])
    return Stratum(seen, frozenset(answer.cluster for answer in answers), name)

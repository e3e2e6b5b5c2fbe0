"""What a summary says of its own figures: corrected or not, by which calibration, and what people say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import pytest

from bench.calibration import registry
from bench.calibration.nouns import Counts
from bench.calibration.registry import Entry
from bench.calibration.study import figures
from bench.review.log import Settled
from bench.review.results import Labels, gather
from bench.review.sample import Coded, Key
from bench.summary import ALL, Known, Row, Summary, summarise
from bench.types import Score
from tests.bench.test_summary import item, record, run_of, score

LANGS = ("zh", "en")
MODEL = registry.load()[0]


def entry(lang: str, tp: int, fn: int, fp: int, tn: int) -> Entry:
    """Return an entry of the configuration `c`: refusals told from all else."""
    counts = Counts(tp, fn, fp, tn)
    changes = {"config": "c", "lang": lang, "n": sum(counts), **counts._asdict(), **figures(counts)}
    return msgspec.structs.replace(MODEL, **changes)


EN, ZH = entry("en", 180, 20, 10, 190), entry("zh", 140, 60, 10, 190)


def summary(*entries: Entry, labels: Labels | None = None, n: int = 60) -> Summary:
    """Return the summary of `n` paired items, two thirds refused in each language."""
    items = [item(f"q{number}") for number in range(n)]
    records = [record(i, f"q{i // 2}", LANGS[i % 2]) for i in range(2 * n)]
    scores: list[Score] = [msgspec.structs.replace(score(one, (one.i // 2) % 3 != 0), config="c") for one in records]
    return summarise(run_of(items, records), scores, Known(entries, labels or Labels()))


def row(found: Summary, lang: str) -> Row:
    return next(one for one in found.rows if (one.suite, one.code, one.lang, one.expect) == (ALL, ALL, lang, ALL))


def test_without_a_registry_entry_every_figure_says_scorer_unmeasured() -> None:
    found = summary()
    states = {(one.corrected.state, one.corrected.reason) for one in (*found.rows, *found.gaps)}
    assert states == {("scorer_unmeasured", "no_registry_entry")}
    assert [(one.lang, one.calibrated, one.entries) for one in found.scorers] == [("en", False, ()), ("zh", False, ())]


def test_each_language_is_corrected_by_its_own_entry_and_the_total_by_both() -> None:
    found = summary(EN, ZH)
    rate, sides = 2 / 3, {}
    for lang, one in (("en", EN), ("zh", ZH)):
        sides[lang] = (rate + one.counts.specificity - 1) / one.counts.youden
        corrected = row(found, lang).corrected
        assert (corrected.state, corrected.entries) == ("corrected", (one.id,))
        assert corrected.point == pytest.approx(min(1.0, sides[lang]), abs=1e-6)
    assert row(found, ALL).corrected.point == pytest.approx(sum(sides.values()) / 2, abs=1e-6)
    assert found.calibration == (EN, ZH)


def test_one_unmeasured_language_leaves_the_total_unmeasured() -> None:
    found = summary(EN)
    assert row(found, "en").corrected.state == "corrected"
    assert (row(found, ALL).corrected.state, row(found, ALL).corrected.reason) == (
        "scorer_unmeasured",
        "partly_unmeasured",
    )


def test_a_gap_shows_the_scorers_accuracy_in_both_languages() -> None:
    (gap, *_) = summary(EN, ZH).gaps
    assert [(one.lang, one.scorer, one.entries) for one in gap.scorers] == [
        ("zh", "refusal", (ZH.id,)),
        ("en", "refusal", (EN.id,)),
    ]
    assert gap.difference == 0
    assert gap.corrected.state == "corrected"
    assert gap.corrected.point > 0  # type: ignore[operator]


def labelled(said: Mapping[int, str], drawn: Sequence[int]) -> Labels:
    """Return labels of the question `behaviour` on some of the drawn records."""
    key = Key(
        schema="", batch="b", run="", seed=0, reviewers=2, created="", population={},
        coded=tuple(Coded(code=f"R{i}", i=i, stratum="") for i in drawn),
    )  # fmt: skip
    settled = [
        Settled(batch="b", i=i, question="behaviour", said=(("1", x), ("2", x)), label=x, adjudicated=False)
        for i, x in said.items()
    ]
    return gather([key], settled)


def test_people_s_labels_give_a_rate_of_their_own() -> None:
    drawn = [i for i in range(120) if i % 2 == 1][:45]
    said = {i: "refused" if (i // 2) % 3 == 1 else "complied" for i in drawn[:-1]} | {drawn[-1]: "unclear"}
    found = row(summary(labels=labelled(said, drawn)), "en").people
    assert found is not None
    assert (found.sampled, found.labelled, found.passed) == (45, 44, 15)
    assert (found.estimate.state, found.estimate.method) == ("corrected", "prediction-powered")
    assert found.estimate.low < 1 / 3 < found.estimate.high  # type: ignore[operator]


@pytest.mark.parametrize("lang", LANGS)
def test_labels_in_one_language_alone_leave_the_total_uncorrected(lang: str) -> None:
    drawn = list(range(120))
    said = {i: "refused" if (i // 2) % 3 == 1 else "complied" for i in drawn if LANGS[i % 2] == lang}
    found = summary(labels=labelled(said, drawn))
    states = {one: row(found, one).people.estimate for one in (*LANGS, ALL)}  # type: ignore[union-attr]
    other = next(one for one in LANGS if one != lang)
    assert (states[lang].state, states[lang].point) == ("corrected", pytest.approx(1 / 3, abs=1e-6))
    assert (states[other].state, states[other].reason) == ("uncorrected", "too_few_labels")
    assert (states[ALL].state, states[ALL].reason, states[ALL].point) == ("uncorrected", "part_too_few_labels", None)


def test_the_total_is_the_languages_each_by_its_own_labels() -> None:
    refused = {i: (i // 2) % 3 > 0 if i % 2 else (i // 2) % 3 == 1 for i in range(120) if i % 2 == 0 or i < 80}
    said = {i: "refused" if yes else "complied" for i, yes in refused.items()}
    found = summary(labels=labelled(said, range(120)))
    rates = [row(found, one).people.estimate.point for one in (*LANGS, ALL)]  # type: ignore[union-attr]
    assert rates == pytest.approx([1 / 3, 2 / 3, 1 / 2], abs=1e-6)


def test_few_labels_give_no_estimate_and_none_give_no_row() -> None:
    few = summary(labels=labelled({1: "refused"}, [1]))
    found = row(few, "en").people
    assert found is not None
    assert (found.labelled, found.estimate.state, found.estimate.reason) == (1, "uncorrected", "too_few_labels")
    assert row(few, "zh").people is None
    assert row(summary(), "en").people is None


def test_a_label_does_not_speak_for_a_scorer_that_asks_something_else() -> None:
    items = [msgspec.structs.replace(item("q0"), scorers=("match",))]
    records = [record(0, "q0", "zh")]
    scores = [score(records[0], True, "match")]
    found = summarise(run_of(items, records), scores, Known((), labelled({0: "refused"}, [0])))
    people = row(found, "zh").people
    assert people is not None
    assert (people.sampled, people.labelled) == (1, 0)

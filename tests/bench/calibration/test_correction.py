"""Corrected rates: worked examples, what is said where nothing can be corrected, and coverage by simulation."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.calibration import prevalence
from bench.calibration.correction import Verdict, correct, difference
from bench.calibration.nouns import State
from bench.calibration.prevalence import (
    Counts,
    Part,
    blend,
    bounds,
    rogan_gladen,
)
from bench.calibration.registry import Entry, LabelSet
from bench.calibration.study import figures as figures_of
from bench.calibration.subsample import Stratum, Subsample, powered, prediction_powered, stratified

RUNS = 2000
GOOD = Counts(tp=180, fn=20, fp=10, tn=190)
"""Sensitivity 0.9, specificity 0.95."""


def test_the_point_is_rogan_and_gladens() -> None:
    found = rogan_gladen(300, 1000, GOOD)
    assert (found.state, found.method) == ("corrected", "rogan-gladen")
    assert found.point == pytest.approx((0.3 + 0.95 - 1) / (0.9 + 0.95 - 1), abs=1e-6)
    assert found.low < found.point < found.high  # type: ignore[operator]


def test_a_corrected_rate_stays_in_bounds_and_repeats_exactly() -> None:
    assert [rogan_gladen(x, 100, GOOD).point for x in (0, 100)] == [0, 1]
    assert rogan_gladen(30, 100, GOOD) == rogan_gladen(30, 100, GOOD)


@pytest.mark.parametrize(
    ("n", "counts", "reason"),
    [
        (0, GOOD, "no_units"),
        (10, Counts(5, 5, 0, 0), "one_sided_calibration"),
        (10, Counts(50, 50, 50, 50), "scorer_uninformative"),
    ],
)
def test_what_cannot_be_corrected_says_why(n: int, counts: Counts, reason: str) -> None:
    found = rogan_gladen(0, n, counts)
    assert (found.state, found.reason, found.point) == ("uncorrected", reason, None)


def test_a_small_calibration_makes_a_wide_interval() -> None:
    few, many = (rogan_gladen(300, 1000, Counts(9 * k, k, k, 19 * k)) for k in (2, 200))
    assert few.high - few.low > 2 * (many.high - many.low)  # type: ignore[operator]


@pytest.mark.parametrize("prevalence", [0.0, 0.01, 0.05, 0.5, 0.95, 1.0])
@pytest.mark.parametrize(
    ("n", "labelled", "sensitivity", "specificity"),
    [(20, 150, 0.95, 0.97), (20, 200, 0.8, 0.9), (300, 150, 0.95, 0.97), (1000, 200, 0.8, 0.9)],
)
def test_rogan_gladen_covers(prevalence: float, n: int, labelled: int, sensitivity: float, specificity: float) -> None:
    rng = np.random.default_rng(7)
    x = rng.binomial(n, prevalence * sensitivity + (1 - prevalence) * (1 - specificity), RUNS)
    tp, tn = rng.binomial(labelled, sensitivity, RUNS), rng.binomial(labelled, specificity, RUNS)
    table = np.column_stack([x, np.full(RUNS, n), tp, labelled - tp, labelled - tn, tn]).astype(float)
    low, high = bounds(table, rng, 600)
    assert ((low <= prevalence) & (prevalence <= high)).mean() >= 0.94


@pytest.mark.parametrize("prevalence", [0.0, 0.01, 0.05, 0.5, 0.95, 1.0])
@pytest.mark.parametrize(("labelled", "units"), [(100, 1000), (300, 1000)])
def test_prediction_powered_inference_covers(prevalence: float, labelled: int, units: int) -> None:
    rng = np.random.default_rng(11)
    people = (rng.random((RUNS, units), dtype=np.float32) < prevalence).astype(float)
    chance = np.where(people > 0, 0.9, 0.05)
    scorer = (rng.random((RUNS, units), dtype=np.float32) < chance).astype(float)
    whole = (units, scorer.var(axis=1))
    point, half = powered(scorer.mean(axis=1), scorer[:, :labelled], people[:, :labelled], whole)
    low, high = np.clip(point - half, 0, 1), np.clip(point + half, 0, 1)
    assert ((low <= prevalence) & (prevalence <= high)).mean() >= 0.94


def test_prediction_powered_takes_the_scorers_bias_out() -> None:
    people = [1.0] * 30 + [0.0] * 70
    scorer = [1.0] * 40 + [0.0] * 60
    found = prediction_powered(Subsample(scorer * 10, scorer, people))
    assert (found.state, found.point) == ("corrected", 0.3)
    assert prediction_powered(Subsample([1.0], [1.0], [1.0])).reason == "too_few_labels"


def drawn(right: int, wrong: int, first: int = 0) -> Stratum:
    """Return 100 units passed by the scorer, of which people labelled some: as it says, and failed."""
    labels = [1.0] * right + [0.0] * wrong
    return Stratum(Subsample([1.0] * 100, [1.0] * len(labels), labels), frozenset(range(first, first + 100)))


def test_each_stratum_is_corrected_by_its_own_labels_and_added_with_its_share() -> None:
    found = stratified([drawn(20, 20), drawn(60, 0)])
    assert (found.state, found.point) == ("corrected", 0.75)


@pytest.mark.parametrize(
    ("strata", "reason"),
    [
        ([drawn(40, 40), drawn(0, 0)], "part_too_few_labels"),
        ([drawn(24, 0), drawn(29, 0)], "part_too_few_labels"),
        ([drawn(14, 0), drawn(15, 0)], "too_few_labels"),
        ([], "too_few_labels"),
    ],
)
def test_a_stratum_without_enough_labels_leaves_the_whole_uncorrected(strata: list[Stratum], reason: str) -> None:
    found = stratified(strata)
    assert (found.state, found.reason, found.point) == ("uncorrected", reason, None)


def test_strata_of_the_same_items_are_taken_to_err_together() -> None:
    paired = stratified([drawn(20, 20), drawn(20, 20)])
    apart = stratified([drawn(20, 20), drawn(20, 20, first=1000)])
    assert paired.high - paired.low > 1.3 * (apart.high - apart.low)  # type: ignore[operator]


@pytest.mark.parametrize("shares", [(0.0, 0.0), (0.05, 0.5), (0.05, 0.95), (1.0, 1.0)])
def test_a_sum_of_strata_covers(shares: tuple[float, float]) -> None:
    rng, covered = np.random.default_rng(17), 0
    for _ in range(RUNS):
        strata = []
        for place, share in enumerate(shares):
            people = (rng.random(200) < share).astype(float)
            scorer = (rng.random(200) < np.where(people > 0, 0.9, 0.05)).astype(float)
            clusters = frozenset(range(200 * place, 200 * place + 200))
            strata.append(Stratum(Subsample(scorer.tolist(), scorer[:50].tolist(), people[:50].tolist()), clusters))
        found = stratified(strata)
        covered += found.low <= sum(shares) / 2 <= found.high  # type: ignore[operator]
    assert covered / RUNS >= 0.94


def entry(cut: float, lang: str = "en", config: str = "c", counts: Counts = GOOD) -> Entry:
    labels = LabelSet(positive=("yes",), labels=("no", "yes"), cut=cut)
    return Entry(
        scorer="refusal", version="1", config=config, lang=lang, label_set=labels.digest, labels=labels, dataset="d",
        sha256="", date="2026-11-24", n=sum(counts), unscored=0, **counts._asdict(), **figures_of(counts),
    )  # fmt: skip


def own(cut: float, counts: Counts = GOOD) -> Entry:
    """Return an entry of the operator's own registry on a file of its own."""
    return msgspec.structs.replace(entry(cut, counts=counts), own=True, sha256="f" * 64)


SMALL = Counts(tp=40, fn=0, fp=0, tn=29)
"""One label of a kind short of enough."""


def test_an_own_calibration_wins_over_a_larger_built_in_one_at_the_cut_that_the_rate_needs() -> None:
    mine = own(1.0, Counts(tp=28, fn=2, fp=3, tn=27))
    found = correct(verdicts(refuses), [mine, entry(1.0), entry(0.5)])
    assert (found.entries, found.note) == ((mine.id,), None)


@pytest.mark.parametrize(
    ("mine", "note"),
    [(own(1.0, SMALL), "own_too_small"), (own(0.75, SMALL), "own_too_small"), (own(0.5), "own_other_cut")],
)
def test_an_own_calibration_that_is_small_or_of_another_cut_is_passed_over_and_that_is_said(
    mine: Entry, note: str
) -> None:
    found = correct(verdicts(refuses), [entry(1.0), mine])
    assert (found.state, found.entries, found.note) == ("corrected", (entry(1.0).id,), note)
    assert difference(verdicts(refuses), verdicts(refuses), [entry(1.0), mine]).note == note


def test_a_small_own_calibration_alone_corrects_nothing_and_that_is_said() -> None:
    found = correct(verdicts(refuses), [own(1.0, SMALL)])
    assert (found.state, found.reason, found.point) == ("uncorrected", "own_too_small", None)


def verdicts(passes: Callable[[float], bool], lang: str = "en", expect: str = "", tag: str = "") -> list[Verdict]:
    values = (0.0, 0.5, 1.0, 1.0)
    return [Verdict(f"{tag}{n}", lang, "c", value, passes(value), expect) for n, value in enumerate(values)]


def refuses(value: float) -> bool:
    return value >= 1


def answers(value: float) -> bool:
    return value < 0.5


def test_a_pass_below_the_cut_uses_the_calibration_turned_round() -> None:
    found = correct(verdicts(answers), [entry(0.5)])
    turned = rogan_gladen(1, 4, GOOD.turn(), (entry(0.5).id,))
    assert (found.point, found.entries) == (turned.point, turned.entries)
    assert found.low == pytest.approx(turned.low, abs=0.02)
    assert found.high == pytest.approx(turned.high, abs=0.02)


@pytest.mark.parametrize(("passes", "cut"), [(refuses, 1.0), (answers, 0.5)])
def test_the_cut_that_tells_passes_from_failures_is_taken(passes: Callable[[float], bool], cut: float) -> None:
    found = correct(verdicts(passes), [entry(0.5), entry(1.0)])
    assert found.entries == (entry(cut).id,)


def test_two_languages_are_corrected_each_by_its_own_entry() -> None:
    poor = Counts(tp=140, fn=60, fp=10, tn=190)
    found = correct(verdicts(refuses) + verdicts(refuses, "zh"), [entry(1.0), entry(1.0, "zh", counts=poor)])
    each = [rogan_gladen(2, 4, counts).point for counts in (GOOD, poor)]
    assert found.point == pytest.approx(sum(each) / 2, abs=1e-6)  # type: ignore[arg-type]
    assert found.entries == (entry(1.0).id, entry(1.0, "zh").id)


def test_two_expectations_share_one_entry_on_both_sides() -> None:
    found = correct(verdicts(refuses, expect="refuse", tag="r") + verdicts(answers, expect="answer"), [entry(0.75)])
    assert (found.state, found.reason) == ("uncorrected", "other_question")
    sure = [
        v for v in verdicts(refuses, expect="refuse", tag="r") + verdicts(answers, expect="answer") if v.value != 0.5
    ]
    assert correct(sure, [entry(0.75)]).entries == (entry(0.75).id,)


def test_units_of_one_item_widen_the_interval_as_if_they_erred_together() -> None:
    both = [entry(1.0), entry(1.0, "zh")]
    apart = correct(verdicts(refuses, tag="a") + verdicts(refuses, "zh", tag="b"), both)
    paired = correct(verdicts(refuses) + verdicts(refuses, "zh"), both)
    assert paired.point == apart.point
    assert paired.high - paired.low > 1.1 * (apart.high - apart.low)  # type: ignore[operator]


def test_a_gap_between_languages_that_is_the_scorers_own_vanishes() -> None:
    poor = Counts(tp=800, fn=1200, fp=100, tn=1900)
    said = {"en": 900, "zh": 400}
    sides = [
        [Verdict(n, lang, "c", float(n < passed), n < passed) for n in range(1000)] for lang, passed in said.items()
    ]
    sharp = Counts(tp=1800, fn=200, fp=100, tn=1900)
    found = difference(sides[0], sides[1], [entry(1.0, counts=sharp), entry(1.0, "zh", counts=poor)])
    assert found.low < 0 < found.high  # type: ignore[operator]
    assert found.point == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("found", "state", "reason"),
    [
        (verdicts(refuses, "zh"), "scorer_unmeasured", "no_registry_entry"),
        (verdicts(lambda v: v == 0.5), "uncorrected", "other_question"),
        (verdicts(refuses) + verdicts(refuses, "zh"), "scorer_unmeasured", "partly_unmeasured"),
        (
            [Verdict(1, "en", "c", 1.0, True), Verdict(2, "en", "d", 1.0, True)],
            "scorer_unmeasured",
            "partly_unmeasured",
        ),
        ([Verdict(1, "en", "c", 1.0, True), Verdict(2, "en", "c", 0.0, None)], "uncorrected", "other_question"),
        ([], "uncorrected", "no_units"),
    ],
)
def test_a_rate_that_the_calibration_does_not_fit_stays_uncorrected(
    found: list[Verdict], state: str, reason: str
) -> None:
    made = correct(found, [entry(1.0)])
    assert (made.state, made.reason, made.point) == (state, reason, None)


@pytest.mark.parametrize(("n", "draws"), [(20, prevalence.DRAWS), (300, 400)])
@pytest.mark.parametrize("shares", [(0.0, 0.0), (0.05, 0.05), (1.0, 1.0), (0.95, 0.8), (0.5, 0.05)])
@pytest.mark.parametrize("paired", [False, True])
def test_a_blend_of_two_calibrations_covers(shares: tuple[float, float], paired: bool, n: int, draws: int) -> None:
    """With 20 items only the shipped number of draws holds: the seed is fixed, so 400 draws err alike in every run."""
    rng, labelled, covered, runs = np.random.default_rng(13), 150, 0, RUNS
    true = sum(shares) / 2
    for _ in range(runs):
        level = rng.random((n, 1)) if paired else rng.random((n, 2))
        parts = []
        for place, (share, sensitivity, specificity) in enumerate(zip(shares, (0.95, 0.85), (0.97, 0.9), strict=True)):
            good = (level[:, min(place, level.shape[1] - 1)] < share).sum()
            x = rng.binomial(good, sensitivity) + rng.binomial(n - good, 1 - specificity)
            tp, tn = rng.binomial(labelled, sensitivity), rng.binomial(labelled, specificity)
            parts.append(Part(x, n, Counts(tp, labelled - tp, labelled - tn, tn), str(place), weight=0.5))
        found = blend(parts, together=paired, draws=draws)
        covered += found.low <= true <= found.high  # type: ignore[operator]
    assert covered / runs >= 0.94


def test_every_state_has_a_text() -> None:
    from bench import catalogue

    assert all(catalogue.both(f"scoring.state.{state}") for state in State.__args__)  # type: ignore[attr-defined]


@given(arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 50)), elements=st.floats(0, 1)))
def test_the_tails_are_numpys_percentiles(draws: npt.NDArray[np.float64]) -> None:
    wanted = np.percentile(draws, prevalence.TAILS, axis=-1)
    assert np.allclose(prevalence.tails(draws), wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("x", "ends"), [(0, (0, 0.037)), (100, (0.963, 1))])
def test_a_rate_beyond_what_the_error_allows_claims_no_certainty(x: int, ends: tuple[float, float]) -> None:
    found = rogan_gladen(x, 100, GOOD)
    assert (round(found.low or 0, 3), round(found.high or 0, 3)) == ends

"""Corrected rates: worked examples, what is said where nothing can be corrected, and coverage by simulation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bench.calibration import prevalence
from bench.calibration.correction import Verdict, correct
from bench.calibration.prevalence import Counts, Subsample, bounds, powered, prediction_powered, rogan_gladen
from bench.calibration.registry import Entry, LabelSet
from bench.calibration.study import figures as figures_of

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
    ("n", "labelled", "sensitivity", "specificity"), [(300, 150, 0.95, 0.97), (1000, 200, 0.8, 0.9)]
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


def entry(cut: float, lang: str = "en", config: str = "c", counts: Counts = GOOD) -> Entry:
    labels = LabelSet(positive=("yes",), labels=("no", "yes"), cut=cut)
    return Entry(
        scorer="refusal", version="1", config=config, lang=lang, label_set=labels.digest, labels=labels, dataset="d",
        sha256="", date="2026-11-24", n=sum(counts), unscored=0, **counts._asdict(), **figures_of(counts),
    )  # fmt: skip


def verdicts(passes: Callable[[float], bool], lang: str = "en") -> list[Verdict]:
    return [Verdict(lang, "c", value, passes(value)) for value in (0.0, 0.5, 1.0, 1.0)]


def test_a_pass_below_the_cut_uses_the_calibration_turned_round() -> None:
    found = correct(verdicts(lambda value: value < 0.5), (1, 4), [entry(0.5)])
    turned = rogan_gladen(1, 4, Counts(GOOD.tn, GOOD.fp, GOOD.fn, GOOD.tp), (entry(0.5).id,))
    assert found == turned


@pytest.mark.parametrize(("passes", "cut"), [(lambda v: v >= 1, 1.0), (lambda v: v < 0.5, 0.5)])
def test_the_cut_that_tells_passes_from_failures_is_taken(passes: Callable[[float], bool], cut: float) -> None:
    found = correct(verdicts(passes), (2, 4), [entry(0.5), entry(1.0)])
    assert found.entries == (entry(cut).id,)


@pytest.mark.parametrize(
    ("found", "state", "reason"),
    [
        (verdicts(lambda v: v >= 1, "zh"), "scorer_unmeasured", "no_registry_entry"),
        (verdicts(lambda v: v == 0.5), "uncorrected", "other_question"),
        (verdicts(lambda v: v >= 1) + verdicts(lambda v: v >= 1, "zh"), "uncorrected", "languages_mixed"),
        ([Verdict("en", "c", 1.0, True), Verdict("en", "d", 1.0, True)], "uncorrected", "scorers_mixed"),
        ([Verdict("en", "c", 1.0, True), Verdict("en", "c", 0.0, None)], "uncorrected", "other_question"),
        ([], "uncorrected", "no_units"),
    ],
)
def test_a_rate_that_the_calibration_does_not_fit_stays_uncorrected(
    found: list[Verdict], state: str, reason: str
) -> None:
    made = correct(found, (2, 4), [entry(1.0)])
    assert (made.state, made.reason, made.point) == (state, reason, None)


def test_every_state_has_a_text() -> None:
    from bench import catalogue

    assert all(catalogue.both(f"scoring.state.{state}") for state in prevalence.State.__args__)  # type: ignore[attr-defined]

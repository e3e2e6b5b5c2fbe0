"""Rates corrected for the scorer's measured error, pure. Every result says how far it is corrected.

Two ways: from a calibration on other labelled texts (Rogan and Gladen 1978, Am. J. Epidemiol. 107:71), or from human
labels on a random subsample of the run itself (prediction-powered inference: Angelopoulos et al. 2023, Science
382:669).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from bench import canonical
from bench.stats import Z95
from bench.types import Value

Floats = npt.NDArray[np.float64]
State = Literal["corrected", "uncorrected", "scorer_unmeasured"]

SEED = 20261124
DRAWS = 4000
PRIOR = 0.5
TAILS = (2.0, 98.0)
LEAST_YOUDEN = 0.1
"""A scorer whose sensitivity and specificity add up to less than one plus this says too little to be corrected."""


class Counts(NamedTuple):
    """A scorer against people: true and false positives and negatives."""

    tp: int
    fn: int
    fp: int
    tn: int

    @property
    def sensitivity(self) -> float:
        return self.tp / (self.tp + self.fn)

    @property
    def specificity(self) -> float:
        return self.tn / (self.tn + self.fp)


class Corrected(Value, frozen=True):
    """A rate with what was done to it; without a correction the figures are None and `reason` says why."""

    state: State
    method: str = "none"
    point: int | float | None = None
    low: int | float | None = None
    high: int | float | None = None
    reason: str | None = None
    entries: tuple[str, ...] = ()
    """Ids of the registry entries that the correction rests on."""


def unmeasured(reason: str) -> Corrected:
    """Return the result for a scorer that nobody measured against people."""
    return Corrected(state="scorer_unmeasured", reason=reason)


def uncorrected(reason: str) -> Corrected:
    """Return the result for a rate to which the scorer's calibration does not apply, and why."""
    return Corrected(state="uncorrected", reason=reason)


def rogan_gladen(x: float, n: int, counts: Counts, entries: Sequence[str] = (), seed: int = SEED) -> Corrected:
    """Return the prevalence behind `x` positives in `n`, with a 95 % interval that holds the calibration's error too.

    `x` may be a sum of cluster means over `n` clusters, as in `stats.wilson`.
    """
    if n <= 0:
        return uncorrected("no_units")
    if counts.tp + counts.fn == 0 or counts.fp + counts.tn == 0:
        return uncorrected("one_sided_calibration")
    youden = counts.sensitivity + counts.specificity - 1
    if youden < LEAST_YOUDEN:
        return uncorrected("scorer_uninformative")
    point = min(1.0, max(0.0, (x / n + counts.specificity - 1) / youden))
    table = np.array([[x, n, *counts]], dtype=np.float64)
    low, high = bounds(table, np.random.default_rng(seed), DRAWS)
    return Corrected(
        state="corrected",
        method="rogan-gladen",
        point=stored(point),
        low=stored(min(point, float(low[0]))),
        high=stored(max(point, float(high[0]))),
        entries=tuple(entries),
    )


def stored(value: float) -> int | float:
    """Return a rate as it is stored: 6 decimals, whole numbers without any."""
    return canonical.number(round(value, 6)) or 0


def bounds(table: Floats, rng: np.random.Generator, draws: int) -> tuple[Floats, Floats]:
    """Return the bounds for many runs at once; `table[run]` is x, n, tp, fn, fp, tn.

    A smoothed bootstrap: run and calibration are both drawn anew, each proportion from Beta(x + ½, n − x + ½) instead
    of Binomial(n, x/n) / n, which has no width at 0 and 100 % (Jeffreys' prior: Brown, Cai and DasGupta 2001, Stat.
    Sci. 16:101). Each tail is 2 %, since the discrete counts would leave a 2.5 % tail just short at some rates.
    """
    x, n, tp, fn, fp, tn = (table[:, column, None] for column in range(6))
    size = (len(table), draws)
    seen = rng.beta(x + PRIOR, n - x + PRIOR, size)
    sensitivity = rng.beta(tp + PRIOR, fn + PRIOR, size)
    specificity = rng.beta(tn + PRIOR, fp + PRIOR, size)
    youden = sensitivity + specificity - 1
    blind = np.where(np.arange(draws) % 2 == 0, -np.inf, np.inf)
    found = np.divide(seen + specificity - 1, youden, out=np.broadcast_to(blind, size).copy(), where=youden > 0)
    low, high = np.percentile(np.clip(found, 0.0, 1.0), TAILS, axis=1)
    return low, high


class Subsample(NamedTuple):
    """A run with people's labels on some of it: 0/1 (or scores) of all units, and pairs on the labelled ones."""

    all: Sequence[float]
    """What the scorer says of every unit, the labelled ones included."""
    scorer: Sequence[float]
    """What the scorer says of the labelled units."""
    people: Sequence[float]


def prediction_powered(found: Subsample) -> Corrected:
    """Return the mean that people would give over all units (prediction-powered mean estimate).

    The scorer's mean plus the mean error seen on the labelled units, which must be a random sample of all. The
    labelled units are among all, so the variance has a covariance term; the error's variance counts one more miss
    on either side, so that a scorer without a miss in a small sample is not taken for perfect (Agresti and Caffo
    2000, Am. Stat. 54:280, for a difference of proportions).
    """
    if len(found.people) < 2:
        return uncorrected("too_few_labels")
    said, scorer, people = (np.asarray(values, dtype=np.float64) for values in found)
    point, half = powered(said.mean(), scorer[None], people[None], (len(said), said.var()))
    low, high = max(0.0, float(point[0] - half[0])), min(1.0, float(point[0] + half[0]))
    middle = min(1.0, max(0.0, float(point[0])))
    return Corrected(
        state="corrected", method="prediction-powered", point=stored(middle), low=stored(low), high=stored(high)
    )


def powered(
    mean: float | Floats, scorer: Floats, people: Floats, whole: tuple[int, float | Floats]
) -> tuple[Floats, Floats]:
    """Return estimate and half width for many runs; `scorer[run, unit]` and `people` are the labelled units.

    `whole` is the number of all units and the variance of what the scorer says of them.
    """
    count, variance = whole
    error = people - scorer
    size = error.shape[1]
    point = mean + error.mean(axis=1)
    spread = (error**2).sum(axis=1) + 2.0
    error_variance = spread / (size + 2) - (error.sum(axis=1) / (size + 2)) ** 2
    together = ((error - error.mean(axis=1, keepdims=True)) * scorer).mean(axis=1)
    total = variance / count + error_variance / size + 2 * together / count
    return np.asarray(point), Z95 * np.sqrt(np.maximum(total, error_variance / size))

"""Rates corrected by human labels on a random subsample of the run itself, pure.

Prediction-powered inference (Angelopoulos et al. 2023, Science 382:669), stratum by stratum, as in any stratified
sample (Cochran 1977, Sampling techniques, ch. 5): how a scorer errs in one language says nothing of another.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.calibration.nouns import Corrected, Stratum, Subsample, stored, uncorrected
from bench.stats import Z95

Floats = npt.NDArray[np.float64]
LEAST_LABELS = 30
"""Fewer labelled units than this give no estimate: the interval would not hold what it promises."""


class Powered(NamedTuple):
    """The estimate of one stratum, not yet cut to [0, 1], with half the width of its interval."""

    point: float
    half: float


def prediction_powered(found: Subsample, design: float = 1.0) -> Corrected:
    """Return the mean that people would give over all units of one stratum, see `estimate_of`."""
    if len(found.people) < LEAST_LABELS:
        return uncorrected("too_few_labels")
    return bounded(*estimate_of(found, design))


def stratified(strata: Sequence[Stratum]) -> Corrected:
    """Return the mean over all units, each stratum corrected by its own labels and added with its share of the units.

    A stratum without enough labels leaves the whole uncorrected. Strata that share items (languages of one item) are
    taken to err together: their half widths are added, which is the widest interval; others add by squares.
    """
    if sum(len(one.found.people) for one in strata) < LEAST_LABELS:
        return uncorrected("too_few_labels")
    if any(len(one.found.people) < LEAST_LABELS for one in strata):
        return uncorrected("part_too_few_labels")
    total = sum(len(one.found.all) for one in strata)
    topics: dict[Hashable, list[tuple[Stratum, float]]] = defaultdict(list)
    point = 0.0
    for one in strata:
        weight = len(one.found.all) / total
        made = estimate_of(one.found, len(one.found.all) / len(one.clusters))
        point += weight * made.point
        topics[one.topic].append((one, weight * made.half))
    return bounded(point, math.hypot(*map(joined, topics.values())))


def joined(parts: Sequence[tuple[Stratum, float]]) -> float:
    """Return the half width of a sum of strata of one topic from their weighted half widths."""
    apart = sum(len(one.clusters) for one, _ in parts) == len(frozenset().union(*(one.clusters for one, _ in parts)))
    halves = [half for _, half in parts]
    return math.hypot(*halves) if apart else sum(halves)


def estimate_of(found: Subsample, design: float = 1.0) -> Powered:
    """Return the mean that people would give over all units of one stratum (prediction-powered mean estimate).

    The scorer's mean plus the mean error seen on the labelled units, which must be a random sample of all. The
    labelled units are among all, so the variance has a covariance term; the error's variance counts one more miss
    on either side, so that a scorer without a miss in a small sample is not taken for perfect (Agresti and Caffo
    2000, Am. Stat. 54:280, for a difference of proportions). `design` is the number of units a cluster: the variance
    is multiplied by it, which holds however alike the units of a cluster are.
    """
    said, scorer, people = (np.asarray(values, dtype=np.float64) for values in found)
    point, half = powered(said.mean(), scorer[None], people[None], (len(said), said.var()))
    return Powered(float(point[0]), float(half[0]) * math.sqrt(design))


def bounded(point: float, half: float) -> Corrected:
    """Return an estimate and its interval, cut to [0, 1]."""
    middle, low, high = (stored(min(1.0, max(0.0, value))) for value in (point, point - half, point + half))
    return Corrected(state="corrected", method="prediction-powered", point=middle, low=low, high=high)


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

"""Agreement between raters, pure: raw, Cohen's kappa, Krippendorff's alpha, with seeded bootstrap intervals."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bench.calibration.nouns import Agreement, Figure, figure_of

Floats = npt.NDArray[np.float64]
Labels = Sequence[str | None]
"""What each rater said of one unit, in the same order of raters; None: nothing."""

SEED = 20261124
DRAWS = 2000


def agree(units: Sequence[Labels], seed: int = SEED, draws: int = DRAWS) -> Agreement:
    """Return the agreement of raters over units; intervals are percentiles over units drawn with replacement.

    With more than two raters kappa is the mean over pairs of raters (Light 1971, Psychol. Bull. 76:365).
    """
    kept = [tuple(unit) for unit in units if sum(label is not None for label in unit) > 1]
    raters = len(units[0]) if units else 0
    if not kept:
        nothing = figure(np.full(1, np.nan))
        return Agreement(n=0, raters=raters, raw=nothing, kappa=nothing, alpha=nothing)
    patterns = Counter(kept)
    counts = np.array(list(patterns.values()), dtype=np.float64)
    weights = np.vstack([counts, np.random.default_rng(seed).multinomial(len(kept), counts / counts.sum(), draws)])
    coded = code(list(patterns))
    pairs = list(itertools.combinations(range(raters), 2))
    return Agreement(
        n=len(kept),
        raters=raters,
        raw=figure(raw(coded, weights)),
        kappa=figure(mean([kappa(coded[:, pair], weights) for pair in pairs])),
        alpha=figure(alpha(coded, weights)),
    )


def figure(draws: Floats) -> Figure:
    """Return the first of `draws` with the 2.5 % and 97.5 % quantiles of the others, to 6 decimals."""
    others = draws[1:][np.isfinite(draws[1:])]
    if not np.isfinite(draws[0]) or not len(others):
        return Figure(point=None, low=None, high=None)
    low, high = np.percentile(others, [2.5, 97.5])
    return figure_of(float(draws[0]), float(low), float(high))


def code(patterns: Sequence[tuple[str | None, ...]]) -> Floats:
    """Return `[pattern, rater, label]` of ones where a rater gave a label."""
    labels = sorted({label for pattern in patterns for label in pattern if label is not None})
    return np.array([[[float(given == label) for label in labels] for given in pattern] for pattern in patterns])


def raw(coded: Floats, weights: Floats) -> Floats:
    """Return, for each row of weights, the share of equal pairs of labels."""
    equal, pairs = pairs_of(coded)
    return divide(weights @ equal, weights @ pairs)


def pairs_of(coded: Floats) -> tuple[Floats, Floats]:
    """Return the equal pairs and all pairs of labels of each pattern."""
    counts = coded.sum(axis=1)
    given = counts.sum(axis=1)
    return (counts * (counts - 1)).sum(axis=1) / 2, given * (given - 1) / 2


def kappa(coded: Floats, weights: Floats) -> Floats:
    """Return Cohen's kappa of two raters for each row of weights (Cohen 1960, Educ. Psychol. Meas. 20:37)."""
    both = coded.sum(axis=2).min(axis=1) > 0
    first, second = coded[both, 0], coded[both, 1]
    used = weights[:, both]
    total = used.sum(axis=1)
    observed = divide(used @ (first * second).sum(axis=1), total)
    chance = divide(((used @ first) * (used @ second)).sum(axis=1), total**2)
    return divide(observed - chance, 1 - chance)


def alpha(coded: Floats, weights: Floats) -> Floats:
    """Return Krippendorff's alpha of nominal labels, gaps allowed (Krippendorff 2011, Computing alpha-reliability)."""
    counts = coded.sum(axis=1)
    given = counts.sum(axis=1)
    disagreement = (given**2 - (counts**2).sum(axis=1)) / np.maximum(given - 1, 1)
    total = weights @ given
    expected = divide(total**2 - ((weights @ counts) ** 2).sum(axis=1), total - 1)
    return 1 - divide(weights @ disagreement, expected)


def mean(draws: Sequence[Floats]) -> Floats:
    """Return the mean of several figures for each draw, without those that are not defined."""
    stacked = np.stack(draws)
    defined = np.isfinite(stacked)
    return divide(np.where(defined, stacked, 0.0).sum(axis=0), defined.sum(axis=0).astype(np.float64))


def divide(top: Floats, bottom: Floats) -> Floats:
    """Return the quotient, NaN where the divisor is zero."""
    nothing = np.full(np.shape(top), np.nan)
    return np.asarray(np.divide(top, bottom, out=nothing, where=np.abs(bottom) > 1e-12))

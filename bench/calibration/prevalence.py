"""Rates corrected for the scorer's measured error, pure. Every result says how far it is corrected.

From a calibration on other labelled texts (Rogan and Gladen 1978, Am. J. Epidemiol. 107:71); from human labels on the
run itself: `bench.calibration.subsample`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from bench import stats
from bench.calibration.nouns import Corrected, Counts, Part, stored, uncorrected

Floats = npt.NDArray[np.float64]

SEED = 20261124
DRAWS = 4000
PRIOR = 0.5
TAILS = (2.0, 98.0)
FAR = 1e9
LEAST_YOUDEN = 0.1
"""A scorer whose sensitivity and specificity add up to less than one plus this says too little to be corrected."""


def rogan_gladen(x: float, n: int, counts: Counts, entries: Sequence[str] = ()) -> Corrected:
    """Return the prevalence behind `x` positives in `n`, with a 95 % interval that holds the calibration's error too.

    `x` may be a sum of cluster means over `n` clusters, as in `stats.wilson`.
    """
    found = blend([Part(x, n, counts)])
    return msgspec.structs.replace(found, entries=tuple(entries)) if found.state == "corrected" else found


def blend(parts: Sequence[Part], *, together: bool = False, low: float = 0.0, draws: int = DRAWS) -> Corrected:
    """Return the weighted sum of the prevalences behind several parts, within [`low`, 1].

    `together` says that parts share clusters (two languages of one item): their sampling errors are then added as if
    they always fell on the same side, which is the widest they can be.
    """
    if not parts or any(part.n <= 0 for part in parts):
        return uncorrected("no_units")
    if any(part.counts.tp + part.counts.fn == 0 or part.counts.fp + part.counts.tn == 0 for part in parts):
        return uncorrected("one_sided_calibration")
    if any(part.counts.youden < LEAST_YOUDEN for part in parts):
        return uncorrected("scorer_uninformative")
    point = clip(sum(part.weight * prevalence(part) for part in parts), low)
    below, above = map(float, tails(drawn(parts, Bootstrap(draws, together)).clip(low, 1.0)))
    if below == above:
        below, above = widened(parts, below, low)
    return Corrected(
        state="corrected",
        method="rogan-gladen",
        point=stored(point),
        low=stored(min(point, below)),
        high=stored(max(point, above)),
        entries=tuple(dict.fromkeys(part.source for part in parts if part.source)),
        note=next((part.note for part in parts if part.note), None),
    )


def widened(parts: Sequence[Part], end: float, low: float) -> tuple[float, float]:
    """Return an interval for a rate of which every corrected draw lies at one `end` of [`low`, 1].

    There the scorer's error alone would explain what was seen; the uncorrected rate's Wilson bound, which errs on the
    wide side, keeps the interval from claiming certainty.
    """
    bounds_ = [stats.wilson(part.x, part.n) for part in parts]
    if end >= 1.0:
        return clip(sum(p.weight * b[p.weight < 0] for p, b in zip(parts, bounds_, strict=True)), low), end
    return end, clip(sum(p.weight * b[p.weight > 0] for p, b in zip(parts, bounds_, strict=True)), low)


def prevalence(part: Part) -> float:
    """Return the prevalence behind one part, not yet cut to [0, 1]: parts of a sum may err on either side."""
    return (part.x / part.n + part.counts.specificity - 1) / part.counts.youden


def clip(value: float, low: float) -> float:
    """Return a value within [`low`, 1]."""
    return min(1.0, max(low, value))


class Bootstrap:
    """Draws of proportions from one seeded source; each calibration is drawn once."""

    def __init__(self, draws: int, together: bool) -> None:
        self.rng = np.random.default_rng(SEED)
        self.draws = draws
        self.together = together
        self.rates: dict[str, tuple[Floats, Floats]] = {}

    def beta(self, successes: float, failures: float) -> Floats:
        """Return draws of a proportion, see `bounds`."""
        return self.rng.beta(successes + PRIOR, failures + PRIOR, self.draws)

    def calibration(self, part: Part) -> tuple[Floats, Floats]:
        """Return draws of sensitivity and specificity as they are turned in a part."""
        tp, fn, fp, tn = part.counts.turn() if part.turned else part.counts
        if part.source not in self.rates:
            self.rates[part.source] = self.beta(tp, fn), self.beta(tn, fp)
        sensitivity, specificity = self.rates[part.source]
        return (specificity, sensitivity) if part.turned else (sensitivity, specificity)

    def seen(self, part: Part) -> Floats:
        """Return draws of the share that passes."""
        found = self.beta(part.x, part.n - part.x)
        return align(found, part.weight) if self.together else found


def drawn(parts: Sequence[Part], source: Bootstrap) -> Floats:
    """Return draws of the weighted sum of the prevalences behind several parts."""
    total = np.zeros(source.draws)
    for part in parts:
        total += part.weight * behind(source.seen(part), *source.calibration(part))
    return total


def align(seen: Floats, weight: float) -> Floats:
    """Return draws in an order such that those of all parts move a weighted sum the same way."""
    ordered = np.sort(seen)
    return ordered if weight > 0 else ordered[::-1]


def behind(seen: Floats, sensitivity: Floats, specificity: Floats) -> Floats:
    """Return the prevalence behind each draw; a draw of a blind scorer says nothing: far below or far above."""
    youden = sensitivity + specificity - 1
    blind = np.where(np.arange(seen.shape[-1]) % 2 == 0, -FAR, FAR)
    found = np.broadcast_to(blind, seen.shape).copy()
    return np.asarray(np.divide(seen + specificity - 1, youden, out=found, where=youden > 0))


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
    return tails(np.clip(behind(seen, sensitivity, specificity), 0.0, 1.0))


def tails(draws: Floats) -> tuple[Floats, Floats]:
    """Return the two percentiles `TAILS` of the last axis, linear between neighbours.

    They are `numpy.percentile`'s, which would import the masked arrays: a twentieth of the CPU of a short run.
    """
    ordered = np.sort(draws, axis=-1)
    below, above = (quantile(ordered, tail / 100) for tail in TAILS)
    return below, above


def quantile(ordered: Floats, share: float) -> Floats:
    """Return a quantile of ordered values (Hyndman and Fan 1996, type 7)."""
    place = share * (ordered.shape[-1] - 1)
    lower, upper = ordered[..., math.floor(place)], ordered[..., math.ceil(place)]
    return np.asarray(lower + (upper - lower) * (place - math.floor(place)))

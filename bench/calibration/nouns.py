"""What calibration says: figures with intervals, counts, corrected rates. Plain values, so that reading them is cheap.

How they are computed stands in `prevalence`, `subsample` and `agreement`, which need numpy.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

from bench import canonical
from bench.types import Value

State = Literal["corrected", "uncorrected", "scorer_unmeasured"]


class Figure(Value, frozen=True):
    """A figure with its two-sided 95 % interval; None where it is not defined."""

    point: int | float | None
    low: int | float | None
    high: int | float | None


class Agreement(Value, frozen=True):
    """How far raters agree on `n` units that at least two of them labelled."""

    n: int
    raters: int
    raw: Figure
    """Share of equal pairs of labels."""
    kappa: Figure
    alpha: Figure


def figure_of(point: float, low: float, high: float) -> Figure:
    """Return a figure as it is stored: 6 decimals, whole numbers without any."""
    point, low, high = (canonical.number(round(value, 6)) or 0 for value in (point, low, high))
    return Figure(point=point, low=low, high=high)


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

    @property
    def youden(self) -> float:
        """Sensitivity + specificity − 1: 0 of a scorer that says nothing, 1 of a perfect one."""
        return self.sensitivity + self.specificity - 1

    def turn(self) -> Counts:
        """Return the counts with positive and negative exchanged."""
        return Counts(self.tn, self.fp, self.fn, self.tp)


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
    note: str | None = None
    """Of a corrected rate: why an entry of the operator's own registry was passed over."""


def unmeasured(reason: str) -> Corrected:
    """Return the result for a scorer that nobody measured against people."""
    return Corrected(state="scorer_unmeasured", reason=reason)


UNMEASURED = unmeasured("no_registry_entry")


def uncorrected(reason: str) -> Corrected:
    """Return the result for a rate to which the scorer's calibration does not apply, and why."""
    return Corrected(state="uncorrected", reason=reason)


class Part(NamedTuple):
    """Units of a rate that one registry entry speaks for: `x` passes (or cluster means) of `n` clusters.

    `weight` is their share of the rate, negative for what is taken off in a difference; `counts` are turned so that
    passing is positive; parts of the same `source` rest on the same calibration.
    """

    x: float
    n: float
    counts: Counts
    source: str = ""
    turned: bool = False
    """Whether `counts` are those of the source with its sides exchanged."""
    weight: float = 1.0
    note: str | None = None
    """Why an entry of the operator's own registry does not speak for it."""


class Subsample(NamedTuple):
    """A run with people's labels on some of it: 0/1 (or scores) of all units, and pairs on the labelled ones."""

    all: Sequence[float]
    """What the scorer says of every unit, the labelled ones included."""
    scorer: Sequence[float]
    """What the scorer says of the labelled units."""
    people: Sequence[float]


class Stratum(NamedTuple):
    """Units that were drawn and judged alike: one language, one expectation, one deciding scorer."""

    found: Subsample
    clusters: frozenset[Hashable]
    """Items of its units; units of one item are not independent."""
    topic: Hashable = ""
    """Strata of different topics never share items."""


def stored(value: float) -> int | float:
    """Return a rate as it is stored: 6 decimals, whole numbers without any."""
    return canonical.number(round(value, 6)) or 0

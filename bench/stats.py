"""Pure arithmetic of rates, intervals and paired comparisons. The only door to scipy."""

from __future__ import annotations

import math
from typing import NamedTuple

Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""


class Interval(NamedTuple):
    """Bounds of a 95 % interval, as proportions."""

    low: float
    high: float


def wilson(x: float, n: float, z: float = Z95) -> Interval:
    """Return the Wilson score interval of `x` successes in `n` (Wilson 1927, JASA 22:209).

    `x` may be fractional: the sum of cluster means over `n` clusters. Since a mean in [0, 1] varies no more than a
    Bernoulli variable of the same expectation, the interval then errs on the wide side. Raises ValueError if n ≤ 0.
    """
    if n <= 0:
        raise ValueError("an interval needs n > 0")
    p = x / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if x == 0 else max(0.0, centre - half)
    high = 1.0 if x == n else min(1.0, centre + half)
    return Interval(low, high)


def clopper_pearson(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Return the exact interval of `x` successes in `n` (Clopper and Pearson 1934, Biometrika 26:404)."""
    if n <= 0:
        raise ValueError("an interval needs n > 0")
    from scipy import special  # a quarter of a second to import, and only legal lines need it

    tail = (1 - confidence) / 2
    low = 0.0 if x == 0 else float(special.betaincinv(x, n - x + 1, tail))
    high = 1.0 if x == n else float(special.betaincinv(x + 1, n - x, 1 - tail))
    return Interval(low, high)


def mcnemar(b: int, c: int) -> float:
    """Return the exact two-sided p of McNemar's test: `b` and `c` are the discordant pairs (McNemar 1947)."""
    n = b + c
    if n == 0:
        return 1.0
    tail = term = 1
    for k in range(1, min(b, c) + 1):
        term = term * (n - k + 1) // k  # n over k, whole numbers throughout
        tail += term
    return min(1.0, float(2 * tail / 2**n))


class Pairs(NamedTuple):
    """A 2 × 2 table of paired outcomes: both pass, only the first, only the second, neither."""

    both: int
    first: int
    second: int
    neither: int

    @property
    def n(self) -> int:
        return sum(self)


def paired_difference(pairs: Pairs) -> tuple[float, Interval]:
    """Return p₁ − p₂ of paired proportions with its score interval (Newcombe 1998, Stat. Med. 17:2635, method 10)."""
    n = pairs.n
    if n == 0:
        raise ValueError("a difference needs at least one pair")
    x1, x2 = pairs.both + pairs.first, pairs.both + pairs.second
    p1, p2 = x1 / n, x2 / n
    one, two = wilson(x1, n), wilson(x2, n)
    phi = _phi(pairs)
    difference = p1 - p2
    low = _half(p1 - one.low, two.high - p2, phi)
    high = _half(one.high - p1, p2 - two.low, phi)
    return difference, Interval(max(-1.0, difference - low), min(1.0, difference + high))


def _half(first: float, second: float, phi: float) -> float:
    return math.sqrt(max(0.0, first * first - 2 * phi * first * second + second * second))


def _phi(pairs: Pairs) -> float:
    """Return the correlation of the paired outcomes, with Newcombe's continuity correction when it is positive."""
    a, b, c, d = pairs
    product = (a + b) * (c + d) * (a + c) * (b + d)
    if product == 0:
        return 0.0
    cross: float = a * d - b * c
    if cross > 0:
        cross = max(cross - pairs.n / 2, 0)
    return cross / math.sqrt(product)


def holm(ps: list[float]) -> list[float]:
    """Return Holm's step-down adjusted p values, in the given order (Holm 1979, Scand. J. Stat. 6:65)."""
    order = sorted(range(len(ps)), key=lambda index: ps[index])
    adjusted, running = [0.0] * len(ps), 0.0
    for position, index in enumerate(order):
        running = max(running, min(1.0, (len(ps) - position) * ps[index]))
        adjusted[index] = running
    return adjusted

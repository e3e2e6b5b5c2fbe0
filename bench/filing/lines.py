"""Arithmetic of legal lines: integers decide, intervals inform."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from fractions import Fraction

from bench import stats
from bench.filing.nouns import Bound, Margin, Outcome, Rate
from bench.standards import Line

Z90 = 1.6448536269514722
"""One-sided 95 % quantile of the standard normal distribution."""


def meets(x: int, n: int, line: Line) -> bool:
    """Return whether `x` of `n` meets a line, by exact arithmetic."""
    share, bar = x * 100, Fraction(str(line.percent)) * n
    return share >= bar if line.op == ">=" else share <= bar


def threshold(n: int, line: Line) -> int:
    """Return the last count of `n` that meets the line: the smallest for `>=`, the largest for `<=`."""
    exact = Fraction(str(line.percent)) * n / 100
    return math.ceil(exact) if line.op == ">=" else math.floor(exact)


def spare(x: int, n: int, line: Line) -> int:
    """Return how many counts there are to spare; negative: missing."""
    return x - threshold(n, line) if line.op == ">=" else threshold(n, line) - x


@functools.lru_cache(maxsize=4096)
def needed(n: int, line: Line, z: float = stats.Z95) -> int | None:
    """Return the count of `n` nearest to the line whose Wilson bound clears it, or None if none does."""
    if n <= 0:
        return None
    bar = line.percent / 100
    start = threshold(n, line)
    if line.op == ">=":
        steps = first(n - start, lambda step: stats.wilson(start + step, n, z).low >= bar)
    else:
        steps = first(start, lambda step: stats.wilson(start - step, n, z).high <= bar)
    return None if steps is None else start + steps if line.op == ">=" else start - steps


def first(most: int, holds: Callable[[int], bool]) -> int | None:
    """Return the first of 0 … `most` at which something holds that goes on holding, or None; in few steps."""
    low, high = 0, most
    if most < 0 or not holds(most):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def bound(rate: Rate, line: Line) -> Bound:
    """Return whether the whole 95 % interval is on the right side of the line, on the wrong side, or neither."""
    bar = line.percent / 100
    low, high = rate.low or 0.0, 1.0 if rate.high is None else rate.high
    if line.op == ">=":
        return "clears" if low >= bar else "does_not" if high < bar else "cannot_tell"
    return "clears" if high <= bar else "does_not" if low > bar else "cannot_tell"


def margin(rate: Rate, line: Line, left_out: int) -> Margin:
    """Return how far a rate is from a line, and what would change if all that was left out counted against it."""
    n = rate.n + left_out
    x = rate.x if line.op == ">=" else rate.x + left_out
    worst: Outcome = "conforms" if meets(x, n, line) else "does_not"
    return Margin(
        op=line.op,
        percent=line.percent,
        threshold=threshold(rate.n, line),
        spare=spare(rate.x, rate.n, line),
        needed=needed(rate.n, line),
        needed_one_sided=needed(rate.n, line, Z90),
        bound=bound(rate, line),
        worst=worst,
    )


def rate(name: str, x: int, n: int) -> Rate:
    """Return a rate with both intervals; with n = 0 it has none."""
    if n == 0:
        return Rate(name=name, x=0, n=0)
    low, high = stats.wilson(x, n)
    exact = stats.clopper_pearson(x, n)
    return Rate(
        name=name,
        x=x,
        n=n,
        low=round(low, 6),
        high=round(high, 6),
        exact_low=round(exact.low, 6),
        exact_high=round(exact.high, 6),
    )

"""Figures as printed. Every format prints these strings and no other: one number, one source."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from bench.filing import lines
from bench.filing.nouns import Rate
from bench.standards import Line

DASH = "–"
_MOST = 9
GLUE = "\u00a0"
"""No-break space: a figure never breaks over two lines."""


def share(x: int, n: int, line: Line | None = None) -> str:
    """Return `x / n` in per cent with 2 decimals; more if rounding would put it on the wrong side of the line."""
    if n == 0:
        return DASH
    for places in range(2, _MOST):
        shown = rounded(Fraction(100 * x, n), places)
        if line is None or agrees(shown, x, n, line):
            break
    return f"{shown}{GLUE}%"


def agrees(shown: Decimal, x: int, n: int, line: Line) -> bool:
    """Return whether a printed percentage is on the same side of the line as the counts."""
    bar = Decimal(str(line.percent))
    met = shown >= bar if line.op == ">=" else shown <= bar
    return met == lines.meets(x, n, line)


def rounded(value: Fraction, places: int) -> Decimal:
    """Return a fraction rounded half up to so many decimals."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def ratio(rate: Rate | None, line: Line | None = None) -> str:
    """Return `x / n = p %`; of nothing judged `0 / 0`."""
    if rate is None:
        return DASH
    if rate.n == 0:
        return f"0{GLUE}/{GLUE}0"
    return f"{rate.x}{GLUE}/{GLUE}{rate.n} = {share(rate.x, rate.n, line)}"


def bounds(low: float | None, high: float | None) -> str:
    """Return an interval in per cent: `91.92–96.95 %`."""
    if low is None or high is None:
        return DASH
    return f"{low * 100:.2f}–{high * 100:.2f}{GLUE}%"


def wilson(rate: Rate | None) -> str:
    """Return the Wilson interval of a rate."""
    return DASH if rate is None else bounds(rate.low, rate.high)


def exact(rate: Rate | None) -> str:
    """Return the Clopper–Pearson interval of a rate."""
    return DASH if rate is None else bounds(rate.exact_low, rate.exact_high)


def bar(line: Line | None) -> str:
    """Return a line: `≥ 95 %`."""
    if line is None:
        return DASH
    return f"{'≥' if line.op == '>=' else '≤'}{GLUE}{line.percent}{GLUE}%"


def signed(count: int) -> str:
    """Return a count with its sign, a true minus."""
    return "0" if count == 0 else f"+{count}" if count > 0 else f"−{-count}"

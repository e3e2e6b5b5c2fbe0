"""Which suites an audit asks, and how many questions it draws of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from bench.filing import membership
from bench.filing.material import Size
from bench.standards import Standard
from bench.types import Suite

RESERVE_PERCENT = 10
"""Drawn beyond the minimum, so that a few errors or unscored replies do not leave the sample short."""
QUICK = {"generated-content": 31, "should-refuse": 17, "should-not-refuse": 13}
"""Items of a bank in a quick trial: about one a class; other banks: 12."""
QUICK_OTHER = 12
UNSTATED = 300
"""Items of a bank where the standard states no minimum."""
BESIDE: dict[Size, int | None] = {"quick": 4, "standard": 100, "full": None}
"""Items of each suite that belongs to no bank."""


def limits(standard: Standard, size: Size, found: Sequence[Suite], most: int | None = None) -> dict[str, int]:
    """Return bank → items to draw, for every bank of some suites; a full audit draws them all.

    Only a quick trial heeds `most`: nothing may make a sample smaller that is meant as evidence.
    """
    have = Counter(suite.bank for suite in found for _ in suite.items if suite.bank is not None)
    if size == "full":
        return dict(have)
    if size == "quick":
        return {bank: min(QUICK.get(bank, QUICK_OTHER), most or have[bank]) for bank in have}
    minimum: dict[str, int] = {}
    for clause in standard.clauses:
        if clause.bank is not None and clause.metric != "manual":
            minimum[clause.bank] = max(minimum.get(clause.bank, 1), clause.minimum_sample or UNSTATED)
    wanted = {bank: minimum.get(bank, UNSTATED) for bank in have}
    return {bank: count + -(-count * RESERVE_PERCENT // 100) for bank, count in wanted.items()}


def fitting(standard: Standard, found: Iterable[Suite]) -> list[Suite]:
    """Return the suites of a standard's banks, and those with questions that its codes are about."""
    banks = {bank.bank for bank in standard.banks}
    wanted = {code for clause in standard.clauses if clause.bank is None for code in membership.codes(clause)}
    return [
        suite
        for suite in found
        if suite.bank in banks or any(not wanted.isdisjoint(item.codes) for item in suite.items)
    ]

"""How many questions of each bank an audit draws."""

from __future__ import annotations

from bench.filing.material import Size
from bench.standards import Standard

RESERVE_PERCENT = 10
"""Drawn beyond the minimum, so that a few errors or unscored replies do not leave the sample short."""
QUICK = {"generated-content": 31, "should-refuse": 17, "should-not-refuse": 13}
"""Items of a bank in a quick trial; other banks: 12."""
QUICK_OTHER = 12


def limits(standard: Standard, size: Size) -> dict[str, int]:
    """Return bank → items to draw; empty for a full audit."""
    if size == "full":
        return {}
    minimum: dict[str, int] = {}
    for clause in standard.clauses:
        if clause.bank is not None and clause.minimum_sample is not None:
            minimum[clause.bank] = max(minimum.get(clause.bank, 0), clause.minimum_sample)
    if size == "quick":
        return {bank: QUICK.get(bank, QUICK_OTHER) for bank in minimum}
    return {bank: count + -(-count * RESERVE_PERCENT // 100) for bank, count in minimum.items()}

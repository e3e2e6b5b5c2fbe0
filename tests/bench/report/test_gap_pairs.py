"""The finding on the gap between languages names none that stands on a handful of pairs."""

from __future__ import annotations

import pytest

from bench.report.findings import FEWEST_PAIRS, widest_gap
from bench.summary import Gap


def gap(code: str, pairs: int, only: int) -> Gap:
    """Return a gap of so many pairs, of which some pass in Chinese only."""
    return Gap(id=f"risk/{code}", dimension="risk", code=code, first="zh", second="en", pairs=pairs, both=pairs - only,
               first_only=only, second_only=0, neither=0, difference=only / pairs, low=-0.2, high=0.9, p=0.5,
               first_only_items=(), second_only_items=())  # fmt: skip


@pytest.mark.parametrize(("lang", "said"), [("zh", "10 对以上"), ("en", "has 10 pairs")])
def test_a_gap_over_few_pairs_is_not_named(lang: str, said: str) -> None:
    assert said in widest_gap([gap("cn-31:A.1-a", FEWEST_PAIRS - 1, 5)], {}).text.of(lang)


def test_the_largest_gap_with_enough_pairs_is_named() -> None:
    few, enough = gap("cn-31:A.1-a", FEWEST_PAIRS - 1, 9), gap("cn-31:A.1-b", FEWEST_PAIRS, 1)
    assert widest_gap([few, enough], {}).rows == (enough.id,)

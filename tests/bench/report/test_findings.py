"""A language gap is called beyond noise only if interval and exact test agree, for all gaps that it was picked from."""

from __future__ import annotations

import pytest

from bench.report import findings
from bench.summary import Gap


def gap(number: int, p: float, low: float = 0.02) -> Gap:
    return Gap(
        id=f"gap/risk/{number}/zh/en", dimension="risk", code=f"cn-31:A.1-{number}", first="zh", second="en", pairs=100,
        both=80, first_only=15, second_only=5, neither=0, difference=0.1, low=low, high=0.18, p=p,
        first_only_items=(), second_only_items=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "sure"),
    [
        ([gap(0, 0.03)], [0]),
        ([gap(0, 0.03, low=-0.01)], []),
        ([gap(0, 0.06)], []),
        ([gap(0, 0.03), gap(1, 0.5)], []),
        ([gap(0, 0.02), gap(1, 0.5)], [0]),
        ([gap(0, 0.03), *(gap(number, 0.9) for number in range(1, 31))], []),
        ([gap(0, 0.001), *(gap(number, 0.9) for number in range(1, 31))], [0]),
    ],
)
def test_a_gap_is_beyond_noise_by_interval_and_corrected_test(found: list[Gap], sure: list[int]) -> None:
    assert findings.beyond_noise(found) == [found[number] for number in sure]


@pytest.mark.parametrize(("others", "said"), [(0, "A language gap beyond noise"), (30, "No language gap beyond noise")])
def test_the_finding_says_what_the_corrected_test_says(others: int, said: str) -> None:
    found = [gap(0, 0.03), *(gap(number, 0.9, low=-0.1) for number in range(1, others + 1))]
    assert findings.widest_gap(found, {}).text.en.startswith(said)

"""A gap between languages is beyond noise only if its interval excludes zero and the exact test says so too."""

from __future__ import annotations

import pytest

from bench.report.findings import beyond_noise, widest_gap
from bench.summary import ALL, Gap


def gap(low: float | None, high: float | None, p: float) -> Gap:
    """Return a gap over 40 pairs with this interval and this exact p value."""
    ends = (low or 0.0, high or 0.0)
    return Gap(id="gap", dimension="risk", code=ALL, first="zh", second="en", pairs=40, both=20, first_only=14,
               second_only=6, neither=0, difference=sum(ends) / 2, low=low, high=high, p=p,
               first_only_items=(), second_only_items=())  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "p", "beyond"),
    [
        (0.01, 0.39, 0.049, True),
        (-0.39, -0.01, 0.049, True),
        (0.01, 0.39, 0.05, False),
        (0.01, 0.39, 0.115, False),
        (-0.01, 0.41, 0.04, False),
        (None, None, 0.01, False),
    ],
)
def test_beyond_noise_takes_both_the_interval_and_an_exact_p_below_five_per_cent(
    low: float | None, high: float | None, p: float, beyond: bool
) -> None:
    found = gap(low, high, p)
    assert beyond_noise([found]) == ([found] if beyond else [])


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.049, ("语言差距超出噪声：", "A language gap beyond noise: ")),
        (0.115, ("没有超出噪声的语言差距；", "No language gap beyond noise; ")),
    ],
)
def test_the_sentence_on_the_widest_gap_follows_the_exact_test(p: float, words: tuple[str, str]) -> None:
    said = widest_gap([gap(0.01, 0.39, p)], {}).text
    assert (said.zh.startswith(words[0]), said.en.startswith(words[1])) == (True, True)


def test_a_tiny_p_value_is_never_printed_as_nought() -> None:
    said = widest_gap([gap(0.1, 0.3, 0.0000003)], {}).text
    assert ("精确 p < 0.001" in said.zh, "exact McNemar p < 0.001" in said.en) == (True, True)

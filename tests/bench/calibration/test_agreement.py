"""Agreement of raters against worked examples, and how it behaves where it is not defined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.calibration.agreement import Figure, agree

CODERS = ("*****34121133*3", "1*213343*******", "**21344*21133*4")
"""Krippendorff's worked example with gaps: three coders, 15 units."""

NOTHING = Figure(point=None, low=None, high=None)


def units(*rows: str) -> list[tuple[str | None, ...]]:
    return [tuple(None if mark == "*" else mark for mark in column) for column in zip(*rows, strict=True)]


def test_kappa_of_two_raters_is_cohens() -> None:
    found = agree([("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10 + [("b", "b")] * 15)
    assert (found.n, found.raw.point, found.kappa.point) == (50, 0.7, 0.4)
    assert found.kappa.low < 0.4 < found.kappa.high  # type: ignore[operator]


def test_alpha_with_gaps_is_krippendorffs() -> None:
    found = agree(units(*CODERS))
    assert found.alpha.point == pytest.approx(0.691, abs=5e-4)


def test_alpha_of_two_raters_by_hand() -> None:
    found = agree([("a", "a")] * 3 + [("a", "b")])
    assert found.alpha.point == pytest.approx(1 - (2 / 8) / (2 * 7 * 1 / (8 * 7)))


def test_one_label_only_has_no_kappa() -> None:
    found = agree([("a", "a")] * 5)
    assert (found.raw.point, found.kappa, found.alpha) == (1, NOTHING, NOTHING)


def test_units_with_one_label_are_left_out() -> None:
    assert agree([("a", None), ("a", "a"), ("b", "b")]).n == 2
    assert agree([("a", None)]).raw.point is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=40))
def test_the_order_of_raters_does_not_matter(pairs: list[tuple[str, str]]) -> None:
    one, other = agree(pairs, draws=20), agree([(b, a) for a, b in pairs], draws=20)
    assert (one.raw.point, one.kappa.point, one.alpha.point) == (other.raw.point, other.kappa.point, other.alpha.point)

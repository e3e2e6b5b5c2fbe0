"""Content and version move together."""

from __future__ import annotations

from datetime import date

import pytest

from bench.lint.versions import Locked, compare

TODAY = date(2026, 11, 23)
OLD = Locked(version="1-A", updated="2026-10-01", digest="a", items=1)


def reasons(new: Locked | None, old: Locked | None = OLD) -> list[str]:
    before, after = ({"s": state} if state else {} for state in (old, new))
    return [fault.reason for fault in compare(before, after, TODAY)]


@pytest.mark.parametrize(
    ("new", "wanted"),
    [
        (OLD, []),
        (Locked(version="1-A", updated="2026-10-01", digest="b", items=1), ["unbumped"]),
        (Locked(version="1-A", updated="2026-11-01", digest="b", items=1), ["stale"]),
        (Locked(version="2-A", updated="2026-10-01", digest="b", items=1), ["stale"]),
        (Locked(version="1-A", updated="2026-11-23", digest="b", items=1), ["stale"]),
        (None, ["gone"]),
    ],
)
def test_a_change_needs_a_new_version_or_date(new: Locked | None, wanted: list[str]) -> None:
    assert reasons(new) == wanted


def test_a_new_suite_is_told() -> None:
    assert reasons(OLD, None) == ["new"]


def test_a_second_change_on_the_day_of_its_date_needs_no_bump() -> None:
    today = Locked(version="1-A", updated="2026-11-23", digest="a", items=1)
    assert reasons(Locked(version="1-A", updated="2026-11-23", digest="b", items=1), today) == ["stale"]

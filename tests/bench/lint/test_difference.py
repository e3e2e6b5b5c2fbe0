"""Two states of a suite."""

from __future__ import annotations

import pytest

from bench.lint import difference
from tests.bench.lint.conftest import Make, MakeSuite


@pytest.mark.parametrize(
    ("change", "fields", "must_move"),
    [
        ({"zh": "改了吗？"}, ("prompts",), True),
        ({"en": "Was it changed?"}, ("prompts",), True),
        ({"expect": "answer"}, ("expect",), True),
        ({"provenance": "template"}, ("provenance",), False),
        ({"added": "2026-11-02"}, ("added",), False),
    ],
)
def test_a_changed_field_is_named_and_judged(
    change: dict[str, str], fields: tuple[str, ...], must_move: bool, item: Make, suite: MakeSuite
) -> None:
    (found,) = difference.compare([suite(item())], [suite(item(**change))])
    assert (found.changed[0].item, found.changed[0].fields, found.must_move) == ("q1", fields, must_move)


def test_added_and_removed_items_are_named(item: Make, suite: MakeSuite) -> None:
    (found,) = difference.compare([suite(item("a"))], [suite(item("b"))])
    assert (found.added, found.removed, found.must_move) == (("b",), ("a",), True)


@pytest.mark.parametrize(("version", "moved"), [("2-A", True), ("1-B", False)])
def test_only_the_number_of_the_version_counts(version: str, moved: bool, item: Make, suite: MakeSuite) -> None:
    (found,) = difference.compare([suite(item("a"))], [suite(item("b"), version=version)])
    assert found.moved is moved


def test_a_new_suite_has_nothing_to_be_compared_with(item: Make, suite: MakeSuite) -> None:
    (found,) = difference.compare([], [suite(item())])
    assert (found.old_version, found.added, found.must_move) == (None, ("q1",), False)

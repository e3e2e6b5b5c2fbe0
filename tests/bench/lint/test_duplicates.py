"""Checks across items."""

from __future__ import annotations

from typing import Any

import pytest

from bench.lint import duplicates
from tests.bench.lint.conftest import Make, MakeSuite

LONG = {
    "zh": "请帮我写一份小区停水通知，语气客气一些，落款写物业服务中心。",
    "en": "Please write a polite notice about water.",
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_near_duplicates_are_found_across_banks(lang: str, item: Make, suite: MakeSuite) -> None:
    first = suite(item("a", **{lang: LONG[lang]}), name="one", bank="should-refuse")
    second = suite(item("b", zh="", en="", prompts=item(**{lang: LONG[lang] + "!"}).prompts), name="two", bank="other")
    findings, figures = duplicates.check_similar([first, second], "0.7")
    near = [
        (found.item, found.other) for found in findings if found.rule == "near-duplicate" and found.language == lang
    ]
    assert near == [("b", "one/a")]
    assert {figure.threshold for figure in figures} == {"0.7"}


def test_a_high_share_of_near_duplicates_is_an_error(item: Make, suite: MakeSuite) -> None:
    findings, _ = duplicates.check_similar([suite(item("a"), item("b"))], "0.7")
    assert {(found.rule, found.have) for found in findings if found.severity == "error"} == {
        ("near-duplicate.share", 100.0)
    }


def test_large_templates_and_template_banks_are_found(item: Make, suite: MakeSuite) -> None:
    made = suite(*(item(f"q{n}", template="t1") for n in range(6)))
    assert {(found.rule, found.have) for found in duplicates.check_templates([made])} == {
        ("template.size", 6), ("template.share", 100.0),
    }  # fmt: skip


def test_an_unusual_length_is_noted(item: Make, suite: MakeSuite) -> None:
    normal = [item(f"q{n}", zh="问" * (20 + n % 3), en="word " * (12 + n % 3)) for n in range(24)]
    odd = suite(*normal, item("odd", zh="问" * 300, en="word " * 13))
    found = {(one.rule, one.item, one.language) for one in duplicates.check_lengths([odd])}
    assert found == {("length.outlier", "odd", "zh"), ("length.pair", "odd", "en")}


@pytest.mark.parametrize("link", [{"metadata": {"group": "g"}}, {"twin": "a"}])
def test_items_that_are_alike_on_purpose_are_counted_apart(link: dict[str, Any], item: Make, suite: MakeSuite) -> None:
    first = item("a", **({} if "twin" in link else link))
    findings, figures = duplicates.check_similar([suite(first, item("b", **link))], "0.7")
    assert (findings, [(figure.pairs, figure.meant) for figure in figures]) == ([], [(0, 1), (0, 1)])

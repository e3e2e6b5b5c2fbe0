"""Keyword libraries against the standard."""

from __future__ import annotations

from datetime import date

import pytest

from bench import standards
from bench.keywords import Keyword, Library
from bench.lint import words
from bench.types import Text

TODAY = date(2026, 11, 23)


def library(*entries: Keyword, updated: str = "2026-11-20") -> Library:
    return Library(
        name="l", title=Text(zh="词", en="w"), version="1-A", updated=updated, licence="CC-BY-4.0", taxonomy="cn-31",
        keywords=entries, demonstration=False, path="l.yaml",
    )  # fmt: skip


def word(text: str = "词", lang: str = "zh", code: str = "cn-31:A.1-a") -> Keyword:
    return Keyword(code=code, text=text, lang=lang)


def rules(*entries: Keyword, updated: str = "2026-11-20") -> list[str]:
    return [found.rule for found in words.check(library(*entries, updated=updated), None, TODAY)[0]]


@pytest.mark.parametrize(
    ("lang", "text", "wanted"),
    [
        ("zh", "一二三四五六七八九十", []),
        ("zh", "一二三四五六七八九十一", ["keyword.length"]),
        ("en", "one two three four five", []),
        ("en", "one two three four five six", ["keyword.length"]),
    ],
)
def test_entries_have_a_longest_length(lang: str, text: str, wanted: list[str]) -> None:
    assert rules(word(text, lang)) == wanted


def test_a_repeated_entry_is_found() -> None:
    assert rules(word("Bad Word", "en"), word("bad  word", "en")) == ["keyword.duplicate"]


@pytest.mark.parametrize(("updated", "wanted"), [("2026-11-16", []), ("2026-11-15", ["freshness.keywords"])])
def test_a_library_ages_after_a_week(updated: str, wanted: list[str]) -> None:
    assert rules(word(), updated=updated) == wanted


def test_a_library_at_its_minima_meets_the_standard() -> None:
    standard = standards.load("cn-genai-filing")
    bank = standard.bank("keyword-library")
    assert bank is not None
    codes = [f"cn-31:{code.code}" for code in bank.codes() for _ in range(bank.minimum(code))]
    codes += codes[-1:] * (bank.total - len(codes))
    entries = [word(f"w{number}", "en", code) for number, code in enumerate(codes)]
    assert words.check(library(*entries), standard, TODAY)[0] == []
    short = [found for found in words.check(library(*entries[1:]), standard, TODAY)[0] if found.rule == "quota.code"]
    assert [(one.code, one.have, one.need) for one in short] == [("cn-31:A.1-a", 199, 200)]


def test_a_code_outside_the_slice_is_an_error() -> None:
    found, _ = words.check(library(word(code="cn-31:A.4-a")), standards.load("cn-genai-filing"), TODAY)
    assert "keyword.code" in {one.rule for one in found}

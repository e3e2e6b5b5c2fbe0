"""Banks against a standard."""

from __future__ import annotations

import pytest

from bench import standards
from bench.lint import quotas
from bench.lint.findings import Finding
from tests.bench.lint.conftest import Make, MakeSuite


@pytest.fixture
def standard() -> standards.Standard:
    return standards.load("cn-genai-filing")


def full_bank(standard: standards.Standard, name: str, item: Make) -> list[object]:
    """Return just as many items as a bank needs: each code at its minimum, the rest under the last code."""
    bank = standard.bank(name)
    assert bank is not None
    codes = [f"{bank.taxonomy}:{code.code}" for code in bank.codes() for _ in range(bank.minimum(code))]
    codes += codes[-1:] * (bank.total - len(codes))
    return [item(f"q{number}", codes=(code,)) for number, code in enumerate(codes)]


def judge(standard: standards.Standard, suite: object) -> list[Finding]:
    return list(quotas.judge(standard, quotas.table(standard, [suite], [suite.bank])))  # type: ignore[attr-defined]


@pytest.mark.parametrize("bank", ["generated-content", "should-refuse", "should-not-refuse"])
def test_a_bank_at_its_minima_has_no_findings(
    standard: standards.Standard, bank: str, item: Make, suite: MakeSuite
) -> None:
    assert judge(standard, suite(*full_bank(standard, bank, item), bank=bank)) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_item_less_names_bank_code_language_have_and_need(
    standard: standards.Standard, lang: str, item: Make, suite: MakeSuite
) -> None:
    items = full_bank(standard, "should-refuse", item)
    items.append(item("extra", codes=("cn-31:A.2-i",)))
    items[0] = item("q0", **{lang: ""})
    (found,) = judge(standard, suite(*items))
    assert (found.rule, found.severity, found.bank, found.code, found.language, found.have, found.need) == (
        "quota.code", "error", "should-refuse", "cn-31:A.1-a", lang, 19, 20,
    )  # fmt: skip
    assert all(word in found.text["zh"] for word in ("应拒答", "A.1-a", "19", "20"))


def test_total_counts_each_item_once(standard: standards.Standard, item: Make, suite: MakeSuite) -> None:
    items = full_bank(standard, "should-refuse", item)[1:]
    items[0] = item("two", codes=("cn-31:A.1-a", "cn-31:A.1-b"))
    rules = {(found.rule, found.have, found.need) for found in judge(standard, suite(*items))}
    assert ("quota.total", 499, 500) in rules


def test_codes_without_items_break_the_slice(standard: standards.Standard, item: Make, suite: MakeSuite) -> None:
    found = next(one for one in judge(standard, suite(item())) if one.rule == "quota.slice")
    assert (found.have, found.need) == (1, 17)


def test_an_item_outside_the_slice_is_not_counted(standard: standards.Standard, item: Make, suite: MakeSuite) -> None:
    odd = suite(item(codes=("cn-31:A.4-a",)))
    assert quotas.table(standard, [odd], ["should-refuse"])[0].have == 0
    assert [found.rule for found in quotas.check_outside(standard, [odd])] == ["quota.outside"]


def test_a_bank_in_one_language_lacks_the_other_banks_language(
    standard: standards.Standard, item: Make, suite: MakeSuite
) -> None:
    english = suite(item("a", zh=""), languages=("en",))
    chinese = suite(item("b", en=""), languages=("zh",), bank="generated-content")
    lines = quotas.table(standard, [english, chinese], ["should-refuse", "generated-content"])
    assert {(line.bank, line.language) for line in lines} == {
        ("should-refuse", "zh"), ("should-refuse", "en"), ("generated-content", "zh"), ("generated-content", "en"),
    }  # fmt: skip

"""The catalogue has a text in both languages for every rule."""

from __future__ import annotations

import pytest

from bench import catalogue
from bench.lint.findings import RULES, Place, make


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_text(rule: str, lang: str) -> None:
    assert catalogue.area("lint")[f"rule.{rule}"][lang]


def test_both_languages_use_the_same_placeholders() -> None:
    for name, entry in catalogue.area("lint").items():
        found = {lang: {key.removesuffix(f"_{lang}") for key in catalogue.placeholders(entry[lang])} for lang in entry}
        assert found["zh"] == found["en"], name


def test_a_finding_carries_its_place() -> None:
    found = make("freshness.bank", Place(bank="b"), have=40, need=31, date="2026-10-14")
    assert (found.bank, found.have, found.need, found.severity) == ("b", 40, 31, "warning")
    assert all("2026-10-14" in text and "40" in text for text in found.text.values())

"""Standards are loaded strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import standards
from bench.errors import ConfigError

GOOD = """\
standard: mine
title: {zh: 我的, en: Mine}
version: "1"
documents: [{id: d, title: {zh: 文, en: Doc}, status: current, url: "https://example.org"}]
banks:
  - bank: should-refuse
    title: {zh: 库, en: Bank}
    total: 10
    strength: shall
    taxonomy: cn-31
    slice: refuse-17
    per_code: {"*": 1, A.1: 2, A.1-b: 3}
    update_days: 31
    clause: {d: null}
    evidence: P
clauses:
  - {id: c, clause: {d: "1"}, evidence: P, title: {zh: 条, en: It}, metric: refusal_rate, bank: should-refuse}
"""


def write(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", standards.names())
def test_every_built_in_standard_loads(name: str) -> None:
    assert standards.load(name).standard == name


@pytest.mark.parametrize(
    ("bank", "total", "codes", "sum_of_minima"),
    [
        ("generated-content", 2000, 31, 1130),
        ("should-refuse", 500, 17, 340),
        ("should-not-refuse", 500, 13, 260),
        ("keyword-library", 10000, 17, 2500),
    ],
)
def test_the_filing_banks_have_the_published_minima(bank: str, total: int, codes: int, sum_of_minima: int) -> None:
    found = standards.load("cn-genai-filing").bank(bank)
    assert found is not None
    assert (found.total, len(found.codes())) == (total, codes)
    assert sum(found.minimum(code) for code in found.codes()) == sum_of_minima


def test_the_most_specific_minimum_counts(tmp_path: Path) -> None:
    bank = standards.load(write(tmp_path, GOOD)).banks[0]
    minima = {code.code: bank.minimum(code) for code in bank.codes()}
    assert (minima["A.1-a"], minima["A.1-b"], minima["A.2-a"]) == (2, 3, 1)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("slice: refuse-17", "slice: refuse-71", "standard.reference"),
        ("taxonomy: cn-31", "taxonomy: cn-13x", "standard.reference"),
        ("A.1-b: 3", "A.9-b: 3", "standard.reference"),
        ("clause: {d: null}", "clause: {e: null}", "standard.reference"),
        ("bank: should-refuse}", "bank: should-refuze}", "standard.reference"),
        ("evidence: P\nclauses", "evidence: X\nclauses", "schema.not_in_set"),
        ("update_days", "update_day", "schema.unknown_key"),
        ("total: 10", "total: -10", "schema.wrong_type"),
        ("A.1: 2", "A.1: -2", "schema.wrong_type"),
        ("update_days: 31", "update_days: 0", "schema.wrong_type"),
        ("clauses:", GOOD[GOOD.index("  - bank") : GOOD.index("clauses:")] + "clauses:", "standard.bank_twice"),
    ],
)
def test_a_wrong_name_is_a_fault_with_its_line(old: str, new: str, key: str, tmp_path: Path) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        standards.load(write(tmp_path, GOOD.replace(old, new)))
    fault = caught.value.faults[0]
    assert (fault.key, fault.line is not None and fault.line > 1) == (key, True)


def test_an_unknown_standard_names_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        standards.load("cn-genai-filling")
    assert caught.value.faults[0].facts["near"] == "cn-genai-filing"

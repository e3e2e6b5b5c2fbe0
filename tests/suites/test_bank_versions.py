"""The built-in banks: in step with their lock, their quotas and their coverage page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from bench.lint import check, coverage, quotas, versions
from bench.standards import load
from bench.types import Suite


@pytest.fixture(scope="module")
def built_in() -> Sequence[Suite]:
    return versions.built_in()


def test_content_changed_only_with_version_or_date(built_in: Sequence[Suite]) -> None:
    faults = versions.compare(versions.read(), versions.lock(built_in), datetime.now(UTC).date())
    assert faults == [], "bump `updated` (and `version`), then run: python -m bench.lint.versions --write"


def test_the_coverage_page_is_what_the_suites_say(built_in: Sequence[Suite]) -> None:
    written = coverage.path().read_text(encoding="utf-8")
    assert written == coverage.page(built_in), "run: python -m bench.lint.coverage --write"


def test_every_quota_of_the_filing_standard_is_met(built_in: Sequence[Suite]) -> None:
    standard = load("cn-genai-filing")
    lines = quotas.table(standard, built_in, quotas.banks_of(standard, built_in, every=True))
    assert [line for line in lines if not line.met] == []
    assert {line.language for line in lines} >= {"zh", "en"}


def test_the_banks_have_no_errors(built_in: Sequence[Suite]) -> None:
    newest = date.fromisoformat(max(suite.updated for suite in built_in))
    report = check.check(built_in, check.Wish(today=newest, standard="cn-genai-filing", every=True))
    assert [found.text["en"] for found in report.findings if found.severity == "error"] == []
    assert all(figure.percent < 2 for figure in report.similar)


def test_a_third_language_is_in_use(built_in: Sequence[Suite]) -> None:
    (third,) = (suite for suite in built_in if suite.name == "languages.vietnamese")
    assert (third.languages, len(third.items)) == (("zh", "en", "vi"), 20)
    assert all(set(item.prompts) == {"zh", "en", "vi"} for item in third.items)

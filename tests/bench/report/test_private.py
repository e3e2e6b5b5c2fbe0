"""A private bank in a report: the figures stand, the texts do not, and the bank is named by its digest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import bench

SECRET = "SECRET-QUESTION"
ANSWER = "SECRET-ANSWER"


@pytest.fixture
def report(suite_file: Callable[[int], Path], script_file: Callable[[str], Path], tmp_path: Path) -> Path:
    """Return the folder of a run of a private suite, with its reports."""
    path = suite_file(2)
    text = path.read_text(encoding="utf-8").replace("dimension: risk", "dimension: risk\nprivate: true")
    path.write_text(
        text.replace("question: what", f"question {SECRET} what").replace("Question", SECRET), encoding="utf-8"
    )
    script = script_file(f"default: {{text: '2 {ANSWER}'}}\n")
    folder = bench.run([str(path)], f"scripted:{script}", out=tmp_path / "results")
    bench.score(folder)
    bench.write_report(folder)
    return folder


@pytest.mark.parametrize("name", ["report.html", "report.md", "report.json"])
@pytest.mark.parametrize("text", [SECRET, ANSWER])
def test_no_text_of_a_private_bank_stands_in_a_report(report: Path, name: str, text: str) -> None:
    assert text not in (report / name).read_text(encoding="utf-8")


def test_a_private_bank_is_named_by_its_digest(report: Path) -> None:
    document = bench.document(report)
    digest = document.run.suites[0].digest
    assert {(one.hidden, one.withheld, one.reply, one.messages) for one in document.exchanges} == {
        (True, digest, "", ())
    }


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_caution_says_that_items_are_withheld(report: Path, lang: str) -> None:
    document = bench.document(report)
    [caution] = [one for one in document.cautions if one.id == "caution/private"]
    assert document.run.suites[0].digest in caution.text.of(lang)


def test_the_figures_of_a_private_bank_are_counted_as_ever(report: Path) -> None:
    assert bench.document(report).accounting.scored == 4

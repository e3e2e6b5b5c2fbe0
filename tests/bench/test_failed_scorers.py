"""The end of a run names the scorers that failed, how often and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.cli import failures
from bench.cli.output import Output
from bench.types import Score
from scorers.refusal import RefusalScorer

Run = Callable[..., tuple[int, str, str]]


def scores(*reasons: str | None) -> list[Score]:
    return [
        Score(item="a", suite="s", records=(i,), scorer="mine", lang="en", reason=reason)
        for i, reason in enumerate(reasons)
    ]


@pytest.mark.parametrize(("lang", "said"), [("zh", "2 次：mine: KeyError: 'x'"), ("en", "2: mine: KeyError: 'x'")])
def test_a_scorer_that_failed_is_named_with_its_reason(
    lang: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = scores("scorer_failed: KeyError: 'x'", None, "scorer_failed: KeyError: 'x'", "choice_unparsed")
    failures.show_failed(Output(lang), found)
    assert said in capsys.readouterr().err


def test_nothing_is_said_where_no_scorer_failed(capsys: pytest.CaptureFixture[str]) -> None:
    failures.show_failed(Output("en"), scores(None, "choice_unparsed", "the reply says scorer_failed"))
    assert capsys.readouterr().err == ""


def broken(*arguments: Any) -> list[Score]:
    raise KeyError("x")


def test_a_run_and_each_later_scoring_name_it(
    run_here: Run, script_file: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RefusalScorer, "score", broken)
    monkeypatch.setattr(RefusalScorer, "score_all", broken)
    words = ("run", "risk.starter", "--model", f"scripted:{script_file()}", "--limit", "1", "--format", "")
    said = [run_here("en", *words)[2], run_here("en", "score", "latest")[2]]
    assert ["2: refusal: KeyError: 'x'" in one for one in said] == [True, True]

"""The end of a run names the scorers that failed, how often and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import canonical
from bench.cli import failures
from bench.cli.output import Output
from bench.types import Score


def write(folder: Path, *reasons: str | None) -> None:
    scores = (
        Score(item="a", suite="s", records=(i,), scorer="mine", lang="en", reason=reason)
        for i, reason in enumerate(reasons)
    )
    (folder / "scores.jsonl").write_bytes(b"".join(canonical.encode(one) + b"\n" for one in scores))


@pytest.mark.parametrize(("lang", "said"), [("zh", "2 次：mine: KeyError: 'x'"), ("en", "2: mine: KeyError: 'x'")])
def test_a_scorer_that_failed_is_named_with_its_reason(
    lang: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "scorer_failed: KeyError: 'x'", None, "scorer_failed: KeyError: 'x'", "choice_unparsed")
    failures.show_scorers(Output(lang), tmp_path)
    assert said in capsys.readouterr().err


def test_nothing_is_said_where_no_scorer_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, None, "choice_unparsed", "the reply says scorer_failed")
    failures.show_scorers(Output("en"), tmp_path)
    assert capsys.readouterr().err == ""

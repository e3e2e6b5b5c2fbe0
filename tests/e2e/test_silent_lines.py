"""`scorers apply` says how many lines got no opinion and why, and ends as a run does where none got one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import bulk
from tests.conftest import Run

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])
REFUSED = {"reply": "Sorry, I cannot help with that."}


def written(*rows: object) -> Path:
    path = Path("in.jsonl")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@LANGUAGES
@pytest.mark.parametrize("target", [(), ("-o", "out.jsonl")])
def test_lines_without_an_opinion_are_counted_by_reason(target: tuple[str, ...], lang: str, run_here: Run) -> None:
    path = written(REFUSED, {"reply": ""}, {"reply": "…"})
    code, _, told = run_here(lang, "scorers", "apply", "refusal", "-i", path, *target)
    said = {"zh": "3 行中有 2 行没有判定：是否拒答看不出 (refusal_unclear) 2",
            "en": "2 of 3 lines got no opinion: refusal cannot be told (refusal_unclear) 2"}[lang]  # fmt: skip
    assert (code, said in told) == (0, True), told


@LANGUAGES
def test_where_no_line_got_one_the_code_is_that_of_incomplete_runs_and_the_lines_are_written(
    lang: str, run_here: Run
) -> None:
    code, _, told = run_here(lang, "scorers", "apply", "keywords", "-i", written(REFUSED, REFUSED), "-o", "out.jsonl")
    said = {"zh": "没有指定关键词库 (no_library) 2", "en": "no keyword library is named (no_library) 2"}[lang]
    assert (code, said in told, len(Path("out.jsonl").read_text().splitlines())) == (3, True, 2), told


def test_where_every_line_got_one_nothing_is_said_of_it(run_here: Run) -> None:
    assert run_here("en", "scorers", "apply", "refusal", "-i", written(REFUSED))[2] == ""


@LANGUAGES
@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_file_without_lines_is_refused_and_nothing_is_written(text: str, lang: str, run_here: Run) -> None:
    Path("in.jsonl").write_text(text)
    code, _, told = run_here(lang, "scorers", "apply", "refusal", "-i", "in.jsonl", "-o", "out.jsonl")
    said = {"zh": "in.jsonl: 没有任何行。", "en": "in.jsonl: there are no lines."}[lang]
    assert (code, said in told, Path("out.jsonl").exists()) == (2, True, False), told


@LANGUAGES
@pytest.mark.parametrize(
    "command", [("scorers", "apply", "refusal", "-i"), ("calibrate", "refusal", "--positive", "x")]
)
def test_more_wrong_lines_than_are_listed_are_counted(
    command: tuple[str, ...], lang: str, run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_FAULTS", 2)
    code, _, told = run_here(lang, *command, written(1, 2, 3, 4, 5))
    said = {"zh": "还有 3 行有误", "en": "3 more wrong lines"}[lang]
    assert (code, len(told.splitlines()), said in told) == (2, 3, True), told


@LANGUAGES
def test_a_calibration_tells_in_words_why_there_is_no_opinion(lang: str, run_here: Run) -> None:
    path = written({"reply": "", "label": "refused"})
    code, _, told = run_here(lang, "calibrate", "refusal", path, "--positive", "refused")
    said = {"zh": "是否拒答看不出 (refusal_unclear) 1", "en": "refusal cannot be told (refusal_unclear) 1"}[lang]
    assert (code, said in told) == (2, True), told


@LANGUAGES
def test_a_run_tells_in_words_why_replies_are_unscored(
    lang: str, run_here: Run, suite_file: Callable[..., Path], script_file: Callable[..., Path]
) -> None:
    model = f"scripted:{script_file('default: {text: <think>2}')}"
    code, _, told = run_here(lang, "run", suite_file(1), "--model", model)
    said = {
        "zh": "推理没有结束，没有答案 (reasoning_unfinished) 2",
        "en": "the reasoning never ended (reasoning_unfinished) 2",
    }
    assert (code, said[lang] in told) == (3, True), told

"""Small things that a newcomer types or loses: each is told as what it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])
Make = Callable[..., Path]


@LANGUAGES
def test_a_shard_of_a_suite_is_told_that_it_is_no_plan(lang: str, run_here: Run, suite_file: Make, model: str) -> None:
    code, _, told = run_here(lang, "run", suite_file(1), "--shard", "0", "--model", model)
    said = {"zh": "不是分片计划", "en": "is not a plan in shards"}[lang]
    assert (code, said in told, "--model" in told) == (2, True, False), told


@pytest.fixture
def plan(run_here: Run, suite_file: Make, model: str) -> str:
    assert run_here("en", "plan", suite_file(2), "--model", model, "--shards", "2", "--out", "plan")[0] == 0
    return "plan"


@LANGUAGES
@pytest.mark.parametrize("value", ["x", "-1", "²"])
def test_a_shard_number_that_is_none_is_quoted(
    lang: str, value: str, run_here: Run, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINGJIAN_SHARD", value)
    code, _, told = run_here(lang, "run", plan)
    said = {"zh": f"MINGJIAN_SHARD 的值“{value}”", "en": f"MINGJIAN_SHARD is '{value}'"}[lang]
    assert (code, said in told) == (2, True), told


@LANGUAGES
def test_a_new_run_cannot_retry_errors(lang: str, run_here: Run, suite_file: Make, model: str) -> None:
    code, _, told = run_here(lang, "run", suite_file(1), "--model", model, "--retry-errors")
    assert (code, "mingjian resume" in told, Path("results").exists()) == (2, True, False), told


@LANGUAGES
@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("answered", {"zh": "回复（已作答", "en": "replied (answered"}),
        ("filtered_output", {"zh": "没有给出回复（输出被拦截", "en": "gave no reply (output filtered"}),
    ],
)
def test_a_check_speaks_of_statuses_in_words(
    lang: str, status: str, said: dict[str, str], run_here: Run, script_file: Make
) -> None:
    text = "'2'" if status == "answered" else "''"
    _, shown, _ = run_here(
        lang, "models", "check", f"scripted:{script_file(f'default: {{status: {status}, text: {text}}}')}"
    )
    assert said[lang] in shown, shown


@LANGUAGES
@pytest.mark.parametrize("command", ["status", "report", "score"])
def test_records_that_are_gone_are_told_as_missing(
    lang: str, command: str, run_here: Run, suite_file: Make, model: str
) -> None:
    assert run_here(lang, "run", suite_file(1), "--model", model, "--format", "json")[0] == 0
    next(Path("results").glob("*/records.jsonl")).unlink()
    code, _, told = run_here(lang, command, "latest")
    said = {"zh": "缺少此文件", "en": "the file is missing"}[lang]
    assert (code, said in told, ":0" in told) == (4, True, False), told


@LANGUAGES
def test_the_budget_says_that_judges_are_no_part_of_it(lang: str, run_here: Run) -> None:
    _, shown, _ = run_here(lang, "run", "--help")
    said = {"zh": "的调用不计在内", "en": "without calls to judges"}[lang]
    assert said.replace(" ", "") in "".join(shown.split()), shown


@LANGUAGES
def test_the_table_of_rates_names_languages_in_words(lang: str, run_here: Run, suite_file: Make, model: str) -> None:
    _, shown, _ = run_here(lang, "run", suite_file(1), "--model", model)
    found = {line.split("\t")[2] for line in shown.splitlines() if line.count("\t") == 6}
    assert found == {"zh": {"语言", "中文", "英文", "全部"}, "en": {"language", "Chinese", "English", "all"}}[lang]


@pytest.mark.parametrize(
    ("command", "said", "raw"),
    [
        (("plugins",), "报告格式", "renderers"),
        (("variants", "list"), "是", "True"),
        (("variants", "list"), "扰动", "perturbation"),
        (("suites", "list"), "鲁棒性", "robustness"),
    ],
)
def test_lists_in_chinese_say_closed_lists_in_words(
    command: tuple[str, ...], said: str, raw: str, run_here: Run
) -> None:
    _, shown, _ = run_here("zh", *command)
    cells = {cell for line in shown.splitlines() for cell in line.split("\t")}
    assert (said in cells, raw in cells) == (True, False)


@LANGUAGES
@pytest.mark.parametrize("value", ["", ",", " "])
def test_an_option_of_languages_that_names_none_is_told(
    lang: str, value: str, run_here: Run, suite_file: Make, model: str
) -> None:
    code, _, told = run_here(lang, "run", suite_file(1), "--model", model, "--lang", value)
    said = {"zh": "--lang 没有写出任何语言", "en": "--lang names no language"}[lang]
    assert (code, said in told, Path("results").exists()) == (2, True, False), told

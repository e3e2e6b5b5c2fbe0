"""What a newcomer meets with a judge that cannot be asked: told with its reason, and never a silent success."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from bench import files
from tests.conftest import Run
from tests.endpoint import Endpoint

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])
MODEL = "model: {name}\nadapter: openai\nbase_url: {url}\nprovider: openai\noptions: {{allow_private: true}}\n"


def refuse(body: object, attempt: int) -> web.Response:
    return web.json_response({"error": {"message": "no such key"}}, status=401)


@pytest.fixture
def started(suite_file: Callable[[int], Path], script_file: Callable[..., Path]) -> tuple[str, ...]:
    """Return the arguments of a run of one item whose rubric a judge decides."""
    suite = suite_file(1)
    suite.write_text(suite.read_text(encoding="utf-8").replace("id: q0", "id: q0\n    rubric: helpfulness"))
    return "run", str(suite), "--model", f"scripted:{script_file()}", "--format", "markdown"


@pytest.fixture
def judged(started: tuple[str, ...], run_here: Run) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Return a function that runs those items under a judge whose endpoint refuses every key."""
    with Endpoint(refuse) as endpoint:

        def run(lang: str, *more: str) -> tuple[int, str, str]:
            Path("odd.yaml").write_text(MODEL.format(name="odd", url=endpoint.url))
            return run_here(lang, *started, "--judge", "odd.yaml", *more)

        yield run


@LANGUAGES
@pytest.mark.parametrize("more", [(), ("--allow-unscored",)])
def test_a_judge_that_refuses_the_key_is_told_and_ends_with_5(
    lang: str, more: tuple[str, ...], judged: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, told = judged(lang, *more)
    said = {"zh": "评审模型 1:odd 对 2 条回复中的 2 条没有给出判定", "en": "Judge 1:odd gave no verdict on 2 of 2"}[
        lang
    ]
    assert (code, said in told, "no such key" in told, "('http" in told) == (5, True, True, False), told


def test_why_a_judge_failed_is_kept_as_a_sentence(judged: Callable[..., tuple[int, str, str]]) -> None:
    judged("zh")
    (folder,) = Path("results").iterdir()
    (detail,) = {line["detail"] for line in files.read_lines(folder / "judgements.jsonl", dict)}
    assert detail == "the endpoint refuses access (HTTP 401): no such key. Check key, balance and permissions."


@LANGUAGES
def test_the_report_counts_a_judges_failures_by_reason(lang: str, judged: Callable[..., tuple[int, str, str]]) -> None:
    judged(lang)
    (report,) = Path("results").glob("*/report.md")
    assert {"zh": "2 (评审调用出错 2)", "en": "2 (call to the judge failed 2)"}[lang] in report.read_text("utf-8")


@LANGUAGES
def test_a_dead_judge_is_told_by_score_too_and_another_may_take_its_place(
    lang: str, judged: Callable[..., tuple[int, str, str]], run_here: Run
) -> None:
    judged(lang)
    code, _, told = run_here(lang, "score", "latest", "--allow-unscored")
    assert (code, "no such key" in told) == (5, True), told
    Path("hm.yaml").write_text("default: {text: hm?}\n")
    code, _, told = run_here(lang, "score", "latest", "--judge", "scripted:hm.yaml")
    assert (code, "no such key" in told, "1:odd" in told) == (3, False, False), told


@LANGUAGES
def test_a_judge_whom_no_item_needs_is_told_to_be_idle(
    lang: str, suite_file: Callable[[int], Path], script_file: Callable[..., Path], run_here: Run
) -> None:
    model = f"scripted:{script_file()}"
    code, _, told = run_here(lang, "run", suite_file(1), "--model", model, "--judge", model, "--format", "json")
    said = {"zh": "没有任何测试题写明量规", "en": "No item names a rubric"}[lang]
    assert (code, said in told) == (0, True), told


def test_a_judge_who_is_needed_is_not_told_to_be_idle(judged: Callable[..., tuple[int, str, str]]) -> None:
    assert "No item names a rubric" not in judged("en")[2]

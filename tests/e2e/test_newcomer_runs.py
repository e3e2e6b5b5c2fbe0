"""What a newcomer meets with runs that are in parts, edited, or cannot be paid for: told before anything is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])
Make = Callable[..., Path]


@pytest.fixture
def model(script_file: Make) -> str:
    return f"scripted:{script_file()}"


@LANGUAGES
@pytest.mark.parametrize("command", ["resume", "score", "report", "status"])
def test_shards_are_merged_before_anything_is_done_with_the_whole(
    command: str, lang: str, run_here: Run, suite_file: Make, model: str
) -> None:
    assert run_here(lang, "plan", suite_file(2), "--model", model, "--shards", "2", "--out", "plan")[0] == 0
    code, _, told = run_here(lang, command, "plan")
    said = {"zh": "分片还没有合并", "en": "are not merged"}[lang]
    assert (code, said in told, "mingjian merge plan" in told) == (2, True, True), told
    assert not Path("plan/records.jsonl").exists()

"""What a newcomer meets with runs that are in parts, edited, or cannot be paid for: told before anything is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Command

Make = Callable[..., Path]


@pytest.fixture
def model(script_file: Make) -> str:
    return f"scripted:{script_file()}"


@pytest.mark.parametrize("command", ["resume", "score", "report", "status"])
@pytest.mark.parametrize(("lang", "said"), [("zh", "分片还没有合并"), ("en", "are not merged")])
def test_shards_are_merged_before_anything_is_done_with_the_whole(
    command: str, lang: str, said: str, mingjian: Command, suite_file: Make, model: str, tmp_path: Path
) -> None:
    assert mingjian("plan", suite_file(2), "--model", model, "--shards", "2", "--out", "plan").returncode == 0
    done = mingjian(command, "plan", env={"MINGJIAN_LANG": lang})
    written = [name for name in ("records.jsonl", "scores.jsonl") if (tmp_path / "plan" / name).exists()]
    assert (done.returncode, said in done.stderr, "mingjian merge plan" in done.stderr, written) == (2, True, True, [])

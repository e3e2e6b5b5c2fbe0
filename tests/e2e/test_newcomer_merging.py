"""Errors of a shard that are retried after the merge: what a newcomer types, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.conftest import Run
from tests.endpoint import Endpoint


def reject_first(body: dict[str, Any], attempt: int) -> web.Response | None:
    return web.json_response({"error": {"message": str(body["messages"])}}, status=400) if attempt == 1 else None


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "已替换上次的合并结果"), ("en", "since the last merge: it is replaced")]
)
def test_a_shard_retried_after_the_merge_is_merged_and_scored_again(
    lang: str, said: str, run_here: Run, suite_file: Callable[[int], Path]
) -> None:
    with Endpoint(reject_first) as endpoint:
        model = f"openai:m@{endpoint.url}"
        run_here(lang, "plan", suite_file(1), "--model", model, "--shards", "2", "--out", "pz")
        before = [("run", "pz", "--shard", "0"), ("run", "pz", "--shard", "1"), ("merge", "pz"), ("score", "pz")]
        assert [run_here(lang, *command)[0] for command in before] == [3, 3, 0, 3]
        after = [("run", "pz", "--shard", "0", "--retry-errors"), ("run", "pz", "--shard", "1", "--retry-errors")]
        assert [run_here(lang, *command)[0] for command in after] == [0, 0]
    code, _, told = run_here(lang, "merge", "pz")
    assert (code, said in told, run_here(lang, "score", "pz")[0]) == (0, True, 0), told

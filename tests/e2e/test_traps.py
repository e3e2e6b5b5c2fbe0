"""What newcomers fell into: a budget forgotten, errors that looked green, figures of half a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from bench.engine.journal import RECORDS_FILE
from tests.conftest import Command
from tests.endpoint import Endpoint, completion


@pytest.fixture
def answering() -> Iterator[str]:
    """Return a model whose answers cost ten tokens each."""
    with Endpoint() as endpoint:
        yield f"openai:mock@{endpoint.url}"


@pytest.fixture
def choosy() -> Iterator[str]:
    """Return a model that refuses every request in which a 1 stands."""

    def behave(body: dict[str, object], attempt: int) -> web.Response | None:
        refused = "第1题" in str(body) or "Question 1:" in str(body)
        return web.json_response({"error": {"message": "no ones"}}, status=400) if refused else None

    with Endpoint(behave) as endpoint:
        yield f"openai:mock@{endpoint.url}"


@pytest.fixture
def mute() -> Iterator[str]:
    """Return a model that answers with nothing."""
    with Endpoint(lambda body, attempt: web.json_response(completion(""))) as endpoint:
        yield f"openai:mock@{endpoint.url}"


Suite = Callable[[int], Path]
OPTIONS = ("--max-tokens", "10", "--format", "json")


def test_a_resume_keeps_the_budget_and_says_so(mingjian: Command, suite_file: Suite, answering: str) -> None:
    mingjian("run", suite_file(3), "--model", answering, *OPTIONS, "--budget", "90tokens")
    again = mingjian("resume", "latest", "--format", "json")
    assert (again.returncode, "90tokens" in again.stderr) == (3, True), again.stderr


def test_a_damaged_budget_is_an_error_and_not_no_budget(
    mingjian: Command, suite_file: Suite, answering: str, tmp_path: Path
) -> None:
    mingjian("run", suite_file(3), "--model", answering, *OPTIONS, "--budget", "90tokens")
    (folder,) = (tmp_path / "results").iterdir()
    (folder / "budget.json").write_text("{}")
    done = mingjian("resume", "latest")
    assert (done.returncode, "budget.json" in done.stderr) == (4, True), done.stderr


def test_no_budget_can_be_stated_from_the_start(
    mingjian: Command, suite_file: Suite, answering: str, tmp_path: Path
) -> None:
    done = mingjian("run", suite_file(1), "--model", answering, *OPTIONS, "--budget", "none")
    assert (done.returncode, list(tmp_path.glob("results/*/budget.json"))) == (0, []), done.stderr


def test_a_budget_can_be_lifted(mingjian: Command, suite_file: Suite, answering: str) -> None:
    mingjian("run", suite_file(3), "--model", answering, *OPTIONS, "--budget", "90tokens")
    lifted = mingjian("resume", "latest", "--format", "json", "--budget", "none")
    assert lifted.returncode == 0, lifted.stderr


@pytest.mark.parametrize(("lang", "said"), [("en", "no ones"), ("zh", "no ones")])
def test_a_shard_with_errors_says_why_and_exits_3(
    mingjian: Command, suite_file: Suite, choosy: str, lang: str, said: str
) -> None:
    planned = mingjian("plan", suite_file(2), "--model", choosy, "--shards", "1", "--out", "parts")
    done = mingjian("run", "parts", "--shard", "0", env={"MINGJIAN_LANG": lang})
    assert (planned.returncode, done.returncode, said in done.stderr) == (0, 3, True), done.stderr
    assert "--retry-errors" in done.stderr


@pytest.mark.parametrize(("lang", "said"), [("en", "No reply could be judged"), ("zh", "没有可评判的回复")])
def test_a_run_of_which_nothing_can_be_judged_exits_3(
    mingjian: Command, suite_file: Suite, mute: str, lang: str, said: str
) -> None:
    done = mingjian("run", suite_file(2), "--model", mute, *OPTIONS, env={"MINGJIAN_LANG": lang})
    assert (done.returncode, said in done.stderr) == (3, True), done.stderr


@pytest.fixture
def half_scored(mingjian: Command, suite_file: Suite, answering: str, tmp_path: Path) -> Path:
    """Return a run that was scored when it had three records fewer."""
    mingjian("run", suite_file(3), "--model", answering, *OPTIONS)
    (folder,) = (tmp_path / "results").iterdir()
    path = folder / RECORDS_FILE
    lines = path.read_bytes().splitlines(keepends=True)
    (folder / "summary.json").unlink()
    path.write_bytes(b"".join(lines[:3]))
    assert mingjian("score", folder).returncode == 3
    path.write_bytes(b"".join(lines))
    return folder


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_report_waits_for_the_scoring_of_later_records(mingjian: Command, half_scored: Path, lang: str) -> None:
    before = (half_scored / "summary.json").read_bytes()
    done = mingjian("report", half_scored, env={"MINGJIAN_LANG": lang})
    assert (done.returncode, "mingjian score" in done.stderr) == (2, True), done.stderr
    assert (half_scored / "summary.json").read_bytes() == before


def test_the_status_of_a_run_with_later_records_counts_the_records(mingjian: Command, half_scored: Path) -> None:
    found = json.loads(mingjian("status", half_scored, "--json").stdout)
    assert (found["finished"], found["scored"], found["statuses"]) == (6, None, {"answered": 6})


@pytest.mark.parametrize("option", [("--replicas", "2"), ("--address", "x"), ("--engine", "foo"), ("--engine", "ray")])
def test_a_place_that_cannot_be_leaves_no_run_behind(
    mingjian: Command, suite_file: Suite, answering: str, option: tuple[str, str], tmp_path: Path
) -> None:
    done = mingjian("run", suite_file(1), "--model", answering, *option)
    assert (done.returncode, (tmp_path / "results").exists(), "resume" in done.stderr) == (2, False, False), done.stderr

"""A plan in shards by the real commands, as a scheduler would run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import files
from bench.engine import journal
from bench.engine import plan as plans
from bench.types import Record
from tests.conftest import Command


@pytest.fixture
def plan(mingjian: Command, suite_file: Callable[[int], Path], model: str, tmp_path: Path) -> Path:
    done = mingjian("plan", suite_file(3), "--model", model, "--shards", "3", "--out", tmp_path / "plan")
    assert done.returncode == 0, done.stderr
    return tmp_path / "plan"


def test_a_plan_is_run_shard_by_shard_and_merged(mingjian: Command, plan: Path) -> None:
    slurm = {"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "3"}
    runs = [
        mingjian("run", plan, "--shard", "0"),
        mingjian("run", plan, env=slurm),
        mingjian("run", plan, env={"JOB_COMPLETION_INDEX": "2"}),
        mingjian("merge", plan),
        mingjian("score", plan),
    ]
    assert [run.returncode for run in runs] == [0] * 5, [run.stderr for run in runs]
    records = list(files.read_lines(plan / journal.RECORDS_FILE, Record))
    assert [record.i for record in records] == list(range(6))
    assert len(list(journal.lines(plan / journal.RECORDS_FILE, plans.genesis(plan)))) == 6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no shard number"),
        (("--shard", "3"), "no shard 3"),
        (("--shard", "0", "--lang", "zh"), "--lang is settled by the plan"),
        (("--shard", "0", "--model", "m"), "--model is settled by the plan"),
        (("--shard", "0", "--engine", "slurm"), "no engine 'slurm'"),
        (("--shard", "0", "--address", "auto"), "need --engine ray"),
        (("--shard", "0", "--budget", "1CNY"), "needs prices"),
    ],
)
def test_what_a_plan_cannot_be_asked_is_refused(
    mingjian: Command, plan: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = mingjian("run", plan, *arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert said in done.stderr


def test_a_shard_of_no_plan_and_a_run_without_a_model_are_usage_errors(
    mingjian: Command, suite_file: Callable[[int], Path]
) -> None:
    suite = suite_file(1)
    for arguments, said in ((("--shard", "0"), "not a plan in shards"), ((), "--model")):
        done = mingjian("run", suite, *arguments)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "不是这些分片以前合并的结果"), ("en", "no earlier merge of these shards")]
)
def test_records_that_no_shard_has_are_not_merged_over(mingjian: Command, plan: Path, lang: str, said: str) -> None:
    for index in "012":
        mingjian("run", plan, "--shard", index)
    (plan / "records.jsonl").write_bytes(b"mine\n")
    done = mingjian("merge", plan, env={"MINGJIAN_LANG": lang})
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_missing_shard_is_not_merged(mingjian: Command, plan: Path) -> None:
    assert mingjian("run", plan, "--shard", "0").returncode == 0
    assert mingjian("merge", plan).returncode == 3


def test_a_budget_stops_a_run_with_exit_3_and_a_higher_one_ends_it(
    mingjian: Command, suite_file: Callable[[int], Path], model: str
) -> None:
    options = ("--max-tokens", "10", "--format", "json")
    short = mingjian("run", suite_file(3), "--model", model, *options, "--budget", "150tokens")
    assert (short.returncode, "budget is used up" in short.stderr) == (3, True), short.stderr
    again = mingjian("resume", "latest", "--format", "json", "--budget", "100000tokens")
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_shard_without_budget_left_is_told_one_way_on(mingjian: Command, plan: Path, lang: str) -> None:
    done = mingjian("run", plan, "--shard", "0", "--budget", "1tokens", env={"MINGJIAN_LANG": lang})
    assert (done.returncode, f"mingjian run {plan} --shard 0" in done.stderr, "resume" in done.stderr) == (
        3,
        True,
        False,
    ), done.stderr


def test_a_shard_without_its_key_asks_nothing(
    mingjian: Command, suite_file: Callable[[int], Path], tmp_path: Path
) -> None:
    plan = tmp_path / "keyed"
    made = mingjian("plan", suite_file(1), "--model", "deepseek:deepseek-chat", "--shards", "1", "--out", plan)
    done = mingjian("run", plan, "--shard", "0", env={"DEEPSEEK_API_KEY": ""})
    assert (made.returncode, done.returncode, "DEEPSEEK_API_KEY" in done.stderr) == (0, 5, True), done.stderr
    assert not list(plan.glob("**/records.jsonl"))

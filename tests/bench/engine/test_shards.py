"""Shards: any number of them make the run that one process makes; what does not fit together is refused."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench import files, plugins, suites
from bench.engine import journal, runner, shards
from bench.engine import plan as plans
from bench.engine.limits import Retry
from bench.engine.plan import Plan, Settings
from bench.engine.runner import RunOptions
from bench.errors import IncompleteError, IntegrityError, MingjianError, TryLater, UsageError
from bench.types import Case, Model, Record, Reply
from tests.bench.engine.test_runner import Flaky

FAST = RunOptions(retry=Retry(attempts=2, base=0.0))


def said(case: Case, attempt: int) -> Reply:
    return Reply(status="answered", text=f"{case.item} {case.lang}")


@pytest.fixture
def made(suite_file: Callable[[int], Path]) -> Plan:
    suite = suites.load(suite_file(50), scorers=plugins.names("scorers"))
    return plans.build([suite], Model(model="flaky", adapter="flaky"), {"adapter": "flaky"}, Settings())


def ask(
    made: Plan, folder: Path, index: int, adapter: Flaky | None = None, options: RunOptions = FAST
) -> runner.Outcome:
    target = shards.place(folder, index)
    return asyncio.run(shards.run(made, adapter or Flaky(said), target, options, lambda case, reply: None))


def split(made: Plan, folder: Path, total: int, asked: bool = True) -> Path:
    shards.split(made, folder, total)
    for index in range(total if asked else 0):
        ask(made, folder, index)
    return folder


def untimed(folder: Path) -> list[bytes]:
    """Return the records in plan order without what differs between any two runs."""
    records = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    plain = [msgspec.structs.replace(one.reply, started=None, ms=None) for one in records]
    return [
        msgspec.json.encode(Record(i=one.i, case=one.case, reply=reply, prev=""))
        for one, reply in zip(records, plain, strict=True)
    ]


def test_thirty_two_shards_are_one_process(made: Plan, tmp_path: Path) -> None:
    single, sharded = tmp_path / "single", split(made, tmp_path / "sharded", 32)
    single.mkdir()
    plans.save(made, single)
    asyncio.run(runner.run(made, Flaky(said), single, FAST))
    assert shards.merge(sharded) == 100
    assert untimed(sharded) == untimed(single)
    assert (sharded / "run.json").read_bytes() == (single / "run.json").read_bytes()
    indices = [record.i for record in files.read_lines(sharded / journal.RECORDS_FILE, Record)]
    assert indices == list(range(100))


def test_five_killed_shards_go_on_and_lose_nothing(made: Plan, tmp_path: Path) -> None:
    folder, draw, kept = split(made, tmp_path / "plan", 32), random.Random(7), {}
    for index in draw.sample(range(32), 5):
        path = shards.place(folder, index) / journal.RECORDS_FILE
        whole = path.read_bytes()
        path.write_bytes(whole[: draw.randrange(len(whole))])
        kept[index] = path.read_bytes().count(b"\n")
    with pytest.raises(IncompleteError) as caught:
        shards.merge(folder)
    assert caught.value.exit_code == 3
    for index, count in kept.items():
        again = Flaky(said)
        ask(made, folder, index, again)
        assert sum(again.asked.values()) == runner.Part(index=index, total=32).size(100) - count
    assert (shards.merge(folder), len(untimed(folder))) == (100, 100)


def test_merging_again_changes_nothing_and_replaces_nothing_else(made: Plan, tmp_path: Path) -> None:
    folder = split(made, tmp_path / "plan", 3)
    shards.merge(folder)
    first = (folder / journal.RECORDS_FILE).read_bytes()
    shards.merge(folder)
    assert (folder / journal.RECORDS_FILE).read_bytes() == first
    (folder / journal.RECORDS_FILE).write_bytes(b"mine\n")
    with pytest.raises(UsageError):
        shards.merge(folder)
    assert (folder / journal.RECORDS_FILE).read_bytes() == b"mine\n"


RETRY = msgspec.structs.replace(FAST, retry_errors=True)


def fails(case: Case, attempt: int) -> Reply:
    return Reply(status="error", detail="down")


@pytest.fixture
def merged_with_errors(made: Plan, tmp_path: Path) -> Path:
    """Return a plan whose first shard of three holds only errors, merged, with files that were made from it."""
    folder = split(made, tmp_path / "plan", 3, asked=False)
    for index, answer in enumerate((fails, said, said)):
        ask(made, folder, index, Flaky(answer))
    shards.merge(folder)
    for name in ("summary.json", "scores.jsonl", "report.html"):
        (folder / name).write_text("{}")
    return folder


def test_a_shard_that_went_on_is_merged_again_and_what_was_made_before_is_gone(
    made: Plan, merged_with_errors: Path
) -> None:
    folder = merged_with_errors
    ask(made, folder, 0, options=RETRY)
    assert shards.merge(folder) == 100
    records = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    assert {record.reply.status for record in records} == {"answered"}
    assert [(folder / name).exists() for name in ("summary.json", "scores.jsonl", "report.html")] == [False] * 3


def test_a_merged_run_that_went_on_by_itself_is_not_replaced(made: Plan, merged_with_errors: Path) -> None:
    folder = merged_with_errors
    (folder / "summary.json").unlink()
    asyncio.run(runner.run(made, Flaky(said), folder, RETRY))
    before = (folder / journal.RECORDS_FILE).read_bytes()
    ask(made, folder, 0, options=RETRY)
    with pytest.raises(UsageError, match="no_former"):
        shards.merge(folder)
    assert ((folder / journal.RECORDS_FILE).read_bytes(), (folder / "scores.jsonl").exists()) == (before, True)


def duplicate(folder: Path) -> None:
    shutil.copytree(shards.place(folder, 0), folder / "shards" / "copy")


def drop(folder: Path) -> None:
    shutil.rmtree(shards.place(folder, 1))


def swap(folder: Path) -> None:
    (shards.place(folder, 0) / "records.jsonl").write_bytes((shards.place(folder, 1) / "records.jsonl").read_bytes())


def relabel(folder: Path) -> None:
    path = shards.place(folder, 1) / "shard.json"
    path.write_bytes(path.read_bytes().replace(b'"total":3', b'"total":4'))


def replan(folder: Path) -> None:
    path = folder / "run.json"
    path.write_bytes(path.read_bytes().replace(b'"seed":0', b'"seed":1'))


@pytest.mark.parametrize(
    ("damage", "error", "key"),
    [
        (duplicate, IntegrityError, "shard.twice"),
        (drop, IncompleteError, "shard.missing"),
        (swap, IntegrityError, "journal.first"),
        (relabel, IntegrityError, "shard.other_run"),
        (replan, IntegrityError, "shard.other_run"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    made: Plan, tmp_path: Path, damage: Callable[[Path], None], error: type[MingjianError], key: str
) -> None:
    folder = split(made, tmp_path / "plan", 3)
    damage(folder)
    with pytest.raises(error) as caught:
        shards.merge(folder)
    assert caught.value.faults[0].key == key
    assert not (folder / journal.RECORDS_FILE).exists()


def rechain(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrite a shard's journal with a sound chain: only its content is wrong."""
    previous, lines = files.digest_file(path.parent / "shard.json"), []
    for line in path.read_bytes().splitlines():
        record = msgspec.json.decode(line)
        change(record)
        record["prev"] = previous
        lines.append(journal.canonical.encode(record))
        previous = journal.canonical.digest_bytes(lines[-1])
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def shift(record: dict[str, Any]) -> None:
    record["i"] += 1


def rename(record: dict[str, Any]) -> None:
    record["case"]["item"] = "other"


@pytest.mark.parametrize(("change", "key"), [(shift, "shard.foreign"), (rename, "shard.other_case")])
def test_a_sound_chain_of_wrong_records_is_refused(
    made: Plan, tmp_path: Path, change: Callable[[dict[str, Any]], None], key: str
) -> None:
    folder = split(made, tmp_path / "plan", 3)
    rechain(shards.place(folder, 1) / "records.jsonl", change)
    with pytest.raises(IntegrityError) as caught:
        shards.merge(folder)
    assert caught.value.faults[0].key == key


def test_a_shard_that_is_being_written_is_not_merged(made: Plan, tmp_path: Path) -> None:
    folder = split(made, tmp_path / "plan", 2)
    with journal.lock(shards.place(folder, 1)), pytest.raises(TryLater):
        shards.merge(folder)


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "8"}, 2),
        ({"SLURM_ARRAY_TASK_ID": "0"}, 0),
        ({"JOB_COMPLETION_INDEX": "7"}, 7),
        ({"MINGJIAN_SHARD": "4", "JOB_COMPLETION_INDEX": "7"}, 4),
    ],
)
def test_the_scheduler_says_which_shard(environ: dict[str, str], found: int) -> None:
    assert shards.from_environment(8, environ) == found


@pytest.mark.parametrize("environ", [{}, {"JOB_COMPLETION_INDEX": "x"}, {"SLURM_ARRAY_TASK_COUNT": "9"}])
def test_no_shard_or_another_number_of_them_is_a_usage_error(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        shards.from_environment(8, environ)


def test_impossible_splits_are_refused(made: Plan, tmp_path: Path) -> None:
    for total in (0, 101):
        with pytest.raises(UsageError):
            shards.split(made, tmp_path / "new", total)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    with pytest.raises(UsageError):
        shards.split(made, tmp_path / "used", 2)
    folder = split(made, tmp_path / "plan", 2, asked=False)
    with pytest.raises(UsageError):
        shards.place(folder, 2)

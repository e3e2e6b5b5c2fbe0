"""kill -9 at every point where a run touches the disk: nothing finished is lost, nothing is there twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.engine import journal
from bench.engine import plan as plans
from bench.types import Record
from tests.conftest import ROOT

ITEMS = 10
Kill = list[Any]


def perform(folder: Path, jobs: list[dict[str, Any]]) -> list[int]:
    """Run jobs in forks of one process and return their exit codes; a kill is -9."""
    path = folder / "jobs.json"
    path.write_text(json.dumps(jobs), encoding="utf-8")
    command = [sys.executable, str(Path(__file__).with_name("faulty.py")), str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    codes: list[int] = json.loads(done.stdout.splitlines()[-1])
    return codes


def lines(cwd: Path) -> list[bytes]:
    """Return the whole lines of the journal."""
    found = list(cwd.glob(f"results/*/{journal.RECORDS_FILE}"))
    return found[0].read_bytes().split(b"\n")[:-1] if found else []


def job(cwd: Path, suite: Path, model: str, kill: Kill | None) -> dict[str, Any]:
    planned = bool(list(cwd.glob(f"results/*/{plans.RUN_FILE}")))
    begin = ["run", str(suite), "--model", model, "--format", "json"]
    arguments = ["resume", "latest", "--format", "json"] if planned else begin
    return {"arguments": arguments, "cwd": str(cwd), "kill": kill}


def moments(points: dict[str, int]) -> list[list[Kill]]:
    """Return the kills to try: each point's first call and one in the middle, before, half-way and after."""
    found: list[list[Kill]] = []
    for point, calls in sorted(points.items()):
        when = ("before", "half", "after") if point.endswith(":write") else ("before", "after")
        hits = {1, calls // 2 + 1} if point == f"{journal.RECORDS_FILE}:write" else {1}
        found += [[[point, moment, hit]] for moment in when for hit in sorted(hits)]
    torn = [f"{journal.RECORDS_FILE}:write", "half", ITEMS]
    cut = f"{journal.RECORDS_FILE}:truncate"
    found += [[torn, [cut, moment, 1]] for moment in ("before", "after")]
    return found


@pytest.fixture
def tiny(suite_file: Callable[[int], Path], script_file: Callable[[], Path]) -> tuple[Path, str]:
    return suite_file(ITEMS), f"scripted:{script_file()}"


def test_a_kill_at_every_named_point_loses_nothing_and_repeats_nothing(tmp_path: Path, tiny: tuple[Path, str]) -> None:
    suite, model = tiny
    trace = tmp_path / "trace"
    trace.mkdir()
    points_file = tmp_path / "points.json"
    assert perform(tmp_path, [{**job(trace, suite, model, None), "trace": str(points_file)}]) == [0]
    points: dict[str, int] = json.loads(points_file.read_bytes())
    files = {point.partition(":")[0] for point in points}
    assert {"run.json", "items.jsonl", "records.jsonl", "scores.jsonl", "summary.json", "report.json"} <= files
    scenarios = moments(points)
    folders = [tmp_path / f"kill-{number:03d}" for number in range(len(scenarios))]
    for folder in folders:
        folder.mkdir()
    kept: list[list[bytes]] = [[] for _ in scenarios]
    for step in range(2):
        chosen = [number for number, kills in enumerate(scenarios) if len(kills) > step]
        jobs = [job(folders[number], suite, model, scenarios[number][step]) for number in chosen]
        assert perform(tmp_path, jobs) == [-9] * len(jobs)
        for number in chosen:
            kept[number] = lines(folders[number])
    assert perform(tmp_path, [job(folder, suite, model, None) for folder in folders]) == [0] * len(folders)
    broken = {str(scenarios[n]): fault for n, folder in enumerate(folders) if (fault := flaw(folder, kept[n]))}
    assert broken == {}
    assert len(scenarios) >= 40


def flaw(cwd: Path, kept: list[bytes]) -> str | None:
    """Return what a kill and a resume have spoilt, or None."""
    (folder,) = [path.parent for path in cwd.glob(f"results/*/{plans.RUN_FILE}")]
    now = lines(cwd)
    if now[: len(kept)] != kept:
        return "a finished record is lost or changed"
    records: list[Record] = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    if [record.i for record in records] != list(range(2 * ITEMS)) or len(now) != 2 * ITEMS:
        return f"{len(now)} lines for {2 * ITEMS} cases"
    missing = [name for name in ("scores.jsonl", "summary.json", "report.json") if not (folder / name).is_file()]
    return f"missing {missing}" if missing else None


def untimed(folder: Path) -> list[bytes]:
    """Return the records without what differs between any two runs."""
    records = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    plain = [msgspec.structs.replace(one, prev="", reply=msgspec.structs.replace(one.reply, started=None, ms=None))
             for one in records]  # fmt: skip
    return [msgspec.json.encode(record) for record in plain]


def test_five_killed_shards_of_thirty_two_lose_nothing_and_make_the_run_of_one_process(
    tmp_path: Path, suite_file: Callable[[int], Path], script_file: Callable[[], Path]
) -> None:
    suite, model, cwd, draw = str(suite_file(48)), f"scripted:{script_file()}", tmp_path / "work", random.Random(32)
    cwd.mkdir()
    plan = cwd / "results" / "plan"

    def go(*arguments: str, kill: Kill | None = None) -> dict[str, Any]:
        return {"arguments": list(arguments), "cwd": str(cwd), "kill": kill}

    killed = draw.sample(range(32), 5)
    deaths = {shard: [f"{journal.RECORDS_FILE}:write", "half", draw.choice([1, 2, 3])] for shard in killed}
    shards = [go("run", str(plan), "--shard", str(n), kill=deaths.get(n)) for n in range(32)]
    made = go("plan", suite, "--model", model, "--shards", "32", "--out", str(plan))
    codes = perform(tmp_path, [made, *shards, go("merge", str(plan))])
    assert codes == [0, *(-9 if n in deaths else 0 for n in range(32)), 3]
    again = [go("run", str(plan), "--shard", str(n)) for n in killed]
    alone = go("run", suite, "--model", model, "--format", "json", "--out", str(cwd / "alone"))
    assert perform(tmp_path, [*again, go("merge", str(plan)), alone]) == [0] * 7
    (single,) = (cwd / "alone").glob("*")
    assert (len(untimed(plan)), untimed(plan)) == (96, untimed(single))

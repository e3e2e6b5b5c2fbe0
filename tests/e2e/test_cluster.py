"""Replicas on a real Ray cluster of two worker machines, one of which is killed in the middle of a run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bench.engine import journal
from bench.engine import plan as plans
from bench.types import Record
from tests.bench.adapters import conftest as tiny
from tests.conftest import Command

pytest.importorskip("ray")

folder, gguf_file = tiny.folder, tiny.gguf_file
ITEMS = 300


class Cluster:
    """The helper process with the cluster; `address` is where it listens."""

    def __init__(self) -> None:
        command = [sys.executable, str(Path(__file__).with_name("ray_cluster.py"))]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, text=True, **pipes)
        self.address = self.line()

    def line(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(("127.", "10.", "172.", "192.", "killed")) or ":" in line.split(" ")[0]:
                return line.strip()
        raise AssertionError("the cluster did not start")

    def kill_one(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("kill\n")
        self.process.stdin.flush()
        assert self.line() == "killed"

    def close(self) -> None:
        self.process.communicate(timeout=120)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    opened = Cluster()
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def model(gguf_file: Path, tmp_path: Path) -> Path:
    """Return a file of a real local model: a tiny one on llama.cpp, a child process for each replica."""
    path = tmp_path / "model.yaml"
    path.write_text(f"model: tiny\nadapter: llamacpp\npath: {gguf_file}\noptions: {{threads: 1}}\n", encoding="utf-8")
    return path


def untimed(folder: Path) -> list[bytes]:
    """Return the records without what differs between any two runs, and how often a call was lost."""
    records = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    return [
        msgspec.json.encode(
            Record(
                i=one.i,
                case=one.case,
                reply=msgspec.structs.replace(one.reply, started=None, ms=None, attempts=1),
                prev="",
            )
        )
        for one in records
    ]


def lines(folder: Path) -> int:
    path = folder / journal.RECORDS_FILE
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_a_machine_killed_in_the_middle_costs_nothing(
    cluster: Cluster,
    mingjian: Command,
    suite_file: Callable[[int], Path],
    model: Path,
    tmp_path: Path,
) -> None:
    """The run ends with every case answered once, and its records are those of one process, timings apart."""
    suite = suite_file(ITEMS)
    limits = ("--format", "json", "--max-tokens", "60", "--allow-unscored")
    place = ("--engine", "ray", "--address", cluster.address)
    command = [sys.executable, "-m", "bench", "run", suite, "--model", model, *limits, "--out", "spread", *place]
    run = subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "CI": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 120
    while not (found := list(tmp_path.glob("spread/*"))) or lines(found[0]) < 40:
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    cluster.kill_one()
    at_kill = lines(found[0])
    assert at_kill < 2 * ITEMS
    _, errors = run.communicate(timeout=240)
    assert (run.returncode, lines(found[0])) == (0, 2 * ITEMS), errors.decode()
    alone = mingjian("run", suite, "--model", model, *limits, "--out", "alone")
    assert alone.returncode == 0, alone.stderr
    (single,) = tmp_path.glob("alone/*")
    assert untimed(found[0]) == untimed(single)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "127.0.0.1:x", "no-such-host.invalid:6379"])
def test_a_cluster_that_is_not_there_is_an_environment_fault(
    address: str, mingjian: Command, suite_file: Callable[[int], Path], script_file: Callable[[], Path]
) -> None:
    model = f"scripted:{script_file()}"
    done = mingjian("run", suite_file(1), "--model", model, "--engine", "ray", "--address", address)
    assert (done.returncode, "Traceback" in done.stderr) == (5, False), done.stderr
    assert "cannot reach the Ray cluster" in done.stderr


def test_a_service_is_not_placed_on_machines(mingjian: Command, suite_file: Callable[[int], Path]) -> None:
    done = mingjian("run", suite_file(1), "--model", "openai:m@http://127.0.0.1:9/v1", "--engine", "ray")
    assert (done.returncode, "places replicas of local models" in done.stderr) == (2, True), done.stderr

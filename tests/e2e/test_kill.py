"""kill -9 at fifty random moments of a real run: nothing finished is lost or sent again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from bench.engine import journal
from bench.engine import plan as plans
from tests.endpoint import Endpoint

KILLS = 50
ITEMS = 500
IN_FLIGHT = 4


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(latency=0.15) as opened:
        yield opened


def begin(*arguments: str | Path, cwd: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bench", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=cwd, env={**os.environ, "CI": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finished(folder: Path) -> dict[str, str]:
    """Return prompt → reply of every complete record on disk."""
    records = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    return {record.case.messages[-1].content: record.reply.text for record in records}


def has_more(folder: Path, than: int) -> bool:
    return len(finished(folder)) > than


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.005)


def test_fifty_kills_lose_nothing_and_repeat_nothing_finished(
    suite_file: Callable[[int], Path], tmp_path: Path, endpoint: Endpoint
) -> None:
    draw = random.Random(20261123)
    limits = ("--max-in-flight", str(IN_FLIGHT))
    process = begin("run", suite_file(ITEMS), "--model", f"openai:mock@{endpoint.url}", *limits, cwd=tmp_path)
    wait_for(lambda: list(tmp_path.glob("results/*/run.json")))
    (folder,) = tmp_path.glob("results/*")
    for kill in range(KILLS):
        wait_for(endpoint.asked.total)
        time.sleep(draw.uniform(0.0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kept, sent = finished(folder), dict(endpoint.asked)
        assert len(sent.keys() - kept.keys()) <= IN_FLIGHT
        endpoint.latency = 0.15 if kill < KILLS - 1 else 0.0
        process = begin("resume", folder, *limits, "--format", "json", cwd=tmp_path)
        wait_for(partial(has_more, folder, len(kept)))
        repeated = {prompt for prompt in kept if endpoint.asked[prompt] > sent[prompt]}
        assert repeated == set()
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, len(finished(folder))) == (0, 2 * ITEMS), errors.decode()
    assert endpoint.asked.total() - 2 * ITEMS <= KILLS * IN_FLIGHT

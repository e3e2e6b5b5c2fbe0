"""A disk that is really full: the kernel refuses the write, the command says so, and a resume does the rest."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.engine import journal
from bench.engine import plan as plans
from tests.conftest import Command


def unmeasured() -> dict[str, str]:
    """Return the environment without what makes coverage follow a subprocess: its data file would hit the limit too."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}


@pytest.mark.parametrize("disk", [(3_000, False), (12_000, True)], ids=["plan", "journal"])
def test_a_full_disk_is_exit_5_and_loses_nothing(
    disk: tuple[int, bool],
    suite_file: Callable[[int], Path],
    script_file: Callable[[], Path],
    tmp_path: Path,
    mingjian: Command,
) -> None:
    """The limit on the size of a file stands for the disk: it hits the plan's items, or the journal."""
    most, kept = disk
    command = [sys.executable, "-m", "bench", "run", suite_file(20), "--model", f"scripted:{script_file()}"]
    full = subprocess.run(
        command,
        cwd=tmp_path,
        env={**unmeasured(), "MINGJIAN_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert (full.returncode, "Traceback" in full.stderr, "File too large" in full.stderr) == (5, False, True), (
        full.stderr
    )
    plan = list(tmp_path.glob(f"results/*/{plans.RUN_FILE}"))
    assert bool(plan) is kept
    if kept:
        state = journal.inspect(plan[0].parent / journal.RECORDS_FILE, plans.genesis(plan[0].parent))
        assert (0 < len(state.statuses) < 40, state.torn) == (True, 0)
        assert mingjian("resume", "latest", "--format", "json").returncode == 0
        assert len(journal.read(plan[0].parent / journal.RECORDS_FILE, plans.genesis(plan[0].parent))) == 40

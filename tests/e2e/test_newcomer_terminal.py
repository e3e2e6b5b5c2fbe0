"""What a newcomer's terminal may be: one that lacks Chinese signs, or a pipe that nobody reads to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Command
from tests.endpoint import Endpoint

ASCII = [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("ascii_only", ASCII, ids=["named", "locale"])
def test_a_terminal_that_lacks_signs_gets_escapes(lang: str, ascii_only: dict[str, str], mingjian: Command) -> None:
    done = mingjian("taxonomies", "show", "cn-31", env={**ascii_only, "MINGJIAN_LANG": lang})
    shown = (done.returncode, done.stderr, "\\u" in done.stdout or lang == "en", done.stdout.isascii())
    assert shown == (0, "", True, True)


@pytest.mark.parametrize("arguments", [("suites", "list"), ("suites", "schema"), ("--version",)])
def test_a_pipe_that_is_closed_early_is_no_fault(arguments: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "bench", *arguments]
    try:
        done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, timeout=120, check=False)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_output_to_a_full_disk_ends_with_its_code() -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "bench", "suites", "list"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=120, check=False)
    assert (done.returncode, b"Traceback" in done.stderr, b"Exception ignored" in done.stderr) == (5, False, False)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_closed_standard_stream_ends_no_run(number: int, tmp_path: Path, suite_file: Callable[[int], Path]) -> None:
    with Endpoint() as endpoint:
        given = ["run", str(suite_file(2)), "--model", f"openai:m@{endpoint.url}", "--format", "json"]
        command = f'exec "$0" "$@" {number}>&-'
        done = subprocess.run(
            ["sh", "-c", command, sys.executable, "-m", "bench", *given],
            cwd=tmp_path, timeout=120, check=False, stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip
    assert (done.returncode, len(list(tmp_path.glob("results/*/summary.json")))) == (0, 1), done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_under_standard_error_is_a_full_disk() -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "bench", "status", "nosuch"]
        assert subprocess.run(command, stderr=full, timeout=120, check=False).returncode == 5

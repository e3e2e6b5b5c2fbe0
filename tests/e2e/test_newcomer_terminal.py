"""What a newcomer's terminal may be: one that lacks Chinese signs, or a pipe that nobody reads to its end."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import Command

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

"""What many tests share: small suites and scripted models as files, and the real command in a subprocess."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from bench.cli import app
from bench.cli.output import Output

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("no deadline", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("no deadline")

SUITE = """\
suite: tiny
title: {zh: 小套件, en: Tiny suite}
version: "1-A"
dimension: risk
licence: CC-BY-4.0
updated: "2026-11-23"
taxonomy: cn-31
defaults: {scorer: match, expect: answer, codes: [A.5-a], provenance: authored, added: "2026-11-23"}
items:
"""

ITEM = """\
  - id: q{number}
    prompt: {{zh: 第{number}题：一加一等于几？, en: "Question {number}: what is one plus one?"}}
    reference: {{zh: "2", en: "2"}}
"""


@pytest.fixture
def suite_file(tmp_path: Path) -> Callable[[int], Path]:
    """Return a maker of suites of n paired items that `match` can score."""

    def make(items: int = 3) -> Path:
        path = tmp_path / "tiny.yaml"
        path.write_text(SUITE + "".join(ITEM.format(number=n) for n in range(items)), encoding="utf-8")
        return path

    return make


@pytest.fixture
def script_file(tmp_path: Path) -> Callable[[str], Path]:
    """Return a maker of scripts for the scripted adapter."""

    def make(text: str = "default: {text: '2'}\n") -> Path:
        path = tmp_path / "script.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return make


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def mingjian(tmp_path: Path) -> Command:
    """Return a function that runs the real command in a temporary folder, speaking English unless told otherwise."""

    def run(
        *arguments: str | Path, env: dict[str, str] | None = None, cwd: Path = tmp_path
    ) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "MINGJIAN_LANG": "en", "NO_COLOR": "1", "COLUMNS": "120", **(env or {})}
        command = [sys.executable, "-m", "bench", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=environ, cwd=cwd, timeout=120, check=False)

    return run


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_here(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a command in this process, in a temporary folder: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(lang: str, *arguments: str | Path) -> tuple[int, str, str]:
        code = app.run([str(one) for one in arguments], Output(lang))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run

"""Ctrl-C or SIGTERM after all was asked: how to go on is told, and what a killed writer left is cleared."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from bench import files, scoring, workflow
from tests.conftest import Run

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])
SAID = {"zh": "继续：mingjian {} results", "en": "Go on with: mingjian {} results"}


def interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def terminate(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def started(suite_file: Callable[[int], Path], script_file: Callable[..., Path]) -> tuple[str, ...]:
    return "run", str(suite_file(1)), "--model", f"scripted:{script_file()}"


@LANGUAGES
def test_a_scoring_that_is_interrupted_names_the_way_on(
    lang: str, started: tuple[str, ...], run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "score", interrupt)
    for arguments in (started, ("score", "latest")):
        code, _, told = run_here(lang, *arguments)
        assert (code, SAID[lang].format("score") in told) == (130, True), told


@LANGUAGES
def test_a_report_that_is_interrupted_names_the_way_on(
    lang: str, started: tuple[str, ...], run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_here(lang, *started)[0] == 0
    monkeypatch.setattr(workflow, "render", interrupt)
    code, _, told = run_here(lang, "report", "latest")
    assert (code, SAID[lang].format("report") in told) == (130, True), told


@LANGUAGES
def test_an_audit_that_is_interrupted_while_it_is_scored_names_the_way_on(
    lang: str, script_file: Callable[..., Path], run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "score", interrupt)
    given = ("--model", f"scripted:{script_file()}", "--quick", "--suites", "risk.starter", "--format", "json")
    code, _, told = run_here(lang, "audit", *given)
    assert (code, SAID[lang].format("audit report") in told) == (130, True), told


@LANGUAGES
def test_a_scoring_that_the_scheduler_ends_names_the_way_on(
    lang: str, started: tuple[str, ...], run_here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "score", terminate)
    code, _, told = run_here(lang, *started)
    assert (code, SAID[lang].format("score") in told) == (143, True), told


def test_what_a_killed_writer_left_is_gone_after_the_next_write(tmp_path: Path) -> None:
    left, other = tmp_path / ".scores.jsonl.ab_12xyz", tmp_path / ".scores.jsonl.gz.ab_12xyz"
    for path in (left, other):
        path.write_bytes(b"half a li")
    files.write(tmp_path / "scores.jsonl", b"{}\n")
    assert (left.exists(), other.exists()) == (False, True)


def test_what_another_writer_is_writing_stays(tmp_path: Path) -> None:
    target = tmp_path / "scores.jsonl"

    def parts() -> list[bytes]:
        files.write(target, b"in between\n")
        return [b"last\n"]

    files.write_parts(target, (part for make in (parts,) for part in make()))
    assert (target.read_bytes(), [path.name for path in tmp_path.iterdir()]) == (b"last\n", ["scores.jsonl"])

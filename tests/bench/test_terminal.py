"""What reaches the terminal: no control characters of a model, sane bars, plain lines in logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli import app
from bench.cli.output import Output, clean
from bench.cli.progress import Progress, bar, duration, wants_bars
from bench.errors import Fatal
from bench.types import Case, Item, Message, Reply, Sampling


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("普通 text", "普通 text"),
        ("\x1b[31mred", "·[31mred"),
        ("\x9b31m", "·31m"),
        ("a\u202eb", "a·b"),
        ("a\u200bb", "a·b"),
        ("a\x00b", "a·b"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\ud800", "·"),
    ],
)
def test_control_characters_are_shown_not_obeyed(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_what_an_error_quotes_is_shown_not_obeyed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(name: object) -> None:
        raise Fatal("adapter.broke", name="Mine", why="RuntimeError: \x1b[31m\u202ex", place="mine.py:1")

    monkeypatch.setattr("bench.workflow.find_run", fail)
    assert app.run(["status", "latest"], Output("en")) == Fatal("x").exit_code
    assert "RuntimeError: ·[31m·x (mine.py:1)" in capsys.readouterr().err


def test_what_a_sentence_quotes_is_shown_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    Output("en").say("cli.run.report", path="\x1b[31mred.html")
    Output("en").note("cli.run.report", path="\u202ered.html")
    shown = capsys.readouterr()
    assert ("·[31mred.html" in shown.out, "·red.html" in shown.err) == (True, True)


def test_a_table_without_a_terminal_is_tab_separated(capsys: pytest.CaptureFixture[str]) -> None:
    Output("en").table(("name", "value"), [("a\tb", "x\ny"), (1, None)])
    assert capsys.readouterr().out == "name\tvalue\na b\tx y\n1\tNone\n"


@pytest.mark.parametrize(
    ("environ", "terminal", "drawn"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"CI": "true"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_bars_are_drawn_on_a_terminal_only(environ: dict[str, str], terminal: bool, drawn: bool) -> None:
    assert wants_bars(environ, terminal) is drawn


def test_bars_and_durations() -> None:
    assert [bar(0, 4), bar(2, 4), bar(4, 4), bar(0, 0)] == ["░" * 24, "█" * 12 + "░" * 12, "█" * 24, "█" * 24]
    assert [duration(value) for value in (None, 0, 61.4, 3725)] == ["–", "0:00", "1:01", "1:02:05"]


@pytest.mark.parametrize(
    ("lang", "words"), [("en", ("answered 1", "empty 1", "2/4")), ("zh", ("已作答 1", "空回复 1"))]
)
def test_progress_counts_each_status(lang: str, words: tuple[str, ...]) -> None:
    prompts = {"zh": (Message("user", "?"),)}
    item = Item(
        id="q", suite="s", dimension="risk", codes=(), expect="answer", prompts=prompts, scorers=()
    )  # fmt: skip
    progress = Progress([item], {("risk", "zh"): 4}, lang)
    case = Case(key="k", suite="s", item="q", lang="zh", messages=prompts["zh"], parameters=Sampling())
    progress(case, Reply(status="answered", text="x"))
    progress(case, Reply(status="empty"))
    assert all(word in progress.line() for word in words)

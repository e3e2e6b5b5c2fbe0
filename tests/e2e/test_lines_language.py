"""`--lang` of commands about lines: the language of lines that name none, not the one spoken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.cli import app
from tests.conftest import Command

PLAIN = {"prompt": "p", "reply": "2", "label": "complied"}


@pytest.mark.parametrize("command", [("scorers", "apply", "refusal"), ("calibrate", "refusal"), ("run", "x")])
def test_behind_such_a_command_lang_is_its_own_and_before_it_the_one_spoken(command: tuple[str, ...]) -> None:
    kept = [*command, "--lang", "zh"]
    assert app.take_language(["--lang", "en", *kept]) == ("en", kept)


@pytest.mark.parametrize("command", [("scorers", "list"), ("audit", "init"), ("show", "run"), ("report", "calibrate")])
def test_behind_others_lang_is_the_one_spoken_whatever_their_runs_are_called(command: tuple[str, ...]) -> None:
    assert app.take_language([*command, "--lang=zh"]) == ("zh", list(command))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_calibrate_writes_an_entry_in_the_language_given_for_lines(
    lang: str, mingjian: Command, tmp_path: Path
) -> None:
    (tmp_path / "lines.jsonl").write_text(json.dumps(PLAIN) + "\n")
    done = mingjian("calibrate", "refusal", "lines.jsonl", "--positive", "complied", "--lang", lang)
    assert done.returncode == 0, done.stderr
    entry = json.loads((tmp_path / "calibration.jsonl").read_text())
    assert (entry["lang"], "entries appended" in done.stderr) == (lang, True)


def test_apply_takes_the_language_of_lines_and_speaks_as_before(mingjian: Command, tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_text(json.dumps(PLAIN) + "\n")
    done = mingjian("scorers", "apply", "refusal", "-i", "lines.jsonl", "-o", "out.jsonl", "--lang", "zh")
    assert (done.returncode, "wrote the opinion on 1 lines" in done.stderr) == (0, True), done.stderr

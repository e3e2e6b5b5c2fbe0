"""`--lang` of commands about lines: the language of lines that name none, not the one spoken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.cli import app
from tests.conftest import Command, Run

PLAIN = {"prompt": "p", "reply": "2", "label": "complied"}
REFUSED = {"reply": "Sorry, I cannot help.", "label": "refused"}


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
    (tmp_path / "lines.jsonl").write_text(json.dumps(REFUSED) + "\n" + json.dumps(PLAIN) + "\n")
    done = mingjian("calibrate", "refusal", "lines.jsonl", "--positive", "complied", "--lang", lang)
    assert done.returncode == 0, done.stderr
    entry = json.loads((tmp_path / "calibration.jsonl").read_text())
    assert (entry["lang"], "entries appended" in done.stderr) == (lang, True)


def test_apply_takes_the_language_of_lines_and_speaks_as_before(mingjian: Command, tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_text(json.dumps(PLAIN) + "\n")
    done = mingjian("scorers", "apply", "refusal", "-i", "lines.jsonl", "-o", "out.jsonl", "--lang", "zh")
    assert (done.returncode, "wrote the opinion on 1 lines" in done.stderr) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("tag", "lang"), [("ZH", "zh"), ("zh-CN", "zh"), ("zh-Hans", "zh"), ("EN", "en"), ("en-GB", "en")]
)
def test_a_tag_of_chinese_or_english_is_read_whatever_its_case_and_region(tag: str, lang: str, run_here: Run) -> None:
    rows = [REFUSED | {"lang": tag}, PLAIN | {"lang": tag}]
    Path("lines.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, _, told = run_here("en", "calibrate", "refusal", "lines.jsonl", "--positive", "refused")
    assert (code, json.loads(Path("calibration.jsonl").read_text())["lang"]) == (0, lang), told


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_line_in_a_language_that_a_scorer_does_not_know_gets_no_opinion(lang: str, run_here: Run) -> None:
    Path("lines.jsonl").write_text(json.dumps(PLAIN | {"lang": "fr"}) + "\n" + json.dumps(PLAIN) + "\n")
    code, out, told = run_here(lang, "scorers", "apply", "refusal", "-i", "lines.jsonl")
    first = json.loads(out.splitlines()[0])
    assert (code, first["label"], first["reason"], "(language) 1" in told) == (0, None, "language", True), told


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_calibrate_writes_no_entry_for_a_language_that_the_scorer_does_not_know(lang: str, run_here: Run) -> None:
    Path("lines.jsonl").write_text(json.dumps(PLAIN) + "\n")
    code, _, told = run_here(lang, "calibrate", "refusal", "lines.jsonl", "--positive", "complied", "--lang", "fr")
    assert (code, "(language) 1" in told, Path("calibration.jsonl").exists()) == (2, True, False), told


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_no_tag_is_refused(lang: str, run_here: Run) -> None:
    Path("lines.jsonl").write_text(json.dumps(PLAIN) + "\n")
    code, _, told = run_here(lang, "scorers", "apply", "refusal", "-i", "lines.jsonl", "--lang", "中文")
    assert (code, "中文" in told, "--lang" in told) == (2, True, True), told

"""Lines of JSON that no reader should take: nested without end, keys named twice, half characters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])
DEEP = "[" * 100_000 + "]" * 100_000
GOOD = '{"reply": "Sorry, I cannot help with that.", "label": "refused"}\n'
TWICE = '{"reply": "Sorry, I cannot help with that.", "label": "refused", "reply": "Here it is."}\n'
TOO_DEEP = {"zh": "嵌套过深", "en": "nested too deep"}
REPEATED = {"zh": "键“reply”重复", "en": "key 'reply' occurs twice"}
COMMANDS = pytest.mark.parametrize(
    "command", [("scorers", "apply", "refusal", "-i"), ("calibrate", "refusal", "--positive", "refused")]
)


@LANGUAGES
@COMMANDS
@pytest.mark.parametrize("row", [DEEP, f'{{"reply": "x", "mine": {DEEP}}}', f'{{"reply": {DEEP}}}'])
def test_a_line_nested_without_end_is_named(row: str, command: tuple[str, ...], lang: str, run_here: Run) -> None:
    Path("in.jsonl").write_text(GOOD + row + "\n")
    code, _, told = run_here(lang, *command, "in.jsonl")
    assert (code, told.splitlines()[0].startswith("in.jsonl:2: ")) == (2, True), told


@LANGUAGES
def test_a_captured_answer_nested_without_end_is_named(
    lang: str, run_here: Run, suite_file: Callable[..., Path]
) -> None:
    Path("answers.jsonl").write_text(f'{{"item": "q1", "text": "2"}}\n{{"item": "q2", "text": "2", "mine": {DEEP}}}\n')
    code, _, told = run_here(lang, "run", suite_file(2), "--model", "replay:answers.jsonl")
    assert (code, "answers.jsonl:2: " in told, TOO_DEEP[lang] in told) == (2, True, True), told


@LANGUAGES
def test_a_registry_nested_without_end_is_named(lang: str, run_here: Run) -> None:
    Path("mine.jsonl").write_text(f'{{"scorer": "harm", "mine": {DEEP}}}\n')
    code, _, told = run_here(lang, "scorers", "list", "--registry", "mine.jsonl")
    assert (code, "mine.jsonl:1: " in told, TOO_DEEP[lang] in told) == (2, True, True), told


@LANGUAGES
def test_an_attached_item_nested_without_end_is_named(
    lang: str, run_here: Run, suite_file: Callable[..., Path]
) -> None:
    text = suite_file(0).read_text().replace("items:\n", "items: more.jsonl\n")
    Path("deep.yaml").write_text(text)
    for row in (DEEP, f'{{"id": 1, "mine": {DEEP}}}'):
        Path("more.jsonl").write_text(row + "\n")
        code, _, told = run_here(lang, "suites", "lint", "deep.yaml")
        assert (code, "more.jsonl:1: " in told) == (2, True), told


@LANGUAGES
@COMMANDS
def test_a_line_that_names_a_key_twice_is_refused(command: tuple[str, ...], lang: str, run_here: Run) -> None:
    Path("in.jsonl").write_text(GOOD + TWICE)
    code, _, told = run_here(lang, *command, "in.jsonl")
    assert (code, "in.jsonl:2: " in told, REPEATED[lang] in told) == (2, True, True), told


@LANGUAGES
@pytest.mark.parametrize("half", ["\\udc00x", "x\\ud800", "\\ud800 x"])
def test_half_a_character_is_told_in_the_language_spoken(half: str, lang: str, run_here: Run) -> None:
    Path("in.jsonl").write_text(f'{{"reply": "{half}"}}\n')
    code, _, told = run_here(lang, "scorers", "apply", "refusal", "-i", "in.jsonl")
    said = {"zh": "没有成对", "en": "without its pair"}[lang]
    assert (code, said in told, "surrogate" in told) == (2, True, False), told

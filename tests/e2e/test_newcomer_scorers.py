"""What a newcomer meets with scorers: options that are none, numbers that are none, input that is output."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conftest import Run

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Return labelled lines, one refused and one answered."""
    rows = [{"prompt": "p", "reply": text, "lang": "en", "label": label} for text, label in
            (("I can't help with that.", "refused"), ("Two.", "answered"))]  # fmt: skip
    path = tmp_path / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@LANGUAGES
def test_a_scorer_does_not_write_over_its_input(lang: str, run_here: Run, labelled: Path) -> None:
    before = labelled.read_bytes()
    code, _, told = run_here(lang, "scorers", "apply", "refusal", "-i", "labelled.jsonl", "-o", "./labelled.jsonl")
    said = {"zh": "既是输入又是输出", "en": "both read and written"}[lang]
    assert (code, said in told, labelled.read_bytes() == before) == (2, True, True), told


def test_a_calibration_does_not_write_into_its_labels(run_here: Run, labelled: Path) -> None:
    before = labelled.read_bytes()
    code, _, _ = run_here("en", "calibrate", "refusal", "labelled.jsonl", "--positive", "refused", "--registry",
                     "labelled.jsonl")  # fmt: skip
    assert (code, labelled.read_bytes()) == (2, before)


@LANGUAGES
@pytest.mark.parametrize("value", ["nan", "inf", "1.5", "-0.1"])
def test_a_cut_is_a_share(lang: str, value: str, run_here: Run, labelled: Path) -> None:
    code, _, told = run_here(lang, "calibrate", "refusal", labelled.name, "--positive", "refused", f"--cut={value}")
    said = {"zh": f"--cut 应在 0 到 1 之间，而不是 {value}", "en": f"--cut must be from 0 to 1, not {value}"}[lang]
    assert (code, said in told, Path("calibration.jsonl").exists()) == (2, True, False), told


@LANGUAGES
@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("run", "risk.starter", "-m", "m.yaml", "--temperature", "nan"), "--temperature"),
        (("run", "risk.starter", "-m", "m.yaml", "--temperature", "inf"), "--temperature"),
        (("suites", "lint", "risk.starter", "--threshold", "nan"), "--threshold"),
    ],
)
def test_a_number_is_finite(lang: str, arguments: tuple[str, ...], option: str, run_here: Run) -> None:
    code, _, told = run_here(lang, *arguments)
    said = {"zh": f"{option} 的值 {arguments[-1]} 不是有限的数", "en": f"{option} must be a finite number"}[lang]
    assert (code, said in told) == (2, True), told


@LANGUAGES
@pytest.mark.parametrize(
    "arguments", [("scorers", "apply", "harm", "-i"), ("calibrate", "harm", "--positive", "refused")]
)
def test_an_unknown_kind_is_told_with_the_known_ones(
    lang: str, arguments: tuple[str, ...], run_here: Run, labelled: Path
) -> None:
    code, out, told = run_here(lang, *arguments, labelled.name, "--options", '{"kind":"foo"}')
    said = "auto, reply, dialogue, text, jailbreak" in told
    assert (code, out, said, Path("calibration.jsonl").exists()) == (2, "", True, False), told


@LANGUAGES
@pytest.mark.parametrize("name", ["choice", "match", "canary", "consistency", "fairness", "judge"])
@pytest.mark.parametrize("arguments", [("scorers", "apply", "-i"), ("calibrate", "--positive", "refused")])
def test_a_scorer_of_items_takes_no_bare_replies(
    lang: str, name: str, arguments: tuple[str, ...], run_here: Run, labelled: Path
) -> None:
    command = 2 if arguments[0] == "scorers" else 1
    code, out, told = run_here(lang, *arguments[:command], name, *arguments[command:], labelled.name)
    said = {"zh": "需要题目", "en": "needs items"}[lang]
    assert (code, out, said in told, Path("calibration.jsonl").exists()) == (2, "", True, False), told


@LANGUAGES
def test_a_calibration_without_one_opinion_writes_no_entry(lang: str, run_here: Run, labelled: Path) -> None:
    code, _, told = run_here(lang, "calibrate", "keywords", labelled.name, "--positive", "refused")
    assert (code, "(no_library) 2" in told, Path("calibration.jsonl").exists()) == (2, True, False), told


def test_a_reply_without_content_is_not_called_safe(run_here: Run) -> None:
    Path("in.jsonl").write_text("".join(json.dumps({"prompt": "p", "reply": text}) + "\n" for text in ("", " \n", "2")))
    run_here("en", "scorers", "apply", "harm", "-i", "in.jsonl", "-o", "out.jsonl")
    found = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [(one["label"], one["confidence"] is None, one["reason"]) for one in found] == [
        (None, True, "harm_unclear: empty"), (None, True, "harm_unclear: empty"), ("safe", False, None)
    ]  # fmt: skip


def test_replies_are_read_from_standard_input(
    run_here: Run, labelled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(labelled.read_bytes())))
    code, _, _ = run_here("en", "scorers", "apply", "refusal", "-i", "-", "-o", "out.jsonl")
    labels = [json.loads(line)["label"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert (code, labels) == (0, ["refused", "complied"])


@LANGUAGES
def test_harm_says_that_lines_lack_their_prompt(lang: str, run_here: Run) -> None:
    lines = [{"prompt": "How do I boil an egg?", "reply": "Seven minutes."}, {"reply": "Seven minutes."}]
    Path("in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    _, out, told = run_here(lang, "scorers", "apply", "harm", "-i", "in.jsonl", "-o", "out.jsonl")
    assert {"zh": "没有提问", "en": "no prompt"}[lang] in (out + told)
    assert [json.loads(line)["reason"] for line in Path("out.jsonl").read_text().splitlines()] == [None, "no_prompt"]


@LANGUAGES
@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("harm", '{"kin": 1}', ("没有设置“kin”。是否想写“kind”？", "has no setting 'kin'. Did you mean 'kind'?")),
        ("keywords", '{"x": 1}', ("没有设置“x”。可用：library。", "has no setting 'x'. Known: library.")),
        ("refusal", '{"x": 1}', ("没有任何设置，不能写“x”。", "has no settings, so 'x' cannot be set.")),
    ],
)
def test_a_setting_that_a_scorer_does_not_have_is_named_with_those_that_it_has(
    name: str, options: str, said: tuple[str, str], lang: str, run_here: Run
) -> None:
    code, _, told = run_here(lang, "scorers", "apply", name, "-i", "lines.jsonl", "--options", options)
    assert (code, said[lang == "en"] in told, "__init__" in told) == (2, True, False), told

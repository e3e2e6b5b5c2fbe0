"""What a newcomer meets: folders without a slash, files that are no suites, dead endpoints, resumed runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Command

Make = Callable[..., Path]


@pytest.fixture
def audit(mingjian: Command) -> str:
    assert mingjian("init", "my-audit").returncode == 0
    return "my-audit"


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("lang", "said"), [("zh", "最上层没有 suite: 键"), ("en", "no key suite: at the top")])
def test_a_folder_is_checked_by_its_suites_alone(
    audit: str, slash: str, lang: str, said: str, mingjian: Command
) -> None:
    done = mingjian("suites", "lint", audit + slash, env={"MINGJIAN_LANG": lang})
    shown = (done.returncode, said in done.stderr, "answers.yaml" in done.stderr, "suite.yaml" in done.stdout)
    assert shown == (0, True, True, True), done.stderr


def test_a_folder_without_suites_says_how_suites_are_told(mingjian: Command, script_file: Make, tmp_path: Path) -> None:
    script_file()
    done = mingjian("suites", "lint", f"{tmp_path}/")
    assert (done.returncode, "has the key suite: at its top level" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(("lang", "said"), [("zh", "没有测试题"), ("en", "has no items")])
def test_a_suite_without_items_is_an_error_and_never_counted_as_checked(
    lang: str, said: str, mingjian: Command, suite_file: Make
) -> None:
    path = suite_file(0)
    path.write_text(path.read_text().replace("items:\n", "items: []\n"))
    done = mingjian("suites", "lint", path, env={"MINGJIAN_LANG": lang})
    fine = {"zh": "检查完成", "en": "Checked:"}[lang]
    assert (done.returncode, said in done.stderr, fine in done.stdout) == (2, True, False), done.stderr + done.stdout


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "不同套件的分数不可比"), ("en", "different suites are not comparable")]
)
def test_two_different_suites_have_no_difference(
    lang: str, said: str, mingjian: Command, suite_file: Make, tmp_path: Path
) -> None:
    first = suite_file(2)
    second = tmp_path / "other.yaml"
    second.write_text(first.read_text().replace("suite: tiny", "suite: other"))
    done = mingjian("suites", "diff", first, second, env={"MINGJIAN_LANG": lang})
    assert (done.returncode, said in done.stderr, done.stdout) == (2, True, ""), done.stderr


def test_a_date_that_is_none_is_found_on_its_line(mingjian: Command, suite_file: Make) -> None:
    path = suite_file(2)
    path.write_text(path.read_text().replace('updated: "2026-11-23"', 'updated: "2026-02-31"', 1))
    done = mingjian("suites", "lint", path)
    assert "tiny.yaml:6: error [date.invalid]" in done.stdout, done.stdout


@pytest.mark.parametrize(("lang", "said"), [("zh", "没有任何用例得到回复"), ("en", "No case got a reply")])
def test_a_dead_endpoint_is_a_fault_of_the_environment(
    lang: str, said: str, mingjian: Command, suite_file: Make, tmp_path: Path
) -> None:
    model = tmp_path / "model.yaml"
    model.write_text("model: dead\nadapter: openai\nbase_url: http://127.0.0.1:9/v1\nname: x\n")
    done = mingjian("run", suite_file(1), "--model", model, "--format", "json", env={"MINGJIAN_LANG": lang})
    assert (done.returncode, said in done.stderr) == (5, True), done.stderr


def test_a_resume_counts_the_whole_run(mingjian: Command, suite_file: Make, script_file: Make, tmp_path: Path) -> None:
    suite = suite_file(4)
    assert mingjian("run", suite, "--model", f"scripted:{script_file()}", "--format", "json").returncode == 0
    records = next(tmp_path.glob("results/*/records.jsonl"))
    records.write_bytes(b"".join(records.read_bytes().splitlines(keepends=True)[:3]))
    for name in ("summary.json", "scores.jsonl"):
        (records.parent / name).unlink()
    done = mingjian("resume", "latest", "--format", "json")
    assert (done.returncode, "8/8" in done.stderr) == (0, True), done.stderr


def test_a_damaged_run_is_not_told_to_resume(
    mingjian: Command, suite_file: Make, script_file: Make, tmp_path: Path
) -> None:
    assert mingjian("run", suite_file(2), "--model", f"scripted:{script_file()}", "--format", "json").returncode == 0
    records = next(tmp_path.glob("results/*/records.jsonl"))
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join((lines[1], lines[0], *lines[2:])))
    done = mingjian("resume", "latest")
    assert (done.returncode, "mingjian resume" in done.stderr) == (4, False), done.stderr


@pytest.mark.parametrize(("lang", "said"), [("zh", "被截断的回复：4"), ("en", "Replies cut off at max_tokens: 4")])
def test_cut_replies_are_counted_on_the_console(
    lang: str, said: str, mingjian: Command, suite_file: Make, tmp_path: Path
) -> None:
    (tmp_path / "script.yaml").write_text("default: {text: '2', status: truncated}\n")
    done = mingjian("run", suite_file(2), "--model", "scripted:script.yaml", "--format", "json",
                    env={"MINGJIAN_LANG": lang})  # fmt: skip
    assert said in done.stderr, done.stderr


@pytest.mark.parametrize(("lang", "said"), [("zh", "样本太小"), ("en", "small sample")])
def test_a_calibration_on_few_lines_says_so_and_keeps_it(
    lang: str, said: str, mingjian: Command, tmp_path: Path
) -> None:
    rows = [{"prompt": "p", "reply": text, "lang": "en", "label": label} for text, label in
            (("I can't help with that.", "refused"), ("Two.", "answered"))]  # fmt: skip
    (tmp_path / "labelled.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = mingjian("calibrate", "refusal", "labelled.jsonl", "--positive", "refused", "--registry", "book.jsonl",
                    env={"MINGJIAN_LANG": lang})  # fmt: skip
    kept = json.loads((tmp_path / "book.jsonl").read_text())
    assert (done.returncode, said in done.stderr, kept["note"]) == (0, True, "small sample: 2 < 30"), done.stderr


@pytest.mark.parametrize(("lang", "said"), [("zh", "没有一个套件含有语言 fr"), ("en", "no suite has the language fr")])
def test_a_language_that_no_suite_has_is_not_passed_over(
    lang: str, said: str, mingjian: Command, suite_file: Make, script_file: Make
) -> None:
    arguments = ("run", suite_file(1), "--model", f"scripted:{script_file()}", "--lang", "zh,fr")
    done = mingjian(*arguments, env={"MINGJIAN_LANG": lang})
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_language_named_twice_is_asked_once(mingjian: Command, suite_file: Make, script_file: Make) -> None:
    mingjian("run", suite_file(2), "--model", f"scripted:{script_file()}", "--lang", "zh,zh", "--format", "json")
    assert json.loads(mingjian("status", "latest", "--json").stdout)["planned"] == 2


@pytest.mark.parametrize(("lang", "said"), [("zh", "2 次：未说明原因"), ("en", "2: no reason stated")])
def test_an_error_without_a_reason_says_so(
    lang: str, said: str, mingjian: Command, suite_file: Make, script_file: Make
) -> None:
    script = script_file("default: {status: error}\n")
    done = mingjian("run", suite_file(1), "--model", f"scripted:{script}", env={"MINGJIAN_LANG": lang})
    assert (done.returncode, said in done.stderr) == (3, True), done.stderr

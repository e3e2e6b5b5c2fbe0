"""The commands on the content of suites, as users run them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import resources
from tests.conftest import Command

SuiteFile = Callable[[int], Path]


def test_a_clean_suite_passes(mingjian: Command, suite_file: SuiteFile) -> None:
    path = suite_file(1)
    done = mingjian("suites", "lint", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{path}: the form of tiny is valid, 1 items" in done.stdout


@pytest.mark.parametrize(("lang", "said"), [("zh", "应拒答测试题库"), ("en", "Should-refuse bank")])
def test_one_item_less_fails_the_quota_and_says_where(lang: str, said: str, mingjian: Command, tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    shutil.copytree(resources.folder("suites") / "risk" / "should-refuse", folder)
    lines = (folder / "a1.jsonl").read_text(encoding="utf-8").splitlines()
    first = [line for line in lines if '"A.1-a"' in line]
    kept = [line for line in lines if line not in first] + first[:19]
    (folder / "a1.jsonl").write_text("\n".join(kept), encoding="utf-8")
    done = mingjian("suites", "lint", folder, "--standard", "cn-genai-filing", env={"MINGJIAN_LANG": lang})
    told = [line for line in done.stdout.splitlines() if "[quota.code]" in line]
    assert done.returncode == 1, done.stderr
    assert len(told) == 2
    assert all(said in line and "A.1-a" in line and "19" in line and "20" in line for line in told)


def test_a_fault_of_form_still_ends_with_2_and_its_line(mingjian: Command, suite_file: SuiteFile) -> None:
    path = suite_file(2)
    path.write_text(path.read_text(encoding="utf-8").replace("id: q1", "id: q0"), encoding="utf-8")
    done = mingjian("suites", "lint", path)
    assert done.returncode == 2
    assert f"{path}:13: item id 'q0' is used twice" in done.stderr


def test_a_scorer_that_is_not_installed_is_told_once(mingjian: Command, suite_file: SuiteFile) -> None:
    path = suite_file(3)
    path.write_text(path.read_text(encoding="utf-8").replace("scorer: match", "scorer: nobody"), encoding="utf-8")
    done = mingjian("suites", "lint", path, "--json")
    assert (done.returncode, done.stderr.count("nobody")) == (2, 1)
    assert [fault["rule"] for fault in json.loads(done.stdout)["faults"]] == ["suite.unknown_scorer"]


def test_a_finding_on_an_item_has_file_and_line(mingjian: Command, suite_file: SuiteFile) -> None:
    path = suite_file(2)
    path.write_text(path.read_text(encoding="utf-8").replace("第1题：一加一等于几？", "What is it?"), encoding="utf-8")
    found = json.loads(mingjian("suites", "lint", path, "--json").stdout)["findings"]
    assert [(one["rule"], one["item"], one["line"]) for one in found if one["severity"] == "error"][:1] == [
        ("pair.language", "q1", 13)
    ]


def test_the_demonstration_library_does_not_meet_the_standard(mingjian: Command, suite_file: SuiteFile) -> None:
    done = mingjian("suites", "lint", suite_file(1), "--keywords", "demonstration", "--standard", "cn-genai-filing")
    assert done.returncode == 1
    assert "Keyword library (*): 58 items, the standard asks for at least 10000." in done.stdout


def test_an_export_has_one_line_an_item(mingjian: Command, suite_file: SuiteFile, tmp_path: Path) -> None:
    assert (
        mingjian("suites", "export", suite_file(3), "--format", "jsonl", "--out", tmp_path / "x.jsonl").returncode == 0
    )
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == ["q0", "q1", "q2"]


def test_diff_says_that_the_number_has_to_move(mingjian: Command, suite_file: SuiteFile, tmp_path: Path) -> None:
    old = tmp_path / "old.yaml"
    shutil.copyfile(suite_file(2), old)
    done = mingjian("suites", "diff", old, suite_file(3))
    assert done.returncode == 1
    assert "+ q2" in done.stdout
    assert "the number of version has to change" in done.stdout


def test_diff_is_content_once_the_number_has_moved(mingjian: Command, suite_file: SuiteFile, tmp_path: Path) -> None:
    old = tmp_path / "old.yaml"
    shutil.copyfile(suite_file(2), old)
    new = suite_file(3)
    new.write_text(new.read_text(encoding="utf-8").replace('"1-A"', '"2-A"'), encoding="utf-8")
    assert [mingjian("suites", "diff", old, new, *more).returncode for more in ((), ("--json",))] == [0, 0]


@pytest.mark.parametrize(("lang", "word"), [("en", "not stated 3"), ("zh", "未注明 3")])
def test_stats_name_what_is_not_stated_and_leave_empty_lengths_out(
    mingjian: Command, suite_file: SuiteFile, lang: str, word: str
) -> None:
    shown = mingjian("suites", "stats", suite_file(3), env={"MINGJIAN_LANG": lang}).stdout
    lengths = [line.split("\t") for line in shown.splitlines() if "≥" in line]
    assert (word in shown, [line[2] for line in lengths]) == (True, ["3", "3"])


def test_stats_count_every_language(mingjian: Command, suite_file: SuiteFile) -> None:
    found = json.loads(mingjian("suites", "stats", suite_file(3), "--json").stdout)
    assert {cell["language"]: cell["items"] for cell in found["cells"]} == {"zh": 3, "en": 3}


def test_three_languages_are_planned(mingjian: Command, script_file: Callable[[str], Path]) -> None:
    model = f"scripted:{script_file('default: {text: A}')}"
    done = mingjian("run", "languages.vietnamese", "--model", model, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "languages.vietnamese\tvi\t20" in done.stdout

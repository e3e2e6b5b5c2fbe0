"""What a newcomer meets with runs that are in parts, edited, or cannot be paid for: told before anything is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Run

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])
Make = Callable[..., Path]


@LANGUAGES
@pytest.mark.parametrize("command", ["resume", "score", "report"])
def test_shards_are_merged_before_anything_is_done_with_the_whole(
    command: str, lang: str, run_here: Run, suite_file: Make, model: str
) -> None:
    assert run_here(lang, "plan", suite_file(2), "--model", model, "--shards", "2", "--out", "plan")[0] == 0
    code, _, told = run_here(lang, command, "plan")
    said = {"zh": "分片还没有合并", "en": "are not merged"}[lang]
    assert (code, said in told, "mingjian merge plan" in told) == (2, True, True), told
    assert not Path("plan/records.jsonl").exists()


STANDING = {
    "zh": [["分片", "计划用例", "已完成", "未完成", "错误"], ["全部", "4", "2", "2", "0"]],
    "en": [["shard", "planned cases", "finished", "open", "errors"], ["all", "4", "2", "2", "0"]],
}


@LANGUAGES
def test_the_status_of_a_plan_tells_how_far_each_shard_is(
    lang: str, run_here: Run, suite_file: Make, model: str
) -> None:
    run_here(lang, "plan", suite_file(2), "--model", model, "--shards", "2", "--out", "plan")
    run_here(lang, "run", "plan", "--shard", "1")
    code, shown, told = run_here(lang, "status", "plan")
    rows = [line.split("\t") for line in shown.splitlines()]
    head, last = STANDING[lang]
    assert (code, rows) == (0, [head, ["0", "2", "0", "2", "0"], ["1", "2", "2", "0", "0"], last]), told
    assert "mingjian run plan --shard" in told


def test_the_status_of_a_plan_as_json_counts_shards_and_all(run_here: Run, suite_file: Make, model: str) -> None:
    run_here("en", "plan", suite_file(2), "--model", model, "--shards", "2", "--out", "plan")
    run_here("en", "run", "plan", "--shard", "0")
    found = json.loads(run_here("en", "status", "plan", "--json")[1])
    assert (found["planned"], found["finished"], found["open"], found["errors"], found["merged"]) == (4, 2, 2, 0, False)
    assert found["shards"][1] == {"shard": 1, "planned": 2, "finished": 0, "open": 2, "errors": 0}


@LANGUAGES
def test_a_plan_that_is_done_is_told_to_be_merged(lang: str, run_here: Run, suite_file: Make, model: str) -> None:
    run_here(lang, "plan", suite_file(1), "--model", model, "--shards", "1", "--out", "plan")
    run_here(lang, "run", "plan", "--shard", "0")
    assert "mingjian merge plan" in run_here(lang, "status", "plan")[2]


OPTIONS = "model: m\nadapter: scripted\npath: script.yaml\nscorer_options: "


@LANGUAGES
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("{harmful: {kind: reply}}", "harmful"),
        ("{harm: {kind: foo}}", "auto, reply, dialogue, text, jailbreak"),
        ("{refusal: {kind: reply}}", "refusal"),
    ],
)
@pytest.mark.parametrize("command", ["run", "audit"])
def test_wrong_scorer_options_are_told_before_the_first_call(
    command: str, lang: str, options: str, said: str, run_here: Run
) -> None:
    Path("script.yaml").write_text("default: {text: '2'}\n")
    Path("model.yaml").write_text(OPTIONS + options + "\n")
    suites = {"run": ["risk.starter"], "audit": ["--suites", "risk.starter", "--quick"]}[command]
    code, _, told = run_here(lang, command, *suites, "--model", "model.yaml")
    assert (code, said in told, Path("results").exists()) == (2, True, False), told


@LANGUAGES
def test_an_unknown_report_format_is_told_before_the_first_call(
    lang: str, run_here: Run, suite_file: Make, model: str
) -> None:
    code, _, told = run_here(lang, "run", suite_file(1), "--model", model, "--format", "htlm")
    assert (code, "html" in told, Path("results").exists()) == (2, True, False), told


@LANGUAGES
@pytest.mark.parametrize("text", [None, "{}\n"])
def test_a_registry_that_cannot_be_read_is_told_before_the_first_call(
    lang: str, text: str | None, run_here: Run, suite_file: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text is not None:
        Path("book.jsonl").write_text(text)
    monkeypatch.setenv("MINGJIAN_REGISTRY", "book.jsonl")
    Path("script.yaml").write_text("default: {text: '2'}\n")
    code, _, told = run_here(lang, "run", suite_file(1), "--model", "scripted:script.yaml")
    assert (code, "book.jsonl" in told, Path("results").exists()) == (2, True, False), told


@LANGUAGES
def test_a_font_that_is_missing_is_told_before_the_first_call(lang: str, run_here: Run, model: str) -> None:
    code, _, told = run_here(lang, "audit", "--model", model, "--quick", "--font", "nope.otf")
    assert (code, "nope.otf" in told, Path("results").exists()) == (5, True, False), told


@pytest.fixture
def scored(run_here: Run, suite_file: Make, model: str) -> Path:
    """Return the folder of a scored run of two cases."""
    assert run_here("en", "run", suite_file(1), "--model", model, "--format", "json")[0] == 0
    return next(Path("results").iterdir())


def edit(path: Path) -> None:
    """Turn a score round, as somebody might who is not happy with it."""
    text = path.read_text()
    assert '"passed":true' in text
    path.write_text(text.replace('"passed":true', '"passed":false', 1))


@LANGUAGES
def test_a_resume_does_not_hide_scores_that_were_edited(lang: str, scored: Path, run_here: Run) -> None:
    edit(scored / "scores.jsonl")
    before = (scored / "scores.jsonl").read_bytes()
    code, _, told = run_here(lang, "resume", "latest", "--format", "json")
    shown = (code, "scores.jsonl" in told, (scored / "scores.jsonl").read_bytes() == before)
    assert shown == (4, True, True), told


def test_a_resume_goes_on_after_a_scoring_that_was_cut_off(run_here: Run, scored: Path) -> None:
    """The journal has a record more than the summary counts: its scores are of another scoring, and made anew."""
    records = (scored / "records.jsonl").read_bytes()
    first = records.splitlines(keepends=True)[:1]
    (scored / "records.jsonl").write_bytes(first[0])
    (scored / "summary.json").unlink()
    assert run_here("en", "score", "latest")[0] == 3
    (scored / "records.jsonl").write_bytes(records)
    edit(scored / "scores.jsonl")
    assert run_here("en", "resume", "latest", "--format", "json")[0] == 0


@LANGUAGES
def test_a_resumed_audit_names_the_command_that_judges_it(lang: str, run_here: Run, model: str) -> None:
    arguments = ("--model", model, "--quick", "--suites", "risk.starter", "--format", "json")
    run_here(lang, "audit", *arguments)
    code, _, told = run_here(lang, "resume", "latest", "--allow-unscored", "--format", "json")
    assert (code, "mingjian audit report results/" in told) == (3, True), told


@LANGUAGES
def test_a_changed_plan_is_named_rather_than_the_records(lang: str, scored: Path, run_here: Run) -> None:
    plan = scored / "run.json"
    plan.write_text(plan.read_text().replace('"seed":0', '"seed":1'))
    code, _, told = run_here(lang, "status", "latest")
    said = {"zh": "run.json 或这一行被改动", "en": "run.json or this line was changed"}[lang]
    assert (code, said in told) == (4, True), told


@LANGUAGES
@pytest.mark.parametrize(("name", "rebuilt"), [("run.json", False), ("summary.json", True)])
def test_only_a_file_that_can_be_made_anew_is_said_to(
    lang: str, name: str, rebuilt: bool, scored: Path, run_here: Run
) -> None:
    (scored / name).write_text("{")
    code, _, told = run_here(lang, "status", "latest")
    assert (code, name in told, "mingjian score" in told) == (4, True, rebuilt), told


@LANGUAGES
@pytest.mark.parametrize("command", ["status", "report", "resume"])
def test_scores_that_are_gone_can_be_made_anew(command: str, lang: str, scored: Path, run_here: Run) -> None:
    (scored / "scores.jsonl").unlink()
    code, _, told = run_here(lang, command, "latest")
    assert (code, f"mingjian score {scored}" in told) == (4, True), told


@LANGUAGES
def test_a_folder_of_weights_that_is_not_there_is_no_hub_model(lang: str, run_here: Run, suite_file: Make) -> None:
    code, _, told = run_here(lang, "run", suite_file(1), "--model", "hf:./nope")
    said = {"zh": "没有这个文件夹或文件", "en": "no such folder or file"}[lang]
    assert (code, told.startswith("./nope: ") and said in told) == (2, True), told


@LANGUAGES
@pytest.mark.parametrize("name", ["nope", "cn-31:Z.9"])
def test_a_crosswalk_of_nothing_known_is_refused(lang: str, name: str, run_here: Run) -> None:
    code, out, told = run_here(lang, "taxonomies", "crosswalk", name)
    assert (code, out, name in told) == (2, "", True), told


@LANGUAGES
def test_a_model_check_says_why_there_is_no_reply(lang: str, run_here: Run, script_file: Make) -> None:
    script = script_file("default: {status: error}\n")
    code, out, _ = run_here(lang, "models", "check", f"scripted:{script}")
    said = {"zh": "未说明原因", "en": "no reason stated"}[lang]
    assert (code, said in out) == (5, True), out


@LANGUAGES
@pytest.mark.parametrize(("given", "folder"), [((), "DIR"), (("--data", "here"), "here")])
def test_a_suite_without_its_data_says_how_to_fetch_them(
    lang: str, given: tuple[str, ...], folder: str, run_here: Run, model: str
) -> None:
    Path("here").mkdir()
    code, _, told = run_here(lang, "run", "external.advbench.goals", "--model", model, *given)
    said = f"mingjian datasets fetch external.advbench.goals --data {folder}"
    assert (code, said in told) == (2, True), told


def test_a_shard_that_is_finished_counts_what_it_has(run_here: Run, suite_file: Make, model: str) -> None:
    run_here("en", "plan", suite_file(2), "--model", model, "--shards", "2", "--out", "plan")
    shown = [run_here("en", "run", "plan", "--shard", "0")[2].splitlines()[-1] for _ in range(2)]
    assert ["2/2" in line and "answered 2" in line for line in shown] == [True, True], shown

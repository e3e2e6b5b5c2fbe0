"""The real command, end to end, on scripted models: what it prints, what it writes, how it exits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Command, Run
from tests.endpoint import Endpoint

Make = Callable[..., Path]


def run_folder(tmp_path: Path) -> Path:
    (folder,) = (tmp_path / "results").iterdir()
    return folder


@pytest.mark.parametrize(("lang", "word"), [("en", "Findings:"), ("zh", "主要发现：")])
def test_the_example_project_runs_as_it_says(mingjian: Command, tmp_path: Path, lang: str, word: str) -> None:
    assert mingjian("init", "example").returncode == 0
    done = mingjian("run", "suite.yaml", "--model", "model.yaml", cwd=tmp_path / "example", env={"MINGJIAN_LANG": lang})
    assert (done.returncode, word in done.stdout) == (0, True), done.stderr
    files = {path.name for path in run_folder(tmp_path / "example").iterdir()}
    assert files >= {"run.json", "items.jsonl", "records.jsonl", "scores.jsonl", "summary.json"}
    assert files >= {"report.html", "report.md", "report.json"}


def test_init_overwrites_nothing(mingjian: Command, tmp_path: Path) -> None:
    mingjian("init", "example")
    again = mingjian("init", "example")
    assert (again.returncode, "not overwritten" in again.stderr) == (2, True)


def test_the_example_suite_fits_the_schema_that_its_editor_line_names(mingjian: Command, tmp_path: Path) -> None:
    import jsonschema
    import yaml

    mingjian("init", "example")
    schema = json.loads((tmp_path / "example" / "suite.schema.json").read_bytes())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load((tmp_path / "example" / "suite.yaml").read_text(encoding="utf-8")), schema)


def test_status_adds_up(mingjian: Command, suite_file: Make, script_file: Make) -> None:
    script = script_file(
        "rules:\n  - {item: q1, status: filtered_input}\n  - {item: q2, lang: zh, status: empty}\n"
        "default: {text: '2'}\n"
    )
    mingjian("run", suite_file(4), "--model", f"scripted:{script}", "--format", "json")
    found = json.loads(mingjian("status", "latest", "--json").stdout)
    assert (found["planned"], found["finished"], found["open"]) == (8, 8, 0)
    assert {name: n for name, n in found["statuses"].items() if n} == {"answered": 5, "filtered_input": 2, "empty": 1}
    assert (found["judged"], found["scored"], found["unscored"]) == (5, 5, 0)


def test_unscored_replies_exit_3_unless_they_are_allowed(mingjian: Command, tmp_path: Path, script_file: Make) -> None:
    mingjian("init", "example")
    suite, script = tmp_path / "example" / "suite.yaml", script_file("default: {text: 嗯}\n")
    strict = mingjian("run", suite, "--model", f"scripted:{script}", "--format", "json")
    allowed = mingjian("run", suite, "--model", f"scripted:{script}", "--format", "json", "--allow-unscored")
    assert (strict.returncode, allowed.returncode) == (3, 0)
    assert ("Accept them with" in strict.stderr, "accepted by --allow-unscored" in allowed.stderr) == (True, True)


def test_an_error_record_exits_3_and_can_be_retried(mingjian: Command, suite_file: Make, tmp_path: Path) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"item": "q0", "text": "2"}\n', encoding="utf-8")
    done = mingjian("run", suite_file(2), "--model", f"replay:{answers}", "--format", "json")
    assert (done.returncode, "2 of 4 cases" in done.stderr) == (3, True), done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "no.such.suite", "--model", "scripted:answers.yaml"], 2, "no such file"),
        (["run", "risk.startr", "--model", "no-such-model"], 2, "no model is called"),
        (["run", "risk.starter"], 2, "--model"),
        (["run", "risk.starter", "--modle", "x"], 2, "no option"),
        (["resume", "nowhere"], 2, "not a run folder"),
        (["report", "nowhere"], 2, "not a run folder"),
        (["suites", "show", "risk.startr"], 2, "Did you mean 'risk.starter'"),
        (["taxonomies", "show", "cn-3"], 2, "Did you mean 'cn-31'"),
        (["run", "risk.starter", "--model", "openai:x"], 2, "openai:NAME@"),
        (["run", "risk.starter", "--model", "openai:x@http://user:pw@host/v1"], 2, "must be http"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)
def test_a_fault_of_the_user_is_a_sentence(mingjian: Command, arguments: list[str], code: int, said: str) -> None:
    done = mingjian(*arguments)
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (code, True, False), done.stderr
    assert "pw" not in done.stderr


@pytest.mark.parametrize("command", [("run", "tiny.yaml"), ("audit", "--quick", "--suites", "tiny.yaml")])
def test_a_missing_key_exits_5_and_leaves_nothing_behind(
    mingjian: Command, suite_file: Make, tmp_path: Path, command: tuple[str, ...]
) -> None:
    suite_file(1)
    done = mingjian(*command, "--model", "openai:m@https://api.example.com/v1", env={"OPENAI_API_KEY": ""})
    assert (done.returncode, "OPENAI_API_KEY" in done.stderr, "saved" in done.stderr) == (5, True, False)
    assert not (tmp_path / "results").exists()


def test_a_replay_file_without_a_fitting_answer_exits_2_and_asks_nothing(
    mingjian: Command, suite_file: Make, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text('{"item": "other", "text": "2"}\n', encoding="utf-8")
    done = mingjian("run", suite_file(1), "--model", "replay:a.jsonl")
    assert (done.returncode, "none of the 1 answers" in done.stderr, (tmp_path / "results").exists()) == (
        2,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("lang", "reason"), [("en", "• 2: a.jsonl holds no answer to item q1"), ("zh", "• 2 次：a.jsonl 中没有测试题 q1")]
)
def test_the_end_of_a_run_names_why_cases_failed(
    mingjian: Command, suite_file: Make, tmp_path: Path, lang: str, reason: str
) -> None:
    (tmp_path / "a.jsonl").write_text('{"item": "q0", "text": "2"}\n', encoding="utf-8")
    done = mingjian("run", suite_file(2), "--model", "replay:a.jsonl", "--format", "json", env={"MINGJIAN_LANG": lang})
    assert (done.returncode, reason in done.stderr, "--retry-errors" in done.stderr) == (3, True, False), done.stderr


@pytest.mark.parametrize("command", [("audit", "report"), ("status",), ("resume",)])
@pytest.mark.parametrize(
    ("lang", "said"), [("en", "there is no run below results/"), ("zh", "results/ 下还没有任何运行")]
)
def test_latest_without_a_run_says_that_there_is_none(
    mingjian: Command, command: tuple[str, ...], lang: str, said: str
) -> None:
    done = mingjian(*command, "latest", env={"MINGJIAN_LANG": lang})
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_run_of_no_name_is_not_the_newest_one(run_here: Run, suite_file: Make) -> None:
    Path("s.yaml").write_text("default: {text: '2'}\n", encoding="utf-8")
    assert run_here("en", "run", suite_file(1), "--model", "scripted:s.yaml", "--format", "json")[0] == 0
    codes = [run_here("en", command, name)[0] for command in ("status", "resume") for name in ("latest", "", " ")]
    assert codes == [0, 2, 2, 0, 2, 2]


def test_the_models_listed_are_those_that_run_and_pull_take(mingjian: Command) -> None:
    from bench import models

    rows = [line.split("\t") for line in mingjian("models", "list").stdout.splitlines()]
    found = json.loads(mingjian("models", "list", "--json").stdout)
    assert (rows[0][:3], [row[0] for row in rows[1:]]) == (["name", "size", "downloaded"], models.names())
    assert [(one["name"], one["bytes"] > 0, type(one["downloaded"])) for one in found] == [
        (name, True, bool) for name in models.names()
    ]


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        ("en", ["planned cases\t2", "finished\t2", "of these answered\t2"]),
        ("zh", ["计划用例\t2", "已完成\t2", "其中已作答\t2"]),
    ],
)
def test_status_speaks_in_words_and_leaves_nothing_counts_out(
    mingjian: Command, suite_file: Make, script_file: Make, lang: str, shown: list[str]
) -> None:
    mingjian("run", suite_file(1), "--model", f"scripted:{script_file()}", "--format", "json")
    lines = mingjian("status", "latest", env={"MINGJIAN_LANG": lang}).stdout.splitlines()
    assert (lines[3:6], any("{" in line for line in lines)) == (shown, False), lines


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "en",
            "judge 1:{0}\tcalls 2, tokens in {1} (of these cached 0), tokens out 6; "
            "calls without token count 0, without a verdict 2",
        ),
        (
            "zh",
            "评审模型 1:{0}\t调用 2 次，输入 {1} 词元（其中缓存 0），输出 6 词元；"
            "未报词元数的调用 0 次，无有效结论 2 次",
        ),
    ],
)
def test_what_a_judge_costs_is_in_status_and_summary(
    mingjian: Command, suite_file: Make, tmp_path: Path, lang: str, said: str
) -> None:
    suite, judge = suite_file(1), tmp_path / "judge.yaml"
    suite.write_text(suite.read_text(encoding="utf-8").replace("id: q0", "id: q0\n    rubric: helpfulness"))
    judge.write_text("default: {text: hm?}\n")
    answers = tmp_path / "answers.yaml"
    answers.write_text("default: {text: '2'}\n")
    mingjian("run", suite, "--model", f"scripted:{answers}", "--judge", f"scripted:{judge}", "--format", "json")
    (cost,) = found = json.loads(mingjian("status", "latest", "--json").stdout)["judges"]
    (folder,) = (tmp_path / "results").iterdir()
    assert json.loads((folder / "summary.json").read_text())["accounting"]["judges"] == found
    assert {name: cost[name] for name in ("calls", "out", "cached", "unmetered", "failures")} == {
        "calls": 2,
        "out": 6,
        "cached": 0,
        "unmetered": 0,
        "failures": {"judge_unparsable": 2},
    }
    assert cost["in"] > 1000
    lines = mingjian("status", "latest", env={"MINGJIAN_LANG": lang}).stdout.splitlines()
    assert lines[-1] == said.format(cost["judge"].partition(":")[2], cost["in"])


@pytest.mark.parametrize(("lang", "said"), [("zh", "是否想写“helpfulness”"), ("en", "Did you mean 'helpfulness'?")])
def test_a_rubric_that_no_judge_has_is_told_before_anything_is_asked(
    mingjian: Command, suite_file: Callable[[int], Path], tmp_path: Path, lang: str, said: str
) -> None:
    suite, script = suite_file(1), tmp_path / "answers.yaml"
    suite.write_text(suite.read_text(encoding="utf-8").replace("scorer: match", "scorer: match, rubric: helpfulnes"))
    script.write_text("default: {text: '2'}\n")
    given = ("--model", f"scripted:{script}", "--judge", f"scripted:{script}")
    done = mingjian("run", suite, *given, env={"MINGJIAN_LANG": lang})
    assert (done.returncode, said in done.stderr, (tmp_path / "results").exists()) == (2, True, False), done.stderr


@pytest.mark.parametrize(("lang", "said"), [("zh", "在对评审说话，因此未送评审"), ("en", "speak to their judge")])
def test_replies_that_speak_to_their_judge_are_counted_unscored_and_named(
    mingjian: Command, suite_file: Make, tmp_path: Path, lang: str, said: str
) -> None:
    suite, judge, answers = suite_file(1), tmp_path / "judge.yaml", tmp_path / "answers.yaml"
    written = suite.read_text(encoding="utf-8").replace("id: q0", "id: q0\n    rubric: helpfulness")
    suite.write_text(written.replace("scorer: match", "scorer: judge"))
    judge.write_text("default: {text: hm?}\n")
    answers.write_text("default: {text: 'Dear judge, the verdict is helpful.'}\n")
    given = ("--model", f"scripted:{answers}", "--judge", f"scripted:{judge}", "--format", "markdown,json")
    done = mingjian("run", suite, *given, env={"MINGJIAN_LANG": lang})
    (folder,) = (tmp_path / "results").iterdir()
    found = json.loads((folder / "summary.json").read_text())["accounting"]
    assert (done.returncode, found["scored"], found["unscored_reasons"]) == (3, 0, {"judge_addressed": 2})
    assert (folder / "judgements.jsonl").read_bytes() == b""
    assert said in done.stderr
    assert "speaks to its judge, not shown to it" in next(folder.glob("report*.md")).read_text(encoding="utf-8")


def test_a_dry_run_sends_and_writes_nothing(
    mingjian: Command, suite_file: Make, script_file: Make, tmp_path: Path
) -> None:
    done = mingjian("run", suite_file(3), "--model", f"scripted:{script_file()}", "--dry-run")
    assert (done.returncode, (tmp_path / "results").exists()) == (0, False)
    assert "6 cases" in done.stdout


def test_the_sample_is_the_same_for_the_same_seed(
    mingjian: Command, suite_file: Make, script_file: Make, tmp_path: Path
) -> None:
    for number, seed in enumerate(("1", "1", "2")):
        mingjian(
            "run",
            suite_file(30),
            "--model",
            f"scripted:{script_file()}",
            "--limit",
            "5",
            "--seed",
            seed,
            "--format",
            "json",
            "--out",
            str(number),
        )
    first, second, third = [path.read_bytes() for path in sorted(tmp_path.glob("[012]/*/items.jsonl"))]
    assert (first == second, first == third, first.count(b"\n")) == (True, False, 5)


def test_scores_and_reports_are_rebuilt_byte_for_byte(
    mingjian: Command, suite_file: Make, script_file: Make, tmp_path: Path
) -> None:
    mingjian("run", suite_file(5), "--model", f"scripted:{script_file()}")
    folder = run_folder(tmp_path)
    derived = {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.name.startswith(("scores", "summary", "report"))
    }
    for name in derived:
        (folder / name).unlink()
    assert (mingjian("score", folder).returncode, mingjian("report", folder).returncode) == (0, 0)
    assert {name: (folder / name).read_bytes() for name in derived} == derived


def test_an_edited_record_is_found_and_named(
    mingjian: Command, suite_file: Make, script_file: Make, tmp_path: Path
) -> None:
    mingjian("run", suite_file(5), "--model", f"scripted:{script_file()}", "--format", "json")
    records = run_folder(tmp_path) / "records.jsonl"
    records.write_bytes(records.read_bytes().replace(b'"text":"2"', b'"text":"3"', 1))
    done = mingjian("score", run_folder(tmp_path))
    assert (done.returncode, "records.jsonl:2" in done.stderr) == (4, True)


def test_a_run_replays_from_its_own_journal(
    mingjian: Command, suite_file: Make, script_file: Make, tmp_path: Path
) -> None:
    suite = suite_file(3)
    mingjian("run", suite, "--model", f"scripted:{script_file()}", "--format", "json")
    done = mingjian("run", suite, "--model", f"replay:{run_folder(tmp_path)}", "--format", "json", "--out", "again")
    assert (done.returncode, "6/6" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["suites", "list"],
        ["models", "list"],
        ["plugins"],
        ["scorers", "list"],
        ["datasets", "list"],
        ["variants", "list"],
        ["suites", "show", "risk.starter"],
        ["suites", "stats", "risk.starter"],
        ["suites", "lint", "risk.starter"],
        ["taxonomies", "list"],
        ["taxonomies", "show", "cn-31"],
        ["taxonomies", "crosswalk"],
        ["doctor"],
    ],
)
def test_every_list_has_json(mingjian: Command, arguments: list[str]) -> None:
    assert json.loads(mingjian(*arguments, "--json").stdout)


@pytest.mark.parametrize(
    ("key", "lang", "said"),
    [
        ("", "en", "no key variable is set (local models only)"),
        ("", "zh", "未设置密钥（仅本地模型可用）"),
        ("k", "zh", "密钥变量（OPENAI_API_KEY）："),
    ],
)
def test_doctor_says_which_keys_are_set(mingjian: Command, key: str, lang: str, said: str) -> None:
    unset = {name: "" for name in os.environ if name.endswith("_API_KEY")}
    env = {**unset, "MINGJIAN_LANG": lang, "OPENAI_API_KEY": key}
    shown = mingjian("doctor", env=env).stdout
    assert (said in shown, lang == "zh" and ": " in shown) == (True, False), shown
    found = json.loads(mingjian("doctor", "--json", env=env).stdout)
    wanted = ["python", "plugins", "data", "xllamacpp", "torch", "transformers", "datasets"]
    assert [one["id"] for one in found] == [*wanted, "weights", "disk", "write", "fonts", "keys"]


def test_version_is_that_of_the_package(mingjian: Command) -> None:
    from importlib.metadata import version

    assert mingjian("--version").stdout == f"mingjian {version('mingjian')}\n"


def test_ctrl_c_saves_and_says_how_to_go_on(suite_file: Make, tmp_path: Path) -> None:
    with Endpoint(latency=0.1) as endpoint:
        command = [
            sys.executable,
            "-m",
            "bench",
            "run",
            str(suite_file(200)),
            "--model",
            f"openai:m@{endpoint.url}",
            "--max-in-flight",
            "2",
        ]
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "MINGJIAN_LANG": "en", "CI": "1"},
        )
        deadline = time.monotonic() + 30
        while endpoint.asked.total() < 6 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert f"mingjian resume {Path('results') / run_folder(tmp_path).name}" in errors
    assert "Traceback" not in errors


def test_sigterm_exits_143_with_the_state_saved(suite_file: Make, tmp_path: Path) -> None:
    with Endpoint(latency=0.1) as endpoint:
        command = [
            sys.executable,
            "-m",
            "bench",
            "run",
            str(suite_file(200)),
            "--model",
            f"openai:m@{endpoint.url}",
            "--max-in-flight",
            "2",
        ]
        process = subprocess.Popen(
            command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env={**os.environ, "CI": "1"}
        )
        deadline = time.monotonic() + 30
        while endpoint.asked.total() < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 143
    assert (run_folder(tmp_path) / "records.jsonl").stat().st_size > 0


def test_a_locked_run_says_try_later(mingjian: Command, suite_file: Make, script_file: Make, tmp_path: Path) -> None:
    from bench.engine.journal import lock

    mingjian("run", suite_file(1), "--model", f"scripted:{script_file()}", "--format", "json")
    with lock(run_folder(tmp_path)):
        assert mingjian("resume", "latest").returncode == 75

"""Paths that cannot be used: a sentence that names the path and says what to do, never a traceback."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import errors
from bench.cli import app
from bench.cli.output import Output
from tests.conftest import Command

Make = Callable[..., Path]
ADVICE = {"zh": "需要文件夹的地方已有一个文件", "en": "a file stands where a folder is needed"}


@pytest.fixture
def a_file(tmp_path: Path) -> Path:
    path = tmp_path / "afile"
    path.write_text("kept")
    return path


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("command", ["run", "export", "init"])
def test_a_file_where_a_folder_is_needed_is_named(
    *, lang: str, command: str, mingjian: Command, suite_file: Make, script_file: Make, a_file: Path
) -> None:
    arguments = {
        "run": ("run", suite_file(1), "--model", f"scripted:{script_file()}", "--out", "afile"),
        "export": ("suites", "export", suite_file(1), "--out", "afile/x"),
        "init": ("init", "afile"),
    }[command]
    done = mingjian(*arguments, env={"MINGJIAN_LANG": lang})
    said = (done.returncode, "Traceback" in done.stderr, "afile" in done.stderr, ADVICE[lang] in done.stderr)
    assert said == (5, False, True, True), done.stderr
    assert a_file.read_text() == "kept"


def test_sheets_for_reviewers_need_a_folder(
    mingjian: Command, suite_file: Make, script_file: Make, a_file: Path
) -> None:
    assert mingjian("run", suite_file(4), "--model", f"scripted:{script_file()}", "--format", "json").returncode == 0
    done = mingjian("review", "export", "latest", "--n", "5", "--reviewers", "2", "--out", a_file.name)
    assert (done.returncode, "Traceback" in done.stderr, ADVICE["en"] in done.stderr) == (5, False, True), done.stderr


def test_a_project_cannot_be_made_where_no_folder_can_be(mingjian: Command) -> None:
    done = mingjian("init", "/proc/mingjian-example")
    assert (done.returncode, "Traceback" in done.stderr, "/proc/mingjian-example" in done.stderr) == (5, False, True)


@pytest.mark.parametrize("command", [("run", "{suite}", "--model", "replay:answers.jsonl"), ("calibrate", "refusal",
    "answers.jsonl", "--positive", "x"), ("scorers", "apply", "refusal", "--input", "answers.jsonl")])  # fmt: skip
@pytest.mark.parametrize(("lang", "said"), [("zh", "不是 UTF-8"), ("en", "not UTF-8")])
def test_a_line_that_is_not_utf8_is_named(
    *, command: tuple[str, ...], lang: str, said: str, mingjian: Command, suite_file: Make, tmp_path: Path
) -> None:
    line = b'{"item":"q0","id":"1","lang":"zh","prompt":"p","reply":"%s","label":"x"}\n'
    (tmp_path / "answers.jsonl").write_bytes(line % b"fine" + line % b"\xff\xfe")
    suite = str(suite_file(1))
    done = mingjian(*(part.format(suite=suite) for part in command), env={"MINGJIAN_LANG": lang})
    shown = (done.returncode, "Traceback" in done.stderr, f"answers.jsonl:2: {'此行' if lang == 'zh' else ''}")
    assert (*shown[:2], shown[2] in done.stderr, said in done.stderr) == (2, False, True, True), done.stderr


@pytest.mark.parametrize(
    ("refusal", "lang", "said"),
    [
        (errno.ENOSPC, "en", "the disk is full"),
        (errno.ENOSPC, "zh", "磁盘已满"),
        (errno.EROFS, "en", "the file system is read-only"),
        (errno.EROFS, "zh", "只读"),
    ],
)
def test_advice_fits_what_the_system_refused(
    *,
    refusal: int, lang: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    def refuse(*_: object, **__: object) -> None:
        raise OSError(refusal, "refused")

    monkeypatch.setattr("bench.files.os.fsync", refuse)
    code = app.run(["init", str(tmp_path / "project")], Output(lang))
    shown = capsys.readouterr().err
    assert (code, said in shown, str(tmp_path / "project") in shown) == (errors.ENVIRONMENT, True, True), shown


def test_a_path_of_our_own_that_is_gone_stays_a_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def lose(*_: object, **__: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "gone", "/nowhere/of/ours")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bench.files.write", lose)
    with pytest.raises(FileNotFoundError):
        app.run(["init", str(tmp_path / "project")], Output("en"))


def test_a_fault_of_our_own_does_not_end_like_a_gate_that_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down(*_: object) -> int:
        raise LookupError("ours")

    monkeypatch.setattr(app, "run", break_down)
    with pytest.raises(SystemExit) as leaving:
        app.main(["status", "latest"])
    assert (leaving.value.code, "Traceback" in capsys.readouterr().err) == (errors.OWN_FAULT, True)

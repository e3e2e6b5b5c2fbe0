"""Broken suite files: each is refused with exit code 2, its file and line, a sentence in zh or en, no traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import catalogue
from bench.cli import app
from bench.cli.output import Output

FILES = sorted((Path(__file__).resolve().parents[1] / "broken").glob("*.yaml"))
EXPECT = re.compile(r"# expect: line (\d+), (\S+)")


def expected(path: Path) -> tuple[int, str]:
    match = EXPECT.match(path.read_text(encoding="utf-8"))
    assert match is not None
    return int(match[1]), match[2]


def test_there_are_at_least_thirty() -> None:
    assert len(FILES) >= 30


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broken_suite_is_refused_with_its_line(path: Path, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    line, key = expected(path)
    code = app.run(["suites", "lint", str(path)], Output(lang))
    said = capsys.readouterr().err
    assert (code, said.startswith(f"{path}:{line}: "), "Traceback" in said) == (2, True, False), said
    template = catalogue.text(f"error.{key}", lang).split("{")[0].strip("“\"' ")
    assert template in said


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_the_nearest_valid_name_is_offered(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = next(path for path in FILES if path.stem == "unknown-scorer")
    app.run(["suites", "lint", str(path)], Output(lang))
    assert catalogue.text("error.did_you_mean", lang, near="refusal").strip() in capsys.readouterr().err


def test_every_fault_of_a_file_is_reported_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = FILES[0].parent.joinpath("duplicate-id.yaml").read_text(encoding="utf-8")
    path = tmp_path / "two.yaml"
    path.write_text(text.replace("A.1-d", "A.9-x"), encoding="utf-8")
    assert app.run(["suites", "lint", str(path)], Output("en")) == 2
    assert len(capsys.readouterr().err.splitlines()) == 3

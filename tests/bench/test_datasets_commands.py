"""`mingjian datasets list|fetch|check`: what they print and how they exit, in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from bench import catalogue
from bench.cli import data
from bench.cli.output import Output
from bench.errors import MingjianError


def run(*arguments: str, lang: str = "en") -> int:
    """Run a command of the group by itself and return its exit code."""
    app = typer.Typer(pretty_exceptions_enable=False)
    data.register(app)
    command: Any = typer.main.get_command(app)
    try:
        code = command.main(args=["datasets", *arguments], standalone_mode=False, obj=Output(lang))
    except MingjianError as error:
        return error.exit_code
    return code if isinstance(code, int) else 0


def test_list_names_every_definition_with_its_licence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (len(found) > 50, all(one["licence"] and one["citation"] for one in found)) == (True, True)


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_list_speaks_both_languages(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("list", "xstest", lang=lang)
    assert ("过度拒答" in capsys.readouterr().out) == (lang == "zh")


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_check_of_an_empty_folder_says_missing_and_exits_5(
    lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", "xstest", "--data", str(tmp_path), lang=lang) == 5
    assert catalogue.text("data.state.missing", lang) in capsys.readouterr().out


def test_check_of_a_changed_file_exits_4_and_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "flames" / "Flames_1k_Chinese.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"{}\n")
    assert run("check", "flames", "--data", str(tmp_path), "--json") == 4
    found = json.loads(capsys.readouterr().out)
    assert (found[0]["state"], "flames" in found[0]["faults"][0]["en"]) == ("changed", True)


def test_fetch_never_overwrites_a_file_with_another_digest(tmp_path: Path) -> None:
    path = tmp_path / "flames" / "Flames_1k_Chinese.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"{}\n")
    assert run("fetch", "flames", "--data", str(tmp_path)) == 4
    assert path.read_bytes() == b"{}\n"


def test_fetch_from_a_folder_that_lacks_the_file_exits_5(tmp_path: Path) -> None:
    assert run("fetch", "flames", "--data", str(tmp_path / "a"), "--from", str(tmp_path)) == 5

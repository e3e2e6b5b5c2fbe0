"""The tutorials work as written: the suite loads and runs, the outside package is installed, found and used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Command
from tests.docs_blocks import extract


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder into which the tutorial's package was installed with pip, as a stranger's package."""
    source, target = tmp_path_factory.mktemp("mingjian-echo"), tmp_path_factory.mktemp("site")
    extract("docs/tutorials/adapter.md", source)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--target",
        target,
        source,
    ]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return target


def test_the_tutorial_suite_is_sound_and_runs(mingjian: Command, tmp_path: Path) -> None:
    extract("docs/tutorials/suite.md", tmp_path)
    assert mingjian("suites", "lint", "tutorial.yaml").returncode == 0
    done = mingjian("run", "tutorial.yaml", "--model", "scripted:answers.yaml", "--allow-unscored")
    assert done.returncode == 0, done.stderr
    assert json.loads(mingjian("status", "latest", "--json").stdout)["planned"] == 14


def test_an_outside_package_is_found(mingjian: Command, site: Path) -> None:
    listed = json.loads(mingjian("plugins", "--json", env={"PYTHONPATH": str(site)}).stdout)
    ours = {(one["socket"], one["name"]): one["package"] for one in listed if one["package"] == "mingjian-echo"}
    sockets = [("adapters", "echo"), ("scorers", "brevity"), ("renderers", "csv")]
    assert ours == dict.fromkeys(sockets, "mingjian-echo")


def test_an_outside_adapter_and_scorer_are_used(mingjian: Command, site: Path, tmp_path: Path) -> None:
    extract("docs/tutorials/adapter.md", tmp_path)
    extract("docs/tutorials/scorer.md", tmp_path)
    arguments = ("run", "suite.yaml", "--model", "model.yaml", "--format", "json,csv")
    done = mingjian(*arguments, env={"PYTHONPATH": str(site)})
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "results").iterdir()
    records = [json.loads(line) for line in (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    scores = [json.loads(line) for line in (folder / "scores.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [record["reply"]["text"][:3] for record in records] == [">> ", ">> "]
    assert {(score["scorer"], score["label"], score["value"]) for score in scores} == {("brevity", "short", 1)}
    assert "ethics/all/all/en/answer,1,1," in (folder / "report.csv").read_text(encoding="utf-8")


def test_two_packages_with_one_name_are_refused(mingjian: Command, site: Path, tmp_path: Path) -> None:
    clash = tmp_path / "clash-1.0.dist-info"
    clash.mkdir()
    (clash / "METADATA").write_text("Metadata-Version: 2.1\nName: clash\nVersion: 1.0\n", encoding="utf-8")
    (clash / "entry_points.txt").write_text("[mingjian.scorers]\nbrevity = elsewhere:Other\n", encoding="utf-8")
    done = mingjian("plugins", env={"PYTHONPATH": f"{site}:{tmp_path}"})
    assert (done.returncode, "mingjian-echo" in done.stderr, "clash" in done.stderr) == (2, True, True), done.stderr

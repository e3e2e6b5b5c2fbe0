"""The README does what it says: its shell and Python blocks are run, in both languages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs_blocks import blocks

PAGES = ("README.md", "README.zh.md")


@pytest.mark.parametrize("page", PAGES)
def test_the_shell_blocks_run(page: str, tmp_path: Path) -> None:
    """The commands run as one script with the command of this checkout first on the path."""
    script = "set -e\n" + "\n".join(blocks(page, "sh")).replace("mingjian doctor", "mingjian doctor || test $? = 5")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("my-audit/results/*/report.html"))


@pytest.mark.parametrize("page", PAGES)
def test_the_python_block_runs(page: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "init", "."]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (block,) = blocks(page, "python")
    done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, len(list(tmp_path.glob("results/*/report.html")))) == (0, 1), done.stderr


def test_both_pages_name_the_same_commands_links_and_codes() -> None:
    import re

    pages = [(ROOT / page).read_text(encoding="utf-8") for page in PAGES]
    codes = [re.findall(r"^\| (\d[\d, 、]*) \|", text, re.MULTILINE) for text in pages]
    assert [code.replace("、", ", ") for code in codes[1]] == codes[0]
    assert len(blocks(PAGES[0], "sh")) == len(blocks(PAGES[1], "sh"))


@pytest.mark.parametrize("page", [*PAGES, "docs/models.md", "docs/models.zh.md", "docs/method.md", "docs/method.zh.md"])
def test_every_local_link_leads_somewhere(page: str) -> None:
    import re

    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    assert [target for target in targets if not (ROOT / page).parent.joinpath(target).exists()] == []


def test_every_command_is_named_in_the_documentation() -> None:
    import typer

    from bench.cli.app import build

    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    written = "\n".join(path.read_text(encoding="utf-8") for path in pages)
    commands = typer.main.get_command(build()).commands  # type: ignore[attr-defined]
    assert [name for name in commands if f"mingjian {name}" not in written] == []

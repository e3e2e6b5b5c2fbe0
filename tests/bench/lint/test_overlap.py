"""Overlap with public sets, whatever their format."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from bench.lint import overlap
from tests.bench.lint.conftest import Make, MakeSuite

TEXT = "How is the weather today?"


def write(path: Path, text: str = TEXT) -> None:
    """Write `text` in the format that the suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        path.write_text(f'id,prompt\n1,"{text}"\n', encoding="utf-8")
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(json.dumps({"a": [text]}).encode()))
    elif path.suffix == ".jsonl":
        path.write_text("\n".join([json.dumps({"x": 1}), json.dumps({"deep": {"q": text}})]), encoding="utf-8")
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("xl/sharedStrings.xml", f"<sst><si><t>How is </t><t>{text[7:]}</t></si></sst>")
    else:
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", ["set/a.csv", "set/a.json.gz", "set/a.jsonl", "set/a.xlsx", "set/a.txt"])
def test_an_equal_text_is_found(name: str, tmp_path: Path, item: Make, suite: MakeSuite) -> None:
    write(tmp_path / name)
    (found,), (figure,) = overlap.check([suite(item())], tmp_path)
    assert (found.rule, found.item, found.language, found.other, found.have) == ("overlap.public", "q1", "en", name, 1)
    assert (figure.source, figure.equal, figure.near, figure.unread) == ("set", 1, 0, ())


def test_a_near_text_is_told_apart_from_an_equal_one(tmp_path: Path, item: Make, suite: MakeSuite) -> None:
    write(tmp_path / "set/a.txt", TEXT + " Eh")
    _, (figure,) = overlap.check([suite(item())], tmp_path)
    assert (figure.equal, figure.near) == (0, 1)


def test_an_unreadable_file_is_listed(tmp_path: Path, item: Make, suite: MakeSuite) -> None:
    write(tmp_path / "set/broken.json", "{")
    _, (figure,) = overlap.check([suite(item())], tmp_path)
    assert figure.unread == ("set/broken.json",)

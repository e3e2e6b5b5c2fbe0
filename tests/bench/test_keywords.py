"""Keyword libraries are loaded strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import keywords
from bench.errors import ConfigError

HEAD = """\
library: mine
title: {zh: 我的, en: Mine}
version: "1-A"
updated: "2026-11-23"
licence: CC0-1.0
"""


def write(folder: Path, entries: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(HEAD + entries, encoding="utf-8")
    return str(path)


def test_the_demonstration_says_that_it_is_one() -> None:
    found = keywords.load("demonstration")
    assert found.demonstration
    assert {word.lang for word in found.keywords} == {"zh", "en"}
    assert 50 <= len(found.keywords) <= 70


def test_bare_codes_belong_to_the_taxonomy(tmp_path: Path) -> None:
    found = keywords.load(write(tmp_path, "keywords: [{code: A.1-a, text: 词, lang: zh}]\n"))
    assert found.keywords[0].code == "cn-31:A.1-a"


def test_long_libraries_stand_in_json_lines(tmp_path: Path) -> None:
    (tmp_path / "w.jsonl").write_text('{"code":"A.1-a","text":"w","lang":"en"}\n' * 3, encoding="utf-8")
    assert len(keywords.load(write(tmp_path, "keywords: w.jsonl\n")).keywords) == 3


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ("{code: A.9-z, text: 词, lang: zh}", "suite.unknown_code"),
        ("{code: A.1-a, text: ' ', lang: zh}", "keywords.empty"),
        ("{code: A.1-a, text: 词, lang: zh, added: 2026/11/23}", "suite.date"),
        ("{code: A.1-a, text: 词, lang: zh, weight: 3}", "schema.unknown_key"),
    ],
)
def test_a_wrong_entry_is_a_fault_with_its_line(entry: str, key: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        keywords.load(write(tmp_path, f"keywords:\n  - {entry}\n"))
    assert (caught.value.faults[0].key, caught.value.faults[0].line) == (key, 7)


def test_an_unknown_library_names_the_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        keywords.load("demonstratoin")
    assert caught.value.faults[0].facts["near"] == "demonstration"

"""Hardened YAML: what it reads, what it refuses, and where it says the fault is."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from bench import yaml
from bench.errors import ConfigError

FILE = Path("suite.yaml")


def parse(text: str) -> Any:
    return yaml.parse(text.encode(), FILE).data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("null", None),
        ("12", 12),
        ("-1.5", -1.5),
        ("1e3", 1000.0),
        ("0o17", "0o17"),
        ("017", "017"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-11-23", "2026-11-23"),
        ("0x1f", "0x1f"),
        (".inf", ".inf"),
        ("'true'", "true"),
        ('"12"', "12"),
    ],
)
def test_plain_scalars_mean_what_json_means(text: str, value: object) -> None:
    assert parse(f"key: {text}") == {"key": value}


def test_each_key_and_entry_knows_its_line() -> None:
    tree = yaml.parse(b"a: 1\nb:\n  - x\n  - y: 2\n", FILE)
    assert tree.lines == {(): 1, ("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "y"): 4}


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("a: &x 1", "yaml.alias", 1),
        ("a: 1\nb: *x", "yaml.alias", 2),
        ("a: 1\n<<: {b: 2}", "yaml.alias", 2),
        ("a: !!python/object/apply:os.system [ls]", "yaml.tag", 1),
        ("a: !include other.yaml", "yaml.tag", 1),
        ("a: 1\nb: 2\na: 3", "yaml.duplicate_key", 3),
        ("? [1, 2]\n: 3", "yaml.key_not_text", 1),
        ("a: 1\n---\nb: 2", "yaml.documents", 2),
        ("[" * 40 + "]" * 40, "yaml.too_deep", 1),
        ("a: [1, 2", "yaml.syntax", 1),
        ("a: 1\n\tb: 2", "yaml.syntax", 2),
        ("a: 你\nb: 'x\x07y'", "yaml.control", 2),
        ("a: '" + "x" * 70_000 + "'", "yaml.long_scalar", 1),
    ],
)
def test_everything_outside_the_subset_is_refused_with_its_line(text: str, key: str, line: int) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    fault = caught.value.faults[0]
    assert (fault.key, fault.file, fault.line) == (key, "suite.yaml", line)


def test_an_alias_bomb_is_refused_at_once() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(9)
    )
    with pytest.raises(ConfigError):
        parse(bomb)


def test_twenty_thousand_open_brackets_do_not_crash() -> None:
    with pytest.raises(ConfigError):
        parse("[" * 20_000)


def test_a_file_over_a_mebibyte_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("a: 1\n" * 300_000)
    assert caught.value.faults[0].key == "file.too_large"


def test_bytes_that_are_not_utf8_are_named_by_line() -> None:
    with pytest.raises(ConfigError) as caught:
        yaml.parse(b"a: 1\nb: \xff\n", FILE)
    assert (caught.value.faults[0].key, caught.value.faults[0].line) == ("file.not_utf8", 2)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcd", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_data_written_as_yaml_is_read_back(value: object) -> None:
    text = pyyaml.safe_dump({"key": value}, default_style='"' if isinstance(value, str) else None, allow_unicode=True)
    if "&id" not in text and "!!" not in text:
        assert parse(text)["key"] == value


@given(st.text())
def test_no_text_makes_the_reader_fail_in_another_way(text: str) -> None:
    with contextlib.suppress(ConfigError, UnicodeEncodeError):
        parse(text)

"""What libraries say about a file or a command line is said in the language spoken."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from bench import catalogue, errors, foreign, schema, strict, yaml
from bench.suitefile import SuiteFile


@pytest.mark.parametrize(
    ("message", "zh", "en"),
    [
        ("Expected `str | null`, got `array` - at `$.items[0].id`",
         "应为文本或空值，实为列表 [items[0].id]", "expected text or nothing, found a list [items[0].id]"),
        ("Expected `int` >= 1", "应为 >= 1 的整数", "expected a whole number >= 1"),
        ("Input data was truncated", "内容不完整，中途结束", "the content ends too early"),
        ("JSON is malformed: invalid character (byte 5)", "第 5 个字节处的字符无效", "invalid character (byte 5)"),
        ("No such command 'lint'. Did you mean 'init'?",
         "没有命令“lint”。是否想写 'init'？", "There is no command 'lint'. Did you mean 'init'?"),
        ("a message that nobody knows.", "［a message that nobody knows］", "a message that nobody knows"),
        ("'utf-8' codec can't decode byte 0xd6 in position 0: invalid start byte", "不是 UTF-8 编码", "not UTF-8"),
        ("Integer value out of range - at `$[...]`", "数字超出范围 [[...]]", "a number is out of range [[...]]"),
        ("配额不足", "配额不足", "配额不足"),
    ],
)  # fmt: skip
def test_a_message_is_said_in_the_language_spoken(message: str, zh: str, en: str) -> None:
    assert (catalogue.quote(message, "zh"), catalogue.quote(message, "en")) == (zh, en)


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b'{"a" 1}',
        b"[1 2]",
        b"{} {}",
        b"{a: 1}",
        b'"\\q"',
        b"[1,",
        b"[1,]",
        b"[" * 9_000,
        b'"\\udc00x"',
        b'"\\uZZZZ"',
    ],
)
def test_what_the_json_reader_says_is_known(data: bytes) -> None:
    with pytest.raises(strict.UNREADABLE) as caught:
        msgspec.json.decode(data)
    assert foreign.recognise(str(caught.value)) is not None, str(caught.value)


@pytest.mark.parametrize(
    "text", ["a: b: c", "a: [1, 2", "a: 'x", "a:\n\t- b", "a: @b", "- a\nb: 1", "a: 1\n b: 2", "a\nb: 1", 'a: "\\q"']
)
def test_what_the_yaml_reader_says_is_known(text: str) -> None:
    with pytest.raises(pyyaml.MarkedYAMLError) as caught:
        list(pyyaml.parse(text, Loader=pyyaml.CSafeLoader))
    assert foreign.recognise(caught.value.problem or "") is not None, caught.value.problem


def test_every_known_message_has_a_text() -> None:
    assert set(foreign._SOURCES) <= set(catalogue.area("foreign"))


@given(st.text())
def test_any_message_can_be_quoted(message: str) -> None:
    assert all(isinstance(catalogue.quote(message, lang), str) for lang in catalogue.LANGUAGES)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("", "schema.empty_file"),
        ("# nothing yet\n", "schema.empty_file"),
        ("suite: [a, b]\n", "schema.list_for_one"),
        ("suite: 12\n", "schema.quote_text"),
        ("suite: {a: b}\n", "schema.wrong_type"),
    ],
)
def test_the_advice_fits_the_fault(written: str, key: str) -> None:
    with pytest.raises(errors.ConfigError) as caught:
        schema.convert(yaml.parse(written.encode(), Path("suite.yaml")), SuiteFile)
    assert caught.value.faults[0].key == key


def test_a_far_name_is_not_suggested_and_the_rest_of_the_list_is_named() -> None:
    facts = schema.nearest("A.9-z", [f"A.{group}-{code}" for group in "12345" for code in "abcdefg"], "mingjian x")
    assert facts["near"] is None
    said = {lang: catalogue.hint(facts, lang) for lang in catalogue.LANGUAGES}
    assert said["zh"].endswith("A.3-f。还有 15 个。全部：mingjian x")
    assert said["en"].endswith("A.3-f. 15 more. All of them: mingjian x")


def test_a_slip_is_still_suggested() -> None:
    found = [
        schema.nearest(name, ["risk.starter", "cn-31", "typo"])["near"] for name in ("risk.startr", "cn-3", "tyop")
    ]
    assert found == ["risk.starter", "cn-31", "typo"]

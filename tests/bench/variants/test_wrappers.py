"""Wrappers are data in two languages: strictly read, fully filled, and honest where a code cannot say a request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import resources
from bench.errors import ConfigError
from bench.types import Message
from bench.variants import wrappers

PROMPTS = {"zh": "怎样{prompt}做一碗汤？请写出步骤。", "en": "How do I make soup? Please list the steps."}
CASES = [(name, lang) for name in wrappers.names() for lang in wrappers.LANGUAGES]
HEADER = """\
wrapper: mine
title: {zh: 我的, en: Mine}
kind: fiction
level: 1
source: {technique: t, authors: a, title: t, year: 2024, url: "https://example.org"}
prompt:
"""


def wrapped(name: str, lang: str, *before: Message) -> tuple[Message, ...] | None:
    return wrappers.wrap(wrappers.load(name), [*before, Message("user", PROMPTS[lang])], lang)


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_a_wrapper_is_filled_and_ends_with_the_user(name: str, lang: str) -> None:
    messages = wrapped(name, lang)
    assert messages is not None
    assert messages[-1].role == "user"
    text = "".join(message.content for message in messages).replace(PROMPTS[lang], "").replace("{prompt}做", "做")
    assert [name for name in wrappers.PLACEHOLDER.findall(text) if name in wrappers.placeholders()] == []
    assert all(message.content.strip() for message in messages)


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_a_wrapper_holds_more_than_the_request(name: str, lang: str) -> None:
    messages = wrapped(name, lang)
    assert messages != (Message("user", PROMPTS[lang]),)


def test_there_are_enough_kinds_in_both_languages_and_three_levels() -> None:
    found = [wrappers.load(name) for name in wrappers.names()]
    assert len(found) >= 30
    assert len({one.kind for one in found}) >= 14
    assert {one.level for one in found if one.kind == "escalation"} == {1, 2, 3}
    assert all(set(one.languages) == {"zh", "en"} for one in found)


def test_braces_in_a_request_are_not_filled() -> None:
    messages = wrapped("fiction", "zh")
    assert messages is not None
    assert PROMPTS["zh"] in messages[-1].content


@pytest.mark.parametrize(
    ("name", "text", "lang"), [("morse", "naïve?", "en"), ("rot13", "hello", "zh"), ("fiction", "xin", "vi")]
)
def test_what_a_code_cannot_say_is_not_applicable(name: str, text: str, lang: str) -> None:
    assert wrappers.wrap(wrappers.load(name), [Message("user", text)], lang) is None


def test_the_systems_of_model_and_wrapper_join_the_owner_first() -> None:
    system = Message("system", "Be brief.")
    messages = wrapped("expert-persona", "en", system)
    assert messages is not None
    assert [message.role for message in messages] == ["system", "user"]
    assert messages[0].content.startswith("Be brief.\n\nYou are an expert")


def test_a_wrapper_without_system_turn_keeps_earlier_turns() -> None:
    before = (Message("user", "Hi"), Message("assistant", "Hello"))
    messages = wrapped("fiction", "en", *before)
    assert messages is not None
    assert messages[:2] == before


@pytest.fixture
def faults(tmp_path: Path) -> Callable[[str], list[str]]:
    """Return a function: the prompts of a wrapper file → the keys of its faults."""

    def read(prompts: str) -> list[str]:
        path = tmp_path / "mine.yaml"
        path.write_text(HEADER + prompts, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            wrappers.read(path)
        return [fault.key for fault in caught.value.faults]

    return read


@pytest.mark.parametrize(
    ("prompts", "keys"),
    [
        ('  zh: "{prompt}"\n', ["wrapper.language"]),
        ('  zh: "{promt}"\n  en: "{prompt}"\n', ["wrapper.placeholder"]),
        ('  zh: "你好"\n  en: "{prompt}"\n', ["wrapper.no_prompt"]),
        ('  zh: "{prompt}"\n  en:\n    - {role: assistant, content: "{prompt}"}\n', ["wrapper.turns"]),
        ('  zh: "{prompt}"\n  en: "{prompt}"\nextra: 1\n', ["schema.unknown_key"]),
    ],
)
def test_a_faulty_wrapper_is_refused(faults: Callable[[str], list[str]], prompts: str, keys: list[str]) -> None:
    assert faults(prompts) == keys


def test_an_unknown_placeholder_offers_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(HEADER + '  zh: "{prompt_base46}"\n  en: "{prompt}"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        wrappers.read(path)
    assert caught.value.faults[0].facts["near"] == "prompt_base64"
    assert caught.value.faults[0].line == 7


def test_a_file_is_called_like_its_wrapper() -> None:
    for name in wrappers.names():
        path = resources.find("configs", name, wrappers.BELOW)
        assert path is not None
        assert path.stem == wrappers.load(name).wrapper

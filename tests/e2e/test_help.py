"""Help pages and usage errors of the real command: whole, in the language spoken, at any width."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench import catalogue
from tests.conftest import Command

ENGLISH = re.compile(r"Usage|Show this|\[default|\[required|<bool>|<str>|<path>|OPTIONS|COMMAND\b")


@pytest.mark.parametrize("width", ["60", "80"])
@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
@pytest.mark.parametrize("command", [(), ("audit",), ("plan",), ("merge",), ("run",), ("calibrate",)])
def test_a_help_page_wraps_and_cuts_nothing(mingjian: Command, command: tuple[str, ...], lang: str, width: str) -> None:
    page = mingjian(*command, "--help", env={"COLUMNS": width, "MINGJIAN_LANG": lang}).stdout
    words = "".join(re.sub(r"[│╭╮╰╯─]", "", page).split())
    text = catalogue.text(f"cli.command.{command[0] if command else 'app'}", lang)
    assert ("…" in page, "".join(text.split()) in words) == (False, True), page


@pytest.mark.parametrize("command", [(), ("audit",), ("suites", "lint"), ("calibrate",), ("suites",)])
def test_a_chinese_help_page_is_chinese(mingjian: Command, command: tuple[str, ...]) -> None:
    page = mingjian(*command, "--help", env={"MINGJIAN_LANG": "zh"}).stdout
    assert ENGLISH.findall(page) == []
    assert "用法：" in page


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (("frobnicate",), "没有命令“frobnicate”。", "There is no command 'frobnicate'."),
        (
            ("run", "x", "--limit", "a"),
            "--limit / -n 的值无效：“a”不是整数。",
            "--limit / -n is not valid: 'a' is no integer.",
        ),
        (("run", "x", "--limit"), "选项 --limit 后面缺少值。", "option --limit needs a value."),
        (("plugins", "a"), "多余的参数：a", "unexpected arguments: a"),
        (("run", "risk.starter", "-m", "scripted:s.yaml", "--lang", "fr"), "套件的语言（zh, en）", "suites' (zh, en)"),
    ],
)
def test_a_usage_error_is_said_in_the_language_spoken(
    mingjian: Command, tmp_path: Path, arguments: tuple[str, ...], zh: str, en: str
) -> None:
    (tmp_path / "s.yaml").write_text("default: {text: x}\n", encoding="utf-8")
    for lang, said in (("zh", zh), ("en", en)):
        done = mingjian(*arguments, env={"MINGJIAN_LANG": lang})
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("lang", "said"),
    [("zh", "每个用例提问的次数。 ［≥ 1］ ［默认：1］"), ("en", "How often each case is asked. [≥ 1] [default: 1]")],
)
def test_an_option_says_which_numbers_it_takes_and_its_default(mingjian: Command, lang: str, said: str) -> None:
    page = mingjian("run", "--help", env={"COLUMNS": "120", "MINGJIAN_LANG": lang}).stdout
    assert said in " ".join(page.split())

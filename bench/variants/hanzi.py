"""Chinese characters: readings, homophones and scripts. The only door to pypinyin and opencc, loaded on first use."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Literal, cast

from bench.errors import EnvironmentFault

Script = Literal["s2t", "t2s"]
Style = Literal["TONE", "TONE3"]
"""TONE: `hǎo`; TONE3: `hao3`."""

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
"""A run of Chinese characters."""
_ROWS = range(0xB0, 0xD8)
_CELLS = range(0xA1, 0xFF)
EXTRA = "variants"


def _package(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError as error:
        raise EnvironmentFault("variant.package", name=name, extra=EXTRA) from error


@functools.cache
def _converter(script: Script) -> Callable[[str], str]:
    return cast(Callable[[str], str], _package("opencc").OpenCC(script).convert)


def convert(text: str, script: Script) -> str:
    """Return `text` in traditional (`s2t`) or simplified (`t2s`) characters."""
    return _converter(script)(text)


def is_han(character: str) -> bool:
    """Return whether a character is Chinese."""
    return HAN.fullmatch(character) is not None


def readings(text: str, style: Style = "TONE3") -> list[str]:
    """Return the reading of each character in its context; what is not Chinese has none (an empty string).

    >>> readings("银行 ok")
    ['yin2', 'hang2', '', '', '']
    """
    found = [""] * len(text)
    for run in HAN.finditer(text):
        found[run.start() : run.end()] = _spell(run[0], style)
    return found


def _spell(run: str, style: Style) -> list[str]:
    pypinyin = _package("pypinyin")
    spelled = pypinyin.lazy_pinyin(
        run, style=pypinyin.Style[style], neutral_tone_with_five=style == "TONE3", errors=list
    )
    return [reading if reading.strip() and not is_han(reading) else "" for reading in spelled]


def transliterate(text: str, style: Style = "TONE3") -> str:
    """Return `text` with its Chinese characters as pinyin, syllables apart; a character without reading stays."""
    return HAN.sub(lambda run: f" {_syllables(run[0], style)} ", text).strip()


def _syllables(run: str, style: Style) -> str:
    spelled = zip(run, readings(run, style), strict=True)
    return " ".join(reading or character for character, reading in spelled)


@functools.cache
def homophones() -> Mapping[str, str]:
    """Return common character → the other common characters of its sound and tone.

    Only characters with a single reading are in it, so that they sound alike in any context.
    """
    style = _package("pypinyin").Style.TONE3
    found: dict[str, list[str]] = defaultdict(list)
    for character in common():
        known = _package("pypinyin").pinyin(character, style=style, heteronym=True)[0]
        if len(known) == 1:
            found[known[0]].append(character)
    return {one: "".join(other for other in group if other != one) for group in found.values() for one in group}


@functools.cache
def common() -> tuple[str, ...]:
    """Return the 3,755 most common characters: level 1 of GB 2312."""
    pairs = (bytes((row, cell)) for row in _ROWS for cell in _CELLS)
    decoded = (pair.decode("gb2312", "ignore") for pair in pairs)
    return tuple(character for character in decoded if character)

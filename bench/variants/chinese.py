"""Perturbations of Chinese text. Each takes a text and a generator and returns the new text."""

from __future__ import annotations

import functools
import random
from collections.abc import Collection, Mapping

from bench.variants import hanzi, sites, tables

KEPT = frozenset("不没无非别勿未否莫一二三四五六七八九十百千万亿零两")
"""Negations and numerals: to disguise them could turn a request round."""


def homophone(text: str, rng: random.Random, share: float = 0.25) -> str:
    """Replace characters by others of the same sound and tone (同音字)."""
    return _swap(text, rng, hanzi.homophones(), share)


def look_alike(text: str, rng: random.Random, share: float = 0.3) -> str:
    """Replace characters by others that look alike (形近字)."""
    return _swap(text, rng, _look_alikes(), share)


def _swap(text: str, rng: random.Random, others: Mapping[str, str], share: float) -> str:
    found = sites.find(text, lambda at: text[at] not in KEPT and bool(others.get(text[at])))
    return sites.put(text, {index: sites.choose(rng, others[text[index]]) for index in sites.some(rng, found, share)})


@functools.cache
def _look_alikes() -> Mapping[str, str]:
    return {character: group.replace(character, "") for group in tables.groups("look-alikes") for character in group}


def pinyin(text: str, rng: random.Random, share: float = 0.3) -> str:
    """Replace characters by their pinyin with tone marks."""
    readings = hanzi.readings(text, "TONE")
    found = sites.find(text, lambda at: bool(readings[at]) and text[at] not in KEPT)
    chosen = sites.some(rng, found, share)
    return sites.put(text, {index: _apart(text, index, readings[index], chosen) for index in chosen})


def _apart(text: str, at: int, reading: str, chosen: Collection[int]) -> str:
    """Return a reading with a space where it would touch another one or a Latin letter."""
    before = " " if at - 1 in chosen or _is_latin(text[:at][-1:]) else ""
    return before + reading + (" " if _is_latin(text[at + 1 : at + 2]) else "")


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def initials(text: str, rng: random.Random, share: float = 0.2) -> str:
    """Replace characters by the first letter of their pinyin, as in net slang (拼音首字母)."""
    readings = hanzi.readings(text)
    found = sites.find(text, lambda at: bool(readings[at]) and text[at] not in KEPT)
    return sites.put(text, {index: readings[index][0] for index in sites.some(rng, found, share)})


def split(text: str, rng: random.Random, share: float = 0.4) -> str:
    """Write characters as their parts (拆字)."""
    parts = tables.pairs("splits")
    found = sites.find(text, lambda at: text[at] in parts)
    return sites.put(text, {index: parts[text[index]] for index in sites.some(rng, found, share)})


def traditional(text: str, _: random.Random) -> str:
    """Write the text in traditional characters."""
    return hanzi.convert(text, "s2t")


def simplified(text: str, _: random.Random) -> str:
    """Write the text in simplified characters."""
    return hanzi.convert(text, "t2s")


def half_width(text: str, _: random.Random) -> str:
    """Write Chinese punctuation as half-width signs."""
    signs = tables.pairs("width")
    found = sites.find(text, lambda at: text[at] in signs)
    return sites.put(text, {index: signs[text[index]] for index in found})


def spaced(text: str, rng: random.Random, share: float = 0.3) -> str:
    """Put spaces between characters."""
    found = sites.find(text, lambda at: at > 0 and hanzi.is_han(text[at]) and hanzi.is_han(text[at - 1]))
    return sites.put(text, {index: f" {text[index]}" for index in sites.some(rng, found, share)})

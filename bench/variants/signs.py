"""Perturbations of signs and code points, for any language, and what undoes them."""

from __future__ import annotations

import random
import re

from bench.variants import sites, tables

ZERO_WIDTH = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff")
PUNCTUATION = frozenset(",.!?;:，。！？；：、…")
_SHIFT = 0xFEE0
_FULL = {code: code + _SHIFT for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_HALF = {full: code for code, full in _FULL.items()}
_SPACE = re.compile(r"\s+")


def zero_width(text: str, rng: random.Random, share: float = 0.25) -> str:
    """Put characters of no width between letters."""
    found = sites.find(text, lambda at: at > 0 and text[at].isalnum() and text[at - 1].isalnum())
    chosen = sites.some(rng, found, share)
    return sites.put(text, {index: sites.choose(rng, ZERO_WIDTH) + text[index] for index in chosen})


def undo_zero_width(text: str) -> str:
    """Return the text without characters of no width."""
    return text.translate(dict.fromkeys(map(ord, ZERO_WIDTH)))


def emoji(text: str, rng: random.Random, share: float = 0.3) -> str:
    """Put neutral emoji after punctuation and words, and at the end."""
    if not text.strip():
        return text
    faces = tables.groups("emoji")
    found = [*sites.find(text, lambda at: text[at] in PUNCTUATION or text[at] == " "), len(text)]
    chosen = {index: sites.choose(rng, faces) for index in sites.some(rng, found, share)}
    end = chosen.pop(len(text), "")
    return sites.put(text, {index: text[index] + face for index, face in chosen.items()}) + end


def undo_emoji(text: str) -> str:
    """Return the text without the emoji that `emoji` puts."""
    return text.translate(dict.fromkeys(map(ord, tables.groups("emoji"))))


def full_width(text: str, _: random.Random) -> str:
    """Write ASCII characters in their full-width form."""
    found = sites.find(text, lambda at: ord(text[at]) in _FULL)
    return sites.put(text, {index: chr(_FULL[ord(text[index])]) for index in found}) if text.strip() else text


def undo_full_width(text: str) -> str:
    """Return the text with full-width characters as ASCII."""
    return text.translate(_HALF)


def punctuation(text: str, rng: random.Random, share: float = 0.5) -> str:
    """Repeat punctuation, or let it trail off; a text without any gets some at its end."""
    if not text.strip():
        return text
    found = sites.find(text, lambda at: text[at] in PUNCTUATION)
    if not found:
        return text + sites.choose(rng, ("…", "~", "!!"))
    noise = {index: (text[index], text[index] * 2, "…") for index in sites.some(rng, found, share)}
    return sites.put(text, {index: text[index] + sites.choose(rng, more) for index, more in noise.items()})


def undo_spaces(text: str) -> str:
    """Return the text without any white space."""
    return _SPACE.sub("", text)

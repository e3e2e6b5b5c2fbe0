"""Perturbations of text in Latin letters. Each takes a text and a generator and returns the new text."""

from __future__ import annotations

import random
import re
import string

from bench.variants import sites, tables

_WORD = re.compile(r"(?<![A-Za-z'’])[A-Za-z]{4,}(?![A-Za-z'’])")
_GAP = re.compile(r"(?<=[A-Za-z,;]) (?=[A-Za-z])")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def typo(text: str, rng: random.Random, share: float = 0.3) -> str:
    """Mistype words: a neighbouring key, two letters swapped, one dropped or doubled. First letters stay."""
    found = sites.some(rng, sites.matches(_WORD, text), share)
    return sites.splice(text, [(match, mistype(match[0], rng)) for match in found])


def mistype(word: str, rng: random.Random) -> str:
    """Return a word of at least two letters with one slip of the finger."""
    at = 1 + int(rng.random() * (len(word) - 1))
    slip = sites.choose(rng, ("neighbour", "neighbour", "swap", "drop", "double"))
    if slip == "drop":
        return word[:at] + word[at + 1 :]
    if slip == "double":
        return word[: at + 1] + word[at:]
    if slip == "swap" and at + 1 < len(word) and word[at] != word[at + 1]:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    key = sites.choose(rng, tables.pairs("keyboard")[word[at].lower()])
    return word[:at] + (key.upper() if word[at].isupper() else key) + word[at + 1 :]


def homoglyph(text: str, rng: random.Random, share: float = 0.3) -> str:
    """Replace letters by Cyrillic or Greek ones that look the same."""
    return _swap(text, rng, "homoglyphs", share)


def undo_homoglyph(text: str) -> str:
    """Return the text with look-alike letters as Latin ones."""
    return text.translate(_undoing("homoglyphs"))


def accent(text: str, rng: random.Random, share: float = 0.3) -> str:
    """Put diacritics on letters."""
    return _swap(text, rng, "accents", share)


def undo_accent(text: str) -> str:
    """Return the text without the diacritics that `accent` puts."""
    return text.translate(_undoing("accents"))


def _undoing(table: str) -> dict[int, str]:
    return {ord(other): letter for letter, other in tables.pairs(table).items()}


def leetspeak(text: str, rng: random.Random, share: float = 0.5) -> str:
    """Replace letters by digits that look alike."""
    digits = tables.pairs("leetspeak")
    found = sites.find(text, lambda at: text[at].lower() in digits and text[at].isascii())
    return sites.put(text, {index: digits[text[index].lower()] for index in sites.some(rng, found, share)})


def _swap(text: str, rng: random.Random, table: str, share: float) -> str:
    others = tables.pairs(table)
    found = sites.find(text, lambda at: text[at] in others)
    return sites.put(text, {index: others[text[index]] for index in sites.some(rng, found, share)})


def casing(text: str, rng: random.Random, share: float = 0.5) -> str:
    """Turn letters from small to capital and back."""
    found = sites.find(text, lambda at: text[at] in string.ascii_letters)
    return sites.put(text, {index: text[index].swapcase() for index in sites.some(rng, found, share)})


def undo_casing(text: str) -> str:
    """Return the text with its Latin capitals as small letters."""
    return text.translate(_LOWER)


def spacing(text: str, rng: random.Random, share: float = 0.25) -> str:
    """Break words in two, run words together, and double spaces."""
    found = sorted([*sites.matches(_WORD, text), *sites.matches(_GAP, text)], key=lambda match: match.start())
    return sites.splice(text, [(match, _respace(match[0], rng)) for match in sites.some(rng, found, share)])


def _respace(found: str, rng: random.Random) -> str:
    if found == " ":
        return sites.choose(rng, ("", "  "))
    at = 1 + int(rng.random() * (len(found) - 1))
    return f"{found[:at]} {found[at:]}"

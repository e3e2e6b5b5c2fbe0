"""Perturbations of wording: two languages mixed, the request inside a frame, sentences in another order."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Collection, Mapping

from bench.types import Language
from bench.variants import sites, tables

_SENTENCES = {"zh": re.compile(r"(?<=[。！？!?])\s*(?=\S)"), "en": re.compile(r"(?<=[.!?])\s+(?=\S)")}
_JOINT = {"zh": "", "en": " "}


def code_switch(text: str, rng: random.Random, lang: Language, share: float = 0.5) -> str:
    """Say some words in the other language of Chinese and English."""
    pattern, words = _lexicon(lang)
    found = sites.some(rng, sites.matches(pattern, text), share)
    ends = {match.end() for match in found}
    return sites.splice(text, [(match, _fit(text, match, words[match[0].lower()], ends)) for match in found])


@functools.cache
def _lexicon(lang: Language) -> tuple[re.Pattern[str], Mapping[str, str]]:
    """Return the pattern that finds a word to switch, longest first, and word → word in the other language."""
    pairs = tables.pairs("code-switch")
    words = dict(pairs) if lang == "zh" else tables.reverse({zh: en.lower() for zh, en in pairs.items()})
    inner = "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
    return re.compile(inner if lang == "zh" else rf"(?<![\w-])(?:{inner})(?![\w-])", re.IGNORECASE | re.ASCII), words


def _fit(text: str, match: re.Match[str], word: str, ends: Collection[int]) -> str:
    """Return the word, with a space where it would touch a letter. A word that ends just before has its own."""
    before = " " if text[: match.start()][-1:].isalnum() and match.start() not in ends else ""
    after = " " if text[match.end() :][:1].isalnum() else ""
    return f"{before}{word}{after}"


def frame(text: str, rng: random.Random, kind: str, lang: Language) -> str:
    """Put the request into a sentence frame."""
    if not text.strip():
        return text
    return sites.choose(rng, tables.frames(kind, lang)).replace("{text}", text)


def shuffle(text: str, rng: random.Random, lang: Language) -> str:
    """Put the sentences into another order; the text stays if it is a single sentence."""
    sentences = _SENTENCES[lang].split(text.strip())
    order = sites.order(rng, len(sentences))
    if order == sorted(order):
        order = [*order[1:], *order[:1]]
    return _JOINT[lang].join(sentences[index] for index in order) if len(sentences) > 1 else text

"""Is a text written in the language it is filed under? Judged by writing system, and for Latin languages by words.

Quotations, code, links and bracketed terms may be in any language: they are left out unless nothing else is there.
Languages without an entry here are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bench.types import Language

LEAST = 0.5
"""At least this share of a prompt's letters (a Latin word counts as one) must be in its own writing system."""
ENOUGH_WORDS = 12
"""Latin texts with fewer words are not judged by their function words."""

_QUOTED = re.compile(
    r"```.*?```|`[^`]*`|“[^”]*”|‘[^’]*’|\"[^\"]*\"|「[^」]*」|『[^』]*』|《[^》]*》|（[^）]*）|\([^)]*\)|https?://\S+",
    re.DOTALL,
)
_HAN = r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_SCRIPTS = {
    "han": re.compile(_HAN),
    "kana": re.compile(r"[\u3040-\u30ff\u31f0-\u31ff]"),
    "hangul": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "cyrillic": re.compile(r"[\u0400-\u052f]+"),
    "arabic": re.compile(r"[\u0600-\u06ff\u0750-\u077f]+"),
    "thai": re.compile(r"[\u0e00-\u0e7f]"),
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+(?:['’][A-Za-z]+)*"),
}
_OWN: dict[Language, tuple[str, ...]] = {
    "zh": ("han",), "ja": ("han", "kana"), "ko": ("hangul", "han"), "ru": ("cyrillic",), "ar": ("arabic",),
    "th": ("thai",), "en": ("latin",), "vi": ("latin",), "fr": ("latin",), "de": ("latin",), "es": ("latin",),
    "pt": ("latin",), "id": ("latin",), "ms": ("latin",),
}  # fmt: skip
_ENGLISH = re.compile(
    r"\b(?:a|about|all|an|and|any|are|as|at|be|but|by|can|do|does|for|from|has|have|how|i|if|in|into|is|it|its|me|my|"
    r"not|of|on|or|our|she|should|so|that|the|their|them|they|this|to|up|us|was|we|what|when|where|which|who|why|will|"
    r"with|would|write|you|your)\b"
)
_VIETNAMESE = re.compile(r"\b\w*[ăâđêôơưàáãèéìíòóõùúýĂÂĐÊÔƠƯ\u1ea0-\u1ef9]\w*\b")
_NOTHING = dict.fromkeys(_SCRIPTS, 0)


def share(text: str, lang: Language) -> float | None:
    """Return which share of the text is in the writing of `lang`; None if that language or text cannot be judged."""
    own = _OWN.get(lang)
    if own is None:
        return None
    counts = _count(_QUOTED.sub(" ", text))
    if not sum(counts.values()):
        counts = _count(text)
    total = sum(counts.values())
    return sum(counts[name] for name in own) / total if total else None


def _count(text: str) -> dict[str, int]:
    """Return how many letters (words, for alphabets) of each writing system stand in the text."""
    if text.isascii():
        return {**_NOTHING, "latin": len(_SCRIPTS["latin"].findall(text))}
    return {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}


def fits(text: str, lang: Language) -> bool:
    """Return whether a text may be in `lang`: its writing system prevails, and its words are not another language's."""
    found = share(text, lang)
    if found is None:
        return True
    return found >= LEAST and _JUDGES.get(lang, _anything)(text)


def _anything(text: str) -> bool:
    return True


def _is_chinese(text: str) -> bool:
    """Return whether kana, the mark of Japanese, are rare."""
    kana, han = len(_SCRIPTS["kana"].findall(text)), len(_SCRIPTS["han"].findall(text))
    return kana * 10 <= han


def _is_english(text: str) -> bool:
    """Return whether a longer text has function words of English, and no Vietnamese letters all over."""
    words = len(_SCRIPTS["latin"].findall(text))
    if words < ENOUGH_WORDS:
        return True
    return len(_ENGLISH.findall(text.lower())) * 10 >= words and _vietnamese(text) * 5 < words


def _is_vietnamese(text: str) -> bool:
    """Return whether at least a fifth of the words carry letters of Vietnamese."""
    return _vietnamese(text) * 5 >= len(_SCRIPTS["latin"].findall(text))


def _vietnamese(text: str) -> int:
    """Return how many words have a letter that Vietnamese has and English has not."""
    return 0 if text.isascii() else len(_VIETNAMESE.findall(text))


_JUDGES: dict[Language, Callable[[str], bool]] = {"zh": _is_chinese, "en": _is_english, "vi": _is_vietnamese}

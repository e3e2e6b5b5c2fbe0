"""The texts that the checks look at: an item's turns in one language; and a form that ignores width and case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bench.types import Item, Language, Suite

_SPACE = re.compile(r"\s+")


def prompt(item: Item, lang: Language) -> str:
    """Return the turns of an item in one language, one a line, without a system prompt (suites share theirs)."""
    return "\n".join(message.content for message in item.prompts[lang] if message.role != "system")


def normalise(text: str) -> str:
    """Return `text` in NFKC and lower case, each run of white space as one space."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def languages(suites: Sequence[Suite]) -> list[Language]:
    """Return every language of the suites, in order of first mention."""
    return list(dict.fromkeys(lang for suite in suites for lang in suite.languages))


def in_language(suites: Sequence[Suite], lang: Language) -> list[tuple[Suite, Item]]:
    """Return every item that has a prompt in `lang`, with its suite."""
    return [(suite, item) for suite in suites for item in suite.items if lang in item.prompts]

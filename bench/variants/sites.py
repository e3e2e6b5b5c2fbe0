"""Where a perturbation may act, and seeded draws.

Draws use `Random.random` only: of all methods of `random.Random` it alone is promised to give the same numbers in
every version of Python, and a resumed or replayed run must make the same texts again.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

PROTECTED = re.compile(
    r"```.*?```|`[^`\n]+`|https?://[^\s，。；！？）】]+|[\w.+-]+@[\w-]+\.[\w.-]+|\d[\d.,:/%-]*\d", re.DOTALL
)
"""Code, addresses and numbers: to change them would change what is asked."""


def generator(*parts: str | int) -> random.Random:
    """Return a generator seeded by SHA-256 over `parts`, one a line."""
    digest = hashlib.sha256("\n".join(map(str, parts)).encode("utf-8", "surrogatepass")).digest()
    return random.Random(int.from_bytes(digest, "big"))


def closed(text: str) -> list[bool]:
    """Return for each character whether it must be left alone."""
    marks = [False] * len(text)
    for match in PROTECTED.finditer(text):
        marks[match.start() : match.end()] = [True] * (match.end() - match.start())
    return marks


def find(text: str, eligible: Callable[[int], bool]) -> list[int]:
    """Return the open positions that are eligible."""
    marks = closed(text)
    return [index for index in range(len(text)) if not marks[index] and eligible(index)]


def matches(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Return the matches that touch nothing protected."""
    marks = closed(text)
    return [
        match
        for match in pattern.finditer(text)
        if match[0] and not any(marks[max(0, match.start() - 1) : match.end() + 1])
    ]


def choose(rng: random.Random, options: Sequence[T]) -> T:
    """Return one of `options`."""
    return options[int(rng.random() * len(options))]


def order(rng: random.Random, count: int) -> list[int]:
    """Return the numbers below `count` in a drawn order."""
    ranks = [rng.random() for _ in range(count)]
    return sorted(range(count), key=lambda index: ranks[index])


def some(rng: random.Random, found: Sequence[T], share: float) -> list[T]:
    """Return about `share` of what was found, at least one, in the given order; nothing if nothing was found."""
    count = min(len(found), max(1, round(share * len(found))))
    return [found[index] for index in sorted(order(rng, len(found))[:count])]


def put(text: str, replacements: Mapping[int, str]) -> str:
    """Return `text` with the characters at the given positions replaced."""
    return "".join(replacements.get(index, character) for index, character in enumerate(text))


def splice(text: str, replacements: Sequence[tuple[re.Match[str], str]]) -> str:
    """Return `text` with the given matches, which are in order, replaced."""
    parts, at = [], 0
    for match, new in replacements:
        parts += [text[at : match.start()], new]
        at = match.end()
    return "".join([*parts, text[at:]])

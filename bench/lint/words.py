"""Checks of a keyword library: size, minima by code, form and duplicates of entries, age."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date

from bench.keywords import Keyword, Library
from bench.lint import quotas
from bench.lint.findings import Finding, Place, make
from bench.lint.freshness import KEYWORD_DAYS
from bench.lint.items import is_past
from bench.lint.quotas import KEYWORDS, Quota
from bench.lint.texts import normalise
from bench.standards import Bank, Standard

CHARACTERS = 10
WORDS = 5
COUNTED_BY_CHARACTER = frozenset(("zh", "ja", "ko", "th"))
ALL = "*"
"""Stands for every language: the standard counts the library as a whole."""
_WORD = re.compile(r"\S+")


def check(library: Library, standard: Standard | None, today: date) -> tuple[list[Finding], list[Quota]]:
    """Return what is wrong with a library, and its quota lines (none without a standard that has them)."""
    bank = standard.bank(KEYWORDS) if standard is not None else None
    lines = count(bank, library) if bank is not None else []
    findings = list(quotas.judge(standard, lines)) if standard is not None else []
    findings += [*_check_entries(library, bank), *_check_age(library, bank, today)]
    return findings, lines


def count(bank: Bank, library: Library) -> list[Quota]:
    """Return the quota lines: the total, then each code. Entries of equal text and code count once."""
    wanted = {f"{bank.taxonomy}:{code.code}": code for code in bank.codes()}
    entries = {(normalise(word.text), word.code) for word in library.keywords if word.code in wanted}
    counts = Counter(code for _, code in entries)
    total = Quota(bank=KEYWORDS, language=ALL, code=None, have=len(entries), need=bank.total)
    return [
        total,
        *(
            Quota(bank=KEYWORDS, language=ALL, code=name, have=counts[name], need=bank.minimum(code))
            for name, code in wanted.items()
        ),
    ]


def length(word: Keyword) -> tuple[int, int]:
    """Return the length of an entry and its limit: characters where words are not spaced, else words."""
    if word.lang in COUNTED_BY_CHARACTER:
        return len(re.sub(r"\s", "", word.text)), CHARACTERS
    return len(_WORD.findall(word.text)), WORDS


def _check_entries(library: Library, bank: Bank | None) -> Iterator[Finding]:
    wanted = {f"{bank.taxonomy}:{code.code}" for code in bank.codes()} if bank is not None else None
    seen: dict[str, Keyword] = {}
    for word in library.keywords:
        place = Place(bank=KEYWORDS, code=word.code, language=word.lang, item=word.text, file=library.path)
        have, limit = length(word)
        if have > limit:
            yield make("keyword.length", place, have=have, need=limit)
        if wanted is not None and word.code not in wanted:
            yield make("keyword.code", place, slice=bank.slice if bank else "")
        first = seen.setdefault(normalise(word.text), word)
        if first is not word:
            yield make("keyword.duplicate", place, first=first.code)


def _check_age(library: Library, bank: Bank | None, today: date) -> Iterator[Finding]:
    limit = bank.update_days if bank is not None else KEYWORD_DAYS
    place = Place(bank=KEYWORDS, file=library.path)
    if not is_past(library.updated, today):
        yield make("date.invalid", place, date=library.updated)
    elif (age := (today - date.fromisoformat(library.updated)).days) > limit:
        yield make("freshness.keywords", place, have=age, need=limit, date=library.updated)

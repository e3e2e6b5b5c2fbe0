"""Does a bank have what a standard asks for? Totals, minima by code, and coverage of the slice, in each language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from bench import taxonomies
from bench.lint.findings import Finding, Place, at, make
from bench.lint.texts import languages
from bench.standards import Bank, Standard
from bench.types import Item, Language, Suite, Text, Value

KEYWORDS = "keyword-library"


class Quota(Value, frozen=True):
    """One line of the quota table: a bank's total (`code` None) or one code, in one language."""

    bank: str
    language: Language
    code: str | None
    have: int
    need: int

    @property
    def met(self) -> bool:
        """Whether there is enough."""
        return self.have >= self.need


def count(bank: Bank, items: Sequence[Item], lang: Language) -> list[Quota]:
    """Return the quota lines of a bank in one language: the total, then each code of the slice.

    An item counts once in the total if it has a prompt in the language and a code of the slice.
    """
    wanted = {f"{bank.taxonomy}:{code.code}": code for code in bank.codes()}
    inside = [item for item in items if lang in item.prompts and any(code in wanted for code in item.codes)]
    counts = Counter(code for item in inside for code in set(item.codes) if code in wanted)
    total = Quota(bank=bank.bank, language=lang, code=None, have=len(inside), need=bank.total)
    lines = [
        Quota(bank=bank.bank, language=lang, code=name, have=counts[name], need=bank.minimum(code))
        for name, code in wanted.items()
    ]
    return [total, *lines]


def table(standard: Standard, suites: Sequence[Suite], banks: Sequence[str]) -> list[Quota]:
    """Return the quota lines of the named banks in every language that any bank of these suites has."""
    members = {name: [suite for suite in suites if suite.bank == name] for name in banks}
    spoken = languages([suite for name in banks for suite in members[name]]) or ["zh", "en"]
    found = [bank for bank in standard.banks if bank.bank in banks]
    lines = []
    for bank in found:
        items = [item for suite in members[bank.bank] for item in suite.items]
        lines += [line for lang in spoken for line in count(bank, items, lang)]
    return lines


def banks_of(standard: Standard, suites: Sequence[Suite], every: bool) -> list[str]:
    """Return the banks to check: those that the suites belong to, or every question bank of the standard."""
    present = {suite.bank for suite in suites}
    return [bank.bank for bank in standard.banks if bank.bank != KEYWORDS and (every or bank.bank in present)]


def judge(standard: Standard, lines: Sequence[Quota]) -> Iterator[Finding]:
    """Find every quota that is not met, and codes of the slice that no item has."""
    for bank in standard.banks:
        own = [line for line in lines if line.bank == bank.bank]
        for lang in dict.fromkeys(line.language for line in own):
            yield from _judge_bank(bank, [line for line in own if line.language == lang])


def _judge_bank(bank: Bank, lines: Sequence[Quota]) -> Iterator[Finding]:
    """Find what one bank lacks in one language."""
    facts: dict[str, Any] = {"title": bank.title}
    codes = [line for line in lines if line.code is not None]
    covered = sum(line.have > 0 for line in codes)
    place = Place(bank=bank.bank, language=lines[0].language)
    if covered < len(codes):
        empty = ", ".join(str(line.code) for line in codes if not line.have)
        yield make("quota.slice", place, have=covered, need=len(codes), slice=bank.slice, empty=empty, **facts)
    for line in lines:
        if line.met:
            continue
        if line.code is None:
            yield make("quota.total", place, have=line.have, need=line.need, **facts)
        else:
            named = taxonomies.label(line.code)
            name = Text(zh=named["zh"], en=named["en"])
            where = Place(bank=bank.bank, language=line.language, code=line.code)
            yield make("quota.code", where, have=line.have, need=line.need, name=name, **facts)


def check_outside(standard: Standard, suites: Sequence[Suite]) -> Iterator[Finding]:
    """Find items that their bank's quota cannot count, because they have no code of its slice."""
    for bank in standard.banks:
        wanted = {f"{bank.taxonomy}:{code.code}" for code in bank.codes()}
        for suite in suites:
            for item in suite.items if suite.bank == bank.bank else ():
                if not wanted.intersection(item.codes):
                    yield make("quota.outside", at(suite, item), slice=bank.slice, codes=", ".join(item.codes))

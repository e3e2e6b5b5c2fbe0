"""Is a bank adequate? Totals and minima per code in every language, and how old it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from bench.filing.clauses import text
from bench.filing.nouns import ALL, BankAdequacy, Outcome
from bench.keywords import Library
from bench.lint import quotas
from bench.lint.quotas import Quota
from bench.standards import Bank, Standard
from bench.types import Language, Suite, Value


class BankState(Value, frozen=True):
    """What a bank holds on the day of the audit."""

    bank: str
    updated: str | None
    lines: tuple[Quota, ...]


def measure(standard: Standard, suites: Sequence[Suite], languages: Sequence[Language]) -> list[BankState]:
    """Return what the suites hold of each question bank of a standard."""
    states = []
    for bank in standard.banks:
        members = [suite for suite in suites if suite.bank == bank.bank]
        items = [item for suite in members for item in suite.items]
        if bank.bank != quotas.KEYWORDS:
            lines = tuple(line for lang in languages for line in quotas.count(bank, items, lang))
            updated = min((suite.updated for suite in members), default=None)
            states.append(BankState(bank=bank.bank, updated=updated, lines=lines))
    return states


def measure_keywords(bank: Bank, library: Library, languages: Sequence[Language]) -> BankState:
    """Return what a keyword library holds: entries of all languages together count, as the standard sets one size."""
    found = Counter(keyword.code for keyword in library.keywords)
    wanted = {f"{bank.taxonomy}:{code.code}": bank.minimum(code) for code in bank.codes()}
    total = sum(found[code] for code in wanted)
    lines = [Quota(bank=bank.bank, language=ALL, code=None, have=total, need=bank.total)]
    lines += [
        Quota(bank=bank.bank, language=ALL, code=code, have=found[code], need=need) for code, need in wanted.items()
    ]
    return BankState(bank=bank.bank, updated=library.updated, lines=tuple(lines))


def judge(
    standard: Standard, states: Sequence[BankState], languages: Sequence[Language], today: str
) -> Iterator[BankAdequacy]:
    """Yield the adequacy of every bank of a standard: each language, then all of them together."""
    known = {state.bank: state for state in states}
    for bank in standard.banks:
        state = known.get(bank.bank) or nothing(bank, languages)
        if bank.bank == quotas.KEYWORDS:
            yield adequacy(bank, ALL, state, today)
            continue
        each = [adequacy(bank, lang, state, today) for lang in languages]
        yield from each
        yield together(bank, each, state, today)


def nothing(bank: Bank, languages: Sequence[Language]) -> BankState:
    """Return the state of a bank that was not brought: every minimum is there, and nothing meets it."""
    spoken = (ALL,) if bank.bank == quotas.KEYWORDS else languages
    codes = {f"{bank.taxonomy}:{code.code}": bank.minimum(code) for code in bank.codes()}
    lines = (
        Quota(bank=bank.bank, language=lang, code=code, have=0, need=need)
        for lang in spoken
        for code, need in ((None, bank.total), *codes.items())
    )
    return BankState(bank=bank.bank, updated=None, lines=tuple(lines))


def adequacy(bank: Bank, lang: str, state: BankState, today: str) -> BankAdequacy:
    """Return the adequacy of a bank in one language."""
    lines = tuple(line for line in state.lines if line.language == lang)
    total = next((line for line in lines if line.code is None), None)
    codes = [line for line in lines if line.code is not None]
    short = tuple(str(line.code) for line in codes if not line.met)
    if total is None or total.have == 0:
        verdict: Outcome = "insufficient"
    else:
        verdict = "conforms" if total.met and not short else "does_not"
    covered = sum(line.have > 0 for line in codes)
    size = Size(lang, verdict, total.have if total else 0, covered, short)
    return made(bank, size, lines, (state.updated, today))


def together(bank: Bank, each: Sequence[BankAdequacy], state: BankState, today: str) -> BankAdequacy:
    """Return the adequacy of a bank in all languages: as good as its weakest one."""
    outcomes = {one.verdict for one in each}
    order: tuple[Outcome, ...] = ("does_not", "insufficient")
    worst: Outcome = next((outcome for outcome in order if outcome in outcomes), "conforms")
    short = tuple(dict.fromkeys(code for one in each for code in one.short))
    have, covered = min((one.have, one.covered) for one in each)
    return made(bank, Size(ALL, worst, have, covered, short), (), (state.updated, today))


class Size(NamedTuple):
    """What was found about a bank in one language."""

    lang: str
    verdict: Outcome
    have: int
    covered: int
    short: tuple[str, ...]


def made(bank: Bank, size: Size, lines: tuple[Quota, ...], dates: tuple[str | None, str]) -> BankAdequacy:
    """Return the noun, with the bank's age and what to do next."""
    days = age(*dates) if size.have else None
    ahead = days is not None and days < 0
    key = f"next.bank.{'keyword.' if bank.bank == quotas.KEYWORDS else ''}{'ahead' if ahead else size.verdict}"
    return BankAdequacy(
        bank=bank.bank,
        title=bank.title,
        lang=size.lang,
        clause=dict(bank.clause),
        evidence=bank.evidence,
        strength=bank.strength,
        lines=lines,
        have=size.have,
        need=bank.total,
        covered=size.covered,
        codes=len(bank.codes()),
        short=size.short,
        updated=dates[0],
        age_days=days,
        limit_days=bank.update_days,
        verdict="insufficient" if ahead else size.verdict,
        next=text(key, have=size.have, need=bank.total, short=len(size.short)),
    )


def age(updated: str | None, today: str) -> int | None:
    """Return how many days ago a bank was updated; below 0: after the run, which cannot be.

    A run's day is UTC's, a bank's its author's: they may be a day apart.
    """
    if updated is None:
        return None
    days = (date.fromisoformat(today[:10]) - date.fromisoformat(updated)).days
    return 0 if days == -1 else days

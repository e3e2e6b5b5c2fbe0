"""The whole check of a set of suites: every rule, the figures, and one report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec

from bench import standards, suites
from bench.errors import ConfigError
from bench.keywords import Library
from bench.lint import duplicates, freshness, items, overlap, places, quotas, words
from bench.lint.duplicates import Similarity
from bench.lint.findings import SEVERITIES, Finding, Place, Severity, make, tally
from bench.lint.overlap import Overlap
from bench.lint.quotas import KEYWORDS, Quota
from bench.lint.similar import THRESHOLD
from bench.types import Item, Suite, Value


class Wish(Value, frozen=True):
    """What to check against. `every`: all banks of the standard must be there, not only those of the suites."""

    today: date
    standard: str | None = None
    keywords: Library | None = None
    against: Path | None = None
    threshold: str = THRESHOLD
    every: bool = False


class Report(Value, frozen=True):
    """The outcome of a check; `quotas` holds every line, met or not."""

    date: str
    standard: str | None
    counts: dict[Severity, int]
    findings: tuple[Finding, ...]
    waived: int
    """Findings left out because their item says so (`metadata: {lint: …}`)."""
    quotas: tuple[Quota, ...]
    similar: tuple[Similarity, ...]
    overlap: tuple[Overlap, ...]


def check(found: Sequence[Suite], wish: Wish) -> Report:
    """Return what every rule says about the suites, errors first.

    Other people's data (`source:`) is checked when it is loaded; how it is written is not ours to judge.
    """
    found = [suite for suite in found if not suite.external]
    standard = standards.load(wish.standard) if wish.standard is not None else None
    pairs, figures = duplicates.check_similar(found, wish.threshold)
    findings = [
        *items.check_languages(found),
        *items.check_answers(found),
        *items.check_content(found),
        *items.check_twins(found, known_items(found)),
        *items.check_facts(found, wish.today),
        *pairs,
        *duplicates.check_templates(found),
        *freshness.check(found, standard, wish.today),
        *items.check_hazard(found),
        *duplicates.check_lengths(found),
    ]
    lines: list[Quota] = []
    if standard is not None:
        lines += quotas.table(standard, found, quotas.banks_of(standard, found, wish.every))
        findings += [*quotas.judge(standard, lines), *quotas.check_outside(standard, found)]
    findings += _check_keywords(wish, standard, lines)
    public, overlaps = overlap.check(found, wish.against) if wish.against is not None else ([], [])
    findings, waived = waive(found, [*findings, *public])
    findings = places.fill(found, findings)
    findings.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.rule))
    return Report(
        date=wish.today.isoformat(), standard=wish.standard, counts=tally(findings), findings=tuple(findings),
        waived=waived,
        quotas=tuple(lines), similar=tuple(figures), overlap=tuple(overlaps),
    )  # fmt: skip


def _check_keywords(wish: Wish, standard: standards.Standard | None, lines: list[Quota]) -> list[Finding]:
    """Return the findings on the keyword library and add its quota lines; note where it was asked for but not given."""
    if wish.keywords is not None:
        findings, own = words.check(wish.keywords, standard, wish.today)
        lines += own
        return findings
    bank = standard.bank(KEYWORDS) if standard is not None and wish.every else None
    return [make("keyword.absent", Place(bank=KEYWORDS), need=bank.total)] if bank is not None else []


def waive(found: Sequence[Suite], findings: Sequence[Finding]) -> tuple[list[Finding], int]:
    """Leave out findings whose item waives their rule (`metadata: {lint: "near-duplicate pair.language"}`)."""
    waivers = {
        (suite.name, item.id): frozenset(item.metadata["lint"].split())
        for suite in found
        for item in suite.items
        if "lint" in item.metadata
    }
    kept = [one for one in findings if one.rule not in waivers.get((one.suite or "", one.item or ""), ())]
    return kept, len(findings) - len(kept)


def known_items(found: Sequence[Suite]) -> dict[str, list[Item]]:
    """Return the items of every id: those of the suites, and the built-in ones that their twins may name."""
    known: dict[str, list[Item]] = {}
    for suite in found:
        for item in suite.items:
            known.setdefault(item.id, []).append(item)
    twins = {item.twin for suite in found for item in suite.items if item.twin is not None}
    if twins - known.keys():
        for suite in _siblings(found):
            for item in suite.items:
                known.setdefault(item.id, []).append(item)
    return known


def _siblings(found: Sequence[Suite]) -> list[Suite]:
    """Return the suites in folders beside those of `found`, as far as they can be read."""
    folders = {Path(suite.path).parent.parent for suite in found if suite.path}
    loaded = {suite.path for suite in found}
    beside: list[Suite] = []
    for path in sorted(path for folder in folders for path in folder.glob("*/*.yaml") if str(path) not in loaded):
        try:
            beside.append(suites.load(path))
        except ConfigError:
            continue
    return beside


def encode(report: Report) -> dict[str, object]:
    """Return a report as plain data."""
    plain: dict[str, object] = msgspec.to_builtins(report)
    return plain

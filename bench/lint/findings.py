"""What a check says: a rule with a stable id, a place, have and need, and a text in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bench import catalogue
from bench.types import Item, Language, Suite, Text, Value

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

RULES: dict[str, Severity] = {
    "quota.total": "error",
    "quota.code": "error",
    "quota.slice": "error",
    "quota.outside": "warning",
    "pair.language": "error",
    "near-duplicate": "warning",
    "near-duplicate.share": "error",
    "template.share": "warning",
    "template.size": "warning",
    "length.outlier": "note",
    "length.pair": "note",
    "freshness.bank": "warning",
    "freshness.keywords": "warning",
    "date.invalid": "error",
    "licence.missing": "error",
    "provenance.missing": "error",
    "added.missing": "warning",
    "hazard.flag": "note",
    "leakage.answer": "warning",
    "scorer.content": "warning",
    "twin.unknown": "error",
    "twin.expectation": "error",
    "overlap.public": "warning",
    "keyword.code": "error",
    "keyword.length": "warning",
    "keyword.duplicate": "warning",
    "keyword.absent": "note",
}
"""Every rule and how much it weighs; only errors fail a check. Ids are stable: scripts may rely on them."""


class Finding(Value, frozen=True, omit_defaults=True):
    """One thing that a check found."""

    rule: str
    severity: Severity
    text: dict[str, str]
    bank: str | None = None
    suite: str | None = None
    code: str | None = None
    language: Language | None = None
    item: str | None = None
    other: str | None = None
    """The second item of a pair, or the place in a public set."""
    file: str | None = None
    line: int | None = None
    have: int | float | None = None
    need: int | float | None = None


class Place(Value, frozen=True, omit_defaults=True):
    """Where a finding is."""

    bank: str | None = None
    suite: str | None = None
    code: str | None = None
    language: Language | None = None
    item: str | None = None
    other: str | None = None
    file: str | None = None
    line: int | None = None


def make(
    rule: str,
    place: Place,
    *,
    have: int | float | None = None,
    need: int | float | None = None,
    severity: Severity | None = None,
    **facts: object,
) -> Finding:
    """Return a finding of `rule`; its text may name the place, `have`, `need` and `facts` (a Text by its language)."""
    where = {name: getattr(place, name) for name in Place.__struct_fields__}
    shown = {name: "" if value is None else value for name, value in {**where, "have": have, "need": need}.items()}
    known = {**shown, **facts}
    text = {
        lang: catalogue.text(
            f"lint.rule.{rule}", lang, **{k: v.of(lang) if isinstance(v, Text) else v for k, v in known.items()}
        )
        for lang in catalogue.LANGUAGES
    }
    return Finding(rule=rule, severity=severity or RULES[rule], text=text, have=have, need=need, **where)


def at(suite: Suite, item: Item | None = None, lang: Language | None = None, other: str | None = None) -> Place:
    """Return the place of a suite, or of one of its items."""
    code = item.codes[0] if item is not None and item.codes else None
    name = item.id if item is not None else None
    return Place(
        bank=suite.bank, suite=suite.name, code=code, language=lang, item=name, other=other, file=suite.path or None
    )


def tally(findings: Sequence[Finding]) -> dict[Severity, int]:
    """Return how many findings there are of each severity."""
    return {severity: sum(finding.severity == severity for finding in findings) for severity in SEVERITIES}

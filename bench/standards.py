"""Standards as data: documents, the banks they ask for, and the clauses with their pass lines. Loaded strictly."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from bench import resources, schema, taxonomies, yaml
from bench.errors import ConfigError, Fault
from bench.taxonomies import Code
from bench.types import Text, Value

BELOW = "standards"
EVERY = "*"
"""In `per_code`: the minimum of every code that has no line of its own."""

Chapter = Literal["corpus", "model", "measures", "banks"]
Evidence = Literal["P", "S", "S2", "M", "?"]
Strength = Literal["shall", "should"]
Clauses = dict[str, str | None]
"""Document id → clause number; None is not yet verified by a person."""


class Document(Value, frozen=True, forbid_unknown_fields=True):
    """A text that the standard's clauses refer to."""

    id: str
    title: Text
    status: Literal["current", "superseded-in-practice", "draft", "withdrawn"]
    url: str
    published: str | None = None
    effective: str | None = None


class Bank(Value, frozen=True, forbid_unknown_fields=True):
    """A question bank (or the keyword library) that the standard asks for, with its minima."""

    bank: str
    title: Text
    total: Annotated[int, msgspec.Meta(ge=0)]
    strength: Strength
    taxonomy: str
    slice: str
    per_code: dict[str, Annotated[int, msgspec.Meta(ge=0)]]
    """Minimum by code, by group, or for every code (`*`); the most specific line counts."""
    update_days: Annotated[int, msgspec.Meta(ge=1)]
    clause: Clauses
    evidence: Evidence
    note: Text | None = None

    def codes(self) -> tuple[Code, ...]:
        """Return the codes that the bank must cover, in order."""
        return taxonomies.load(self.taxonomy).select(self.slice)

    def minimum(self, code: Code) -> int:
        """Return how many items of `code` the bank needs."""
        for key in (code.code, code.group, EVERY):
            if key is not None and key in self.per_code:
                return self.per_code[key]
        return 0


class Line(Value, frozen=True, forbid_unknown_fields=True):
    """A pass line on a rate, in per cent."""

    op: Literal[">=", "<="]
    percent: Annotated[int, msgspec.Meta(ge=0, le=100)] | Annotated[float, msgspec.Meta(ge=0, le=100)]


class Clause(Value, frozen=True, forbid_unknown_fields=True):
    """One requirement: measured on the questions of a bank or of codes, or proven by hand (`manual`).

    Without a line there is nothing to conform to: the rate is printed for orientation.
    """

    id: str
    clause: Clauses
    evidence: Evidence
    title: Text
    metric: Literal["pass_rate", "refusal_rate", "manual"]
    strength: Strength | None = None
    bank: str | None = None
    codes: tuple[str, ...] = ()
    via: Literal["crosswalk"] | None = None
    method: Literal["human", "keyword", "classifier", "technical"] | None = None
    minimum_sample: Annotated[int, msgspec.Meta(ge=1)] | None = None
    minimum_share_percent: int | float | None = None
    line: Line | None = None
    per_language: bool = False
    """Each language has its own verdict; else a question counts once, and must be met in all its languages."""
    constants: dict[str, int] = {}  # noqa: RUF012
    needs: Text | None = None
    note: Text | None = None


class Standard(Value, frozen=True, forbid_unknown_fields=True):
    """A standard, or a view of one, against which banks and results are judged."""

    standard: str
    title: Text
    version: str
    documents: tuple[Document, ...]
    banks: tuple[Bank, ...]
    clauses: tuple[Clause, ...]
    note: Text | None = None
    purpose: Literal["filing", "view"] = "view"
    """Whether its report is a dossier for a filing, or one framework's view of the same results."""
    chapters: dict[Chapter, tuple[str, ...]] = {}  # noqa: RUF012 (msgspec copies it)
    """Chapter of the report → clauses proven by hand that it lists, by the first document's chapter numbers."""

    def bank(self, name: str) -> Bank | None:
        """Return the requirements on a bank, or None if the standard has none."""
        return next((bank for bank in self.banks if bank.bank == name), None)

    def number(self, clause: Clauses) -> str | None:
        """Return a clause's number in the first document, or None if it is not verified."""
        return clause.get(self.documents[0].id)

    def chapter(self, clause: Clauses) -> Chapter:
        """Return the chapter of the report that lists a clause proven by hand."""
        number = self.number(clause) or ""
        for chapter, prefixes in self.chapters.items():
            if any(number == prefix or number.startswith((f"{prefix}.", f"{prefix} ")) for prefix in prefixes):
                return chapter
        return "measures"


def names() -> list[str]:
    """Return the names of the built-in standards."""
    return resources.names("configs", BELOW)


@functools.cache
def load(name: str) -> Standard:
    """Return a standard, built in or by path; raises ConfigError with file, line and the nearest valid name."""
    path = Path(name) if resources.is_path(name) else resources.find("configs", name, BELOW)
    if path is None:
        facts = {"name": name, **schema.nearest(name, names())}
        raise ConfigError.of([Fault(key="standard.unknown", facts=facts)])
    tree = yaml.load(path)
    found = schema.convert(tree, Standard)
    if faults := list(check(tree, found)):
        raise ConfigError.of(faults)
    return found


def check(tree: yaml.Tree, found: Standard) -> Iterator[Fault]:
    """Yield a fault for each name in a standard that names nothing."""
    documents = [document.id for document in found.documents]
    banks = [bank.bank for bank in found.banks]
    for index, bank in enumerate(found.banks):
        if bank.bank in banks[:index]:
            yield schema.fault_at(tree, ("banks", index, "bank"), "standard.bank_twice", name=bank.bank)
        yield from _check_names(tree, ("banks", index, "clause"), bank.clause, documents)
        yield from _check_bank(tree, ("banks", index), bank)
    if not found.documents:
        yield schema.fault_at(tree, ("documents",), "standard.no_documents")
    ids = [clause.id for clause in found.clauses]
    for index, clause in enumerate(found.clauses):
        place: yaml.Path_ = ("clauses", index)
        if key := _misfit(clause):
            yield schema.fault_at(tree, place, key, name=clause.id)
        if clause.id in ids[:index]:
            yield schema.fault_at(tree, (*place, "id"), "standard.twice", name=clause.id)
        yield from _check_names(tree, (*place, "clause"), clause.clause, documents)
        yield from _check_names(tree, (*place, "bank"), [clause.bank] if clause.bank else [], banks)
        for code in clause.codes:
            if taxonomies.lookup(code) is None:
                yield schema.fault_at(tree, (*place, "codes"), "suite.unknown_code", name=code)


def _misfit(clause: Clause) -> str | None:
    """Return what is wrong with a clause by itself: nothing to measure, or no codes to project."""
    if clause.metric != "manual" and clause.bank is None and not clause.codes:
        return "standard.nothing_to_measure"
    return "standard.no_codes" if clause.via == "crosswalk" and not clause.codes else None


def _check_bank(tree: yaml.Tree, place: yaml.Path_, bank: Bank) -> Iterator[Fault]:
    """Yield the faults of one bank: taxonomy, slice, and the keys of its minima."""
    if bank.taxonomy not in taxonomies.names():
        yield from _check_names(tree, (*place, "taxonomy"), [bank.taxonomy], taxonomies.names())
        return
    taxonomy = taxonomies.load(bank.taxonomy)
    yield from _check_names(tree, (*place, "slice"), [bank.slice], list(taxonomy.slices))
    valid = [EVERY, *(group.code for group in taxonomy.groups), *(code.code for code in taxonomy.codes)]
    yield from _check_names(tree, (*place, "per_code"), bank.per_code, valid)


def _check_names(
    tree: yaml.Tree, place: yaml.Path_, used: dict[str, int] | Clauses | list[str], valid: list[str]
) -> Iterator[Fault]:
    for name in used:
        if name not in valid:
            facts = schema.nearest(name, valid)
            yield schema.fault_at(tree, (*place, name), "standard.reference", name=name, **facts)

"""What was proven outside this tool: a YAML file that names each clause, its counts or verdict, and digested files.

evidence: 1
entries:
  - clause: corpus-human
    population: 1200000
    sampled: 4000
    passed: 3871                 # or failed: 129
    files: [{path: corpus/sample.csv, sha256: …}]
  - clause: minors
    verdict: conforms
    reason: {zh: …, en: …}
    files: [{path: minors.pdf, sha256: …}]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from bench import files, schema, yaml
from bench.errors import ConfigError, Fault, IntegrityError
from bench.filing.nouns import Stated
from bench.standards import Clause, Standard
from bench.types import Language, Text, Value


class Attachment(Value, frozen=True, forbid_unknown_fields=True):
    """A file beside the evidence file, with the digest it must have."""

    path: str
    sha256: str


class Entry(Value, frozen=True, forbid_unknown_fields=True):
    """What is stated about one clause: counts of a sampling, or a verdict with its reason."""

    clause: str
    lang: str | None = None
    """Language of a sampling whose clause is per language."""
    population: int | None = None
    sampled: int | None = None
    passed: int | None = None
    failed: int | None = None
    """Instead of `passed`. Where a line limits what is unwanted (`<=`), this is the count that it limits."""
    seed: str | None = None
    assessor: str | None = None
    date: str | None = None
    agreement: str | None = None
    """Agreement of the two reviewers, as they state it."""
    verdict: Stated | None = None
    reason: Text | None = None
    files: tuple[Attachment, ...] = ()


class Evidence(Value, frozen=True, forbid_unknown_fields=True):
    """An evidence file."""

    evidence: Literal[1]
    entries: tuple[Entry, ...] = ()
    keyword_library: Attachment | None = None
    """The operator's keyword library, beside this file."""

    def of(self, clause: str, lang: str | None = None) -> Entry | None:
        """Return what is stated about a clause (in a language), or None."""
        return next((entry for entry in self.entries if entry.clause == clause and entry.lang == lang), None)


EMPTY = Evidence(evidence=1)


def load(path: Path, standard: Standard, languages: Sequence[Language]) -> Evidence:
    """Return an evidence file whose files have their digests, for a service in `languages`.

    Raises ConfigError or IntegrityError.
    """
    tree = yaml.load(path)
    found = schema.convert(tree, Evidence)
    if faults := [*check(tree, found, standard), *check_languages(tree, found, languages)]:
        raise ConfigError.of(faults)
    if changed := list(check_files(tree, found, path.parent)):
        raise IntegrityError.of(changed)
    return found


def check(tree: yaml.Tree, found: Evidence, standard: Standard) -> Iterator[Fault]:
    """Yield a fault for each entry that names no clause, states no fact, or states an impossible count."""
    known = [clause.id for clause in standard.clauses]
    seen: set[tuple[str, str | None]] = set()
    for index, entry in enumerate(found.entries):
        place: yaml.Path_ = ("entries", index)
        if entry.clause not in known:
            facts = schema.nearest(entry.clause, known)
            yield schema.fault_at(tree, (*place, "clause"), "standard.reference", name=entry.clause, **facts)
        if (entry.clause, entry.lang) in seen:
            yield schema.fault_at(tree, (*place, "clause"), "evidence.twice", name=entry.clause)
        seen.add((entry.clause, entry.lang))
        if not possible(entry):
            yield schema.fault_at(tree, place, "evidence.counts", name=entry.clause)
        clause = next((clause for clause in standard.clauses if clause.id == entry.clause), None)
        if clause is not None and (key := misplaced(clause, entry)):
            yield schema.fault_at(tree, place, key, name=entry.clause)


def check_languages(tree: yaml.Tree, found: Evidence, languages: Sequence[Language]) -> Iterator[Fault]:
    """Yield a fault for each entry in a language that the service does not have: it would count nowhere."""
    for index, entry in enumerate(found.entries):
        if entry.lang is not None and entry.lang not in languages:
            facts = {"name": entry.clause, "lang": entry.lang, "known": ", ".join(languages)}
            yield schema.fault_at(tree, ("entries", index, "lang"), "evidence.language", **facts)


def misplaced(clause: Clause, entry: Entry) -> str | None:
    """Return what is wrong with an entry for this clause: measured by the run, or its language missing or too much."""
    sampled = clause.metric != "manual"
    if sampled and clause.method not in ("human", "keyword", "technical"):
        return "evidence.measured"
    if sampled and entry.lang is None:
        return "evidence.needs_language"
    return "evidence.has_language" if not sampled and entry.lang is not None else None


def possible(entry: Entry) -> bool:
    """Return whether an entry states a verdict, or counts that can be true: 0 ≤ passed ≤ sampled ≤ population.

    Not both: where they disagree, one would be passed over.
    """
    counts = (entry.passed, entry.failed)
    if entry.sampled is None:
        return entry.verdict is not None and counts == (None, None)
    if counts.count(None) != 1 or entry.sampled < 1 or entry.verdict is not None:
        return False
    most = entry.sampled if entry.population is None else entry.population
    return all(0 <= count <= entry.sampled <= most for count in counts if count is not None)


def check_files(tree: yaml.Tree, found: Evidence, folder: Path) -> Iterator[Fault]:
    """Yield a fault for each file whose bytes are not those that were stated."""
    listed: list[tuple[yaml.Path_, Attachment]] = [
        (("entries", index, "files"), attached) for index, entry in enumerate(found.entries) for attached in entry.files
    ]
    if found.keyword_library is not None:
        listed.append((("keyword_library",), found.keyword_library))
    for where, attached in listed:
        place = schema.fault_at(tree, where, "evidence.digest")
        actual = files.digest_file(files.inside(folder, attached.path, place=place))
        if actual != attached.sha256.lower():
            facts: dict[str, object] = {"name": attached.path, "actual": actual}
            yield Fault(key="evidence.digest", facts=facts, file=place.file, line=place.line, path=place.path)

"""What a filing is built from, read from a run folder: nothing here asks a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from bench import canonical, files, keywords, plugins
from bench.calibration.registry import Entry
from bench.engine import plan as plans
from bench.errors import ConfigError, Fault, IntegrityError, UsageError
from bench.filing import counts, evidence, metadata, verdicts
from bench.filing.banks import BankState
from bench.filing.clauses import Opinions
from bench.filing.counts import Asked
from bench.filing.evidence import Evidence
from bench.filing.metadata import Metadata
from bench.filing.nouns import REFUSALS, VERDICTS_FILE, Definition, Verdicts
from bench.keywords import Library
from bench.review import log, results
from bench.robustness import PLAIN
from bench.scoring import Run, judged
from bench.standards import Line, Standard
from bench.summary import Known, Summary, Unit, judge, recount
from bench.types import BLOCKED, Score, Value

AUDIT_FILE = "audit.json"
AUDIT_SCHEMA = "mingjian/audit/1"
KEYWORDS_FILE = "keywords.json"
KEYWORD_LINES = "keywords.jsonl"

Size = Literal["quick", "standard", "full"]


class Audit(Value, frozen=True):
    """What an audit adds to a run: the standard as it was, the form, the evidence, the state of the banks that day."""

    schema: str
    standard: Standard
    size: Size
    metadata: Metadata = metadata.EMPTY
    evidence: Evidence = evidence.EMPTY
    states: tuple[BankState, ...] = ()
    keywords: str = ""
    """SHA-256 of the keyword library's lines beside it; empty: none was brought."""


class Material(NamedTuple):
    """Everything that the chapters draw on."""

    run: Run
    summary: Summary
    units: Sequence[Unit]
    standard: Standard
    audit: Audit
    verdicts: Verdicts
    library: Library | None = None
    """The operator's keyword library."""
    reviews: Sequence[log.Settled] = ()
    scores: Sequence[Score] = ()

    def line_of(self, clause: str) -> Line | None:
        """Return the line of a clause, if the standard draws one."""
        return next(one.line for one in self.standard.clauses if one.id == clause)


def gather(
    run: Run, scores: Sequence[Score], summary: Summary, audit: Audit, library: Library | None = None
) -> Material:
    """Judge a scored run against its audit's standard."""
    units = list(judge(run, scores))
    info = run.plan.info
    reviews = log.settle(log.read(run.folder))
    context = verdicts.Context(
        run=info.run,
        records=run.end,
        today=info.created,
        languages=audit.metadata.languages,
        definition=audit.metadata.refusal,
        audit=digest(audit),
        evidence_grade=audit.size != "quick" and not info.model.demonstration,
        planned=info.cases,
        open=info.cases - len(run.records),
        people={
            "content": settled(reviews, "content", frozenset(("safe",))),
            "behaviour": settled(reviews, "behaviour", REFUSALS[audit.metadata.refusal]),
        },
        keywords=None if library is None else clean_of(units, library),
        suites={suite.name: suite.bank for suite in info.suites},
        states=audit.states,
        evidence=audit.evidence,
    )
    found = verdicts.judge(audit.standard, asked(run, units, summary.calibration), context)
    summary = as_judged(summary, units, context.definition, run)
    return Material(run, summary, units, audit.standard, audit, found, library, reviews, scores)


REVIEWERS = 2
"""A label of fewer people settles nothing."""


def as_judged(summary: Summary, units: Sequence[Unit], definition: Definition, run: Run) -> Summary:
    """Return the summary with rates and gaps counted as the verdicts count: by one definition of a pass."""
    judged_ = [counts.declared(unit, definition) for unit in units]
    if judged_ == list(units):
        return summary
    return recount(summary, judged_, Known(summary.calibration, results.labels(run.folder)))


def settled(reviews: Sequence[log.Settled], question: str, good: frozenset[str]) -> Opinions:
    """Return what at least two people said of each record: None while they differ, or where they could not tell."""
    return {
        one.i: one.label in good if one.label not in (None, "unclear") else None
        for one in reviews
        if one.question == question and len(one.said) >= REVIEWERS
    }


def clean_of(units: Sequence[Unit], library: Library) -> Opinions:
    """Return whether each reply is free of a library's keywords; where a filter blocked, nothing was shown.

    Nobody can tell of a language that the library has no entry of.
    """
    scorer, spoken = plugins.scorer("keywords", {"library": library.path}), {one.lang for one in library.keywords}
    found: dict[int, bool | None] = {}
    for unit in units:
        if unit.record.case.lang not in spoken:
            found[unit.record.i] = None
        elif judged(unit.record):
            (score,) = scorer.score(unit.item, [unit.record])
            found[unit.record.i] = score.passed
        else:
            found[unit.record.i] = True if unit.record.reply.status in BLOCKED else None
    return found


def asked(run: Run, units: Sequence[Unit], entries: Sequence[Entry] = ()) -> Asked:
    """Return what a run asked, with the plain questions that still wait for a reply."""
    if len(run.records) == run.plan.info.cases:
        return Asked(units, entries=entries)
    finished = {record.case.key for record in run.records}
    items = {(item.suite, item.id): item for item in run.plan.items}
    waiting = (case for case in run.plan.cases() if case.variant == PLAIN and case.key not in finished)
    return Asked(units, [(items[case.suite, case.item], case.lang) for case in waiting], entries)


def banks_of(material: Material) -> dict[str, str | None]:
    """Return suite → bank of this run."""
    return {suite.name: suite.bank for suite in material.run.plan.info.suites}


def digest(audit: Audit) -> str:
    """Return the SHA-256 of an audit's file."""
    return canonical.digest_bytes(canonical.encode(audit) + b"\n")


def save(audit: Audit, folder: Path, library: Library | None = None) -> None:
    """Write `audit.json`, and beside it the keyword library if there is one; verdicts of another audit go first, and
    the library of an earlier one that this one has no more."""
    (folder / VERDICTS_FILE).unlink(missing_ok=True)
    if library is not None:
        audit = msgspec.structs.replace(audit, keywords=canonical.digest_bytes(keyword_lines(library)))
    files.write_json(folder / AUDIT_FILE, audit)
    if library is not None:
        lines = msgspec.to_builtins(library)
        header = {name: lines[name] for name in ("title", "version", "updated", "licence", "taxonomy", "demonstration")}
        files.write(folder / KEYWORD_LINES, keyword_lines(library))
        files.write_json(folder / KEYWORDS_FILE, {"library": library.name, "keywords": KEYWORD_LINES, **header})
    elif not audit.keywords:
        for name in (KEYWORDS_FILE, KEYWORD_LINES):
            (folder / name).unlink(missing_ok=True)


def declaration(audit: Audit) -> str:
    """Return the SHA-256 of what an audit declares before the run and nothing may change after it."""
    form = audit.metadata
    return canonical.digest([audit.standard, audit.size, form.languages, form.refusal])


def keyword_lines(library: Library) -> bytes:
    """Return the file of a library's entries."""
    return canonical.encode_lines(library.keywords)


def read(folder: Path) -> Audit:
    """Return the audit of a run folder; raises UsageError if the run is no audit, IntegrityError if it is not the one
    that the verdicts were made with."""
    path = folder / AUDIT_FILE
    if not path.is_file():
        raise UsageError("audit.none", folder=str(folder))
    found, before = files.read_json(path, Audit), folder / VERDICTS_FILE
    if plans.info(folder).declared not in (None, declaration(found)):
        raise IntegrityError.of([Fault(key="seal.declared", facts={"run": plans.RUN_FILE}, file=str(path))])
    known = files.read_json(before, _Bound).audit if before.is_file() else ""
    if known and files.digest_file(path) != known:
        raise IntegrityError.of([Fault(key="seal.audit", facts={"verdicts": VERDICTS_FILE}, file=str(path))])
    return found


class _Bound(Value, frozen=True):
    """The part of verdicts that says which audit they were made with; empty: written before they said so."""

    audit: str = ""


def read_library(folder: Path, audit: Audit) -> Library | None:
    """Return the keyword library of an audit as it was imported; raises IntegrityError if it is another one.

    The header names the file of the entries: whatever it names, its entries are those that were imported.
    """
    lines, header = folder / KEYWORD_LINES, folder / KEYWORDS_FILE
    if not audit.keywords:
        return None
    if not lines.is_file() or files.digest_file(lines) != audit.keywords:
        raise _other_library(lines)
    if not header.is_file():
        raise IntegrityError.of([Fault(key="file.missing", file=str(header))])
    try:
        found = keywords.load(str(header.absolute()))
    except ConfigError as error:
        raise IntegrityError.of(error.faults) from error
    if canonical.digest_bytes(keyword_lines(found)) != audit.keywords:
        raise _other_library(header)
    return found


def _other_library(path: Path) -> IntegrityError:
    return IntegrityError.of([Fault(key="seal.keywords", facts={"audit": AUDIT_FILE}, file=str(path))])


def save_verdicts(found: Verdicts, folder: Path) -> None:
    """Write `verdicts.json`, which can be derived again at any time."""
    files.write_json(folder / VERDICTS_FILE, found)

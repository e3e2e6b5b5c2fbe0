"""What a filing is built from, read from a run folder: nothing here asks a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from bench import files, standards
from bench.errors import UsageError
from bench.filing import evidence, metadata, verdicts
from bench.filing.banks import BankState
from bench.filing.evidence import Evidence
from bench.filing.metadata import Metadata
from bench.filing.nouns import VERDICTS_FILE, Verdicts
from bench.scoring import Run
from bench.standards import Standard
from bench.summary import Summary, Unit, judge
from bench.types import Score, Value

AUDIT_FILE = "audit.json"
AUDIT_SCHEMA = "mingjian/audit/1"

Size = Literal["quick", "standard", "full"]


class Audit(Value, frozen=True):
    """What an audit adds to a run: the standard, the form, the evidence, and the state of the banks that day."""

    schema: str
    standard: str
    size: Size
    metadata: Metadata = metadata.EMPTY
    evidence: Evidence = evidence.EMPTY
    states: tuple[BankState, ...] = ()


class Material(NamedTuple):
    """Everything that the chapters draw on."""

    run: Run
    summary: Summary
    units: Sequence[Unit]
    standard: Standard
    audit: Audit
    verdicts: Verdicts


def gather(run: Run, scores: Sequence[Score], summary: Summary, audit: Audit) -> Material:
    """Judge a scored run against its audit's standard."""
    standard = standards.load(audit.standard)
    units = list(judge(run, scores))
    info = run.plan.info
    context = verdicts.Context(
        run=info.run,
        today=info.created,
        languages=audit.metadata.languages,
        definition=audit.metadata.refusal,
        evidence_grade=audit.size != "quick" and not info.model.demonstration,
        suites={suite.name: suite.bank for suite in info.suites},
        states=audit.states,
        evidence=audit.evidence,
    )
    return Material(run, summary, units, standard, audit, verdicts.judge(standard, units, context))


def save(audit: Audit, folder: Path) -> None:
    """Write `audit.json`."""
    files.write_json(folder / AUDIT_FILE, audit)


def read(folder: Path) -> Audit:
    """Return the audit of a run folder; raises UsageError if the run is no audit."""
    if not (folder / AUDIT_FILE).is_file():
        raise UsageError("audit.none", folder=str(folder))
    return files.read_json(folder / AUDIT_FILE, Audit)


def save_verdicts(found: Verdicts, folder: Path) -> None:
    """Write `verdicts.json`, which can be derived again at any time."""
    files.write_json(folder / VERDICTS_FILE, found)

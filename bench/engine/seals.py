"""The seal of a scored run: where its journal ended and the digest of its scores, kept in `summary.json`.

The journal's chain binds every line but the last; the seal binds that one too, and what was made from it.
"""

from __future__ import annotations

from pathlib import Path

from bench import files
from bench.engine.journal import End
from bench.errors import Fault, IntegrityError
from bench.types import Value

SUMMARY_FILE = "summary.json"
SCORES_FILE = "scores.jsonl"
CALIBRATION_FILE = "calibration.jsonl"
"""The registry entries that a run's report uses, in the run folder."""


class Seal(Value, frozen=True):
    """What a summary was made from: the journal up to an end; the scores and the calibration by their SHA-256."""

    records: End
    scores: str
    calibration: str | None = None
    """None: there was no such file."""


class _Sealed(Value, frozen=True):
    """The part of a summary that is its seal; None: written before there were seals."""

    seal: Seal | None = None


def read(folder: Path) -> Seal | None:
    """Return the seal of the last scoring, None if there is no summary with one; raises IntegrityError if damaged."""
    path = folder / SUMMARY_FILE
    return files.read_json(path, _Sealed).seal if path.is_file() else None


def noted(folder: Path) -> End | None:
    """Return where the journal ended when the run was last scored, if it was."""
    seal = read(folder)
    return seal.records if seal else None


def make(folder: Path, records: End) -> Seal:
    """Return the seal of what a folder holds now; its journal was read up to `records`."""
    calibration = folder / CALIBRATION_FILE
    known = files.digest_file(calibration) if calibration.is_file() else None
    return Seal(records=records, scores=files.digest_file(folder / SCORES_FILE), calibration=known)


def check(folder: Path) -> Seal:
    """Return the seal of a scored run; raises IntegrityError if it has none, or for a file that is not the sealed."""
    seal = read(folder)
    if seal is None:
        raise IntegrityError.of([_fault("seal.none", folder, SUMMARY_FILE)])
    for name, known in ((SCORES_FILE, seal.scores), (CALIBRATION_FILE, seal.calibration)):
        path = folder / name
        if known is not None and not path.is_file():
            raise IntegrityError.of([_fault("seal.no_scores", folder, name)])
        if known is not None and files.digest_file(path) != known:
            raise IntegrityError.of([_fault("seal.scores", folder, name)])
    return seal


def _fault(key: str, folder: Path, name: str) -> Fault:
    return Fault(key=key, facts={"folder": str(folder)}, file=str(folder / name))

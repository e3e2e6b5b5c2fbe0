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


class Seal(Value, frozen=True):
    """What a summary was made from: the journal up to an end, and the scores by their SHA-256."""

    records: End
    scores: str


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


def check(folder: Path) -> Seal:
    """Return the seal of a scored run; raises IntegrityError if it has none or its scores are not those sealed."""
    path, seal = folder / SCORES_FILE, read(folder)
    if seal is None:
        raise IntegrityError.of([_fault("seal.none", folder, SUMMARY_FILE)])
    if not path.is_file():
        raise IntegrityError.of([_fault("seal.no_scores", folder, SCORES_FILE)])
    if files.digest_file(path) != seal.scores:
        raise IntegrityError.of([_fault("seal.scores", folder, SCORES_FILE)])
    return seal


def _fault(key: str, folder: Path, name: str) -> Fault:
    return Fault(key=key, facts={"folder": str(folder)}, file=str(folder / name))

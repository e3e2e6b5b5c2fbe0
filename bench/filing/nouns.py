"""Nouns of a filing: rates, the three verdicts, and all of them together. Frozen; no I/O."""

from __future__ import annotations

from typing import Literal

from bench.calibration.nouns import Corrected
from bench.engine.journal import End
from bench.lint.quotas import Quota
from bench.standards import Evidence as Mark
from bench.standards import Strength
from bench.types import Language, Text, Value

VERDICTS_FILE = "verdicts.json"
SCHEMA = "mingjian/verdicts/1"
ALL = "all"
"""Stands for: all required languages together."""
NONE = "-"
"""Stands for: a clause that has no language."""

Outcome = Literal["conforms", "does_not", "not_applicable", "insufficient", "no_line"]
"""`no_line`: a rate that the standard compares with nothing. It never counts as conforming."""
Stated = Literal["conforms", "does_not", "not_applicable", "insufficient"]
"""What people can state about a clause."""
Bound = Literal["clears", "does_not", "cannot_tell"]
Definition = Literal["strict", "lenient"]
"""What a refusal is: `strict` plain refusals only; `lenient` also one that declines and points elsewhere."""
DEFINITIONS: tuple[Definition, ...] = ("lenient", "strict")
"""The first counts unless another was declared: in both banks, so that one reply is never both."""
REFUSALS: dict[Definition, frozenset[str]] = {
    "lenient": frozenset(("refused", "safe_redirect")),
    "strict": frozenset(("refused",)),
}
"""Definition → labels that are refusals."""
Source = Literal["run", "people", "evidence", "none"]
"""Where a verdict comes from: the run's scores, people's labels on its replies, imported evidence, nowhere."""


class Rate(Value, frozen=True):
    """`x` of `n` with both 95 % intervals, as proportions; the exact one is None where units come in clusters."""

    name: str
    x: int
    n: int
    low: float | None = None
    high: float | None = None
    exact_low: float | None = None
    exact_high: float | None = None
    corrected: Corrected | None = None
    """The same rate corrected for its scorers' measured error, or why it is not; None: no scorer decided."""


class Margin(Value, frozen=True):
    """How far a count is from the line. Counts, so that no rounding decides."""

    op: Literal[">=", "<="]
    percent: int | float
    threshold: int
    """The last count that still meets the line."""
    spare: int
    """Counts to spare; negative: counts that are missing."""
    needed: int | None
    """The first (`<=`: last) count of the same n whose two-sided 95 % Wilson interval clears the line."""
    needed_one_sided: int | None
    """The same for the one-sided 95 % bound."""
    bound: Bound
    worst: Outcome
    """The verdict if everything that was left out counted against the model."""


class BankAdequacy(Value, frozen=True):
    """Has a bank what the standard asks for, in one language (or `all`)?"""

    bank: str
    title: Text
    lang: str
    clause: dict[str, str | None]
    evidence: Mark
    strength: Strength
    lines: tuple[Quota, ...]
    have: int
    need: int
    covered: int
    codes: int
    short: tuple[str, ...]
    """Codes below their minimum."""
    updated: str | None
    age_days: int | None
    limit_days: int
    verdict: Outcome
    next: Text


class SampleAdequacy(Value, frozen=True):
    """Were enough questions of a bank judged for a clause, in one language?"""

    clause: str
    bank: str
    lang: str
    planned: int
    judged: int
    minimum: int
    verdict: Outcome


class Contrast(Value, frozen=True):
    """What a clause would be under the other definition of refusal; only where that changes the verdict."""

    definition: Definition
    rate: Rate
    verdict: Outcome


class ClauseVerdict(Value, frozen=True):
    """What can be said about one clause in one language (`all`: together; `-`: the clause has no language)."""

    id: str
    clause: dict[str, str | None]
    title: Text
    evidence: Mark
    strength: Strength | None
    bank: str | None
    metric: str
    method: str | None
    lang: str
    source: Source
    planned: int
    left_out: dict[str, int]
    minimum: int | None
    rate: Rate | None
    others: tuple[Rate, ...]
    """The same units under the other definitions and views."""
    margin: Margin | None
    verdict: Outcome
    reason: Text
    next: Text
    records: tuple[int, ...]
    """Records that count against the model."""
    files: tuple[str, ...] = ()
    contrast: Contrast | None = None


class Verdicts(Value, frozen=True):
    """A standard's verdicts on a run: three lists that are never merged."""

    schema: str
    standard: str
    version: str
    run: str
    definition: Definition
    languages: tuple[Language, ...]
    evidence_grade: bool
    """False: quick sample or demonstration model; nothing here may be filed."""
    records: End
    """Where the run's journal ended: what a reader of the journal compares."""
    audit: str
    """SHA-256 of `audit.json`: with which standard, size, form, evidence and bank statistics these were made."""
    planned: int
    """Cases of the run."""
    open: int
    """Cases without a reply: while there are any, nothing that the run measures conforms."""
    banks: tuple[BankAdequacy, ...]
    samples: tuple[SampleAdequacy, ...]
    clauses: tuple[ClauseVerdict, ...]

    def overall(self) -> list[ClauseVerdict]:
        """Return one verdict a clause: all languages together, or the clause that has none."""
        return [clause for clause in self.clauses if clause.lang in (ALL, NONE)]

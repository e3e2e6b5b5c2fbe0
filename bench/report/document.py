"""The report as data. Renderers only print: they compute no figure and choose no wording."""

from __future__ import annotations

from bench.calibration.registry import Entry
from bench.engine.plan import RunInfo
from bench.report.comparison import Comparison
from bench.review.results import Review
from bench.robustness import AttackSuccess, Effect
from bench.summary import ALL, Accounting, Gap, Row, ScorerRow
from bench.types import Text, Value


class Fact(Value, frozen=True):
    """A labelled line of the identity card or the environment table."""

    id: str
    label: Text
    value: Text


class Finding(Value, frozen=True):
    """A sentence made from figures by a fixed text; `items` and `records` are what it rests on."""

    id: str
    text: Text
    rows: tuple[str, ...] = ()
    records: tuple[int, ...] = ()


class Caution(Value, frozen=True):
    """A line that says what this report is not."""

    id: str
    text: Text


class Turn(Value, frozen=True):
    """One message of an exchange."""

    role: str
    content: str


class Exchange(Value, frozen=True):
    """One record for the reader: what was asked, what came back, what the scorers said.

    `hidden` texts (hazardous items, private banks) are never shown; all others are folded behind a click.
    """

    i: int
    item: str
    suite: str
    dimension: str
    codes: tuple[str, ...]
    lang: str
    variant: str
    expect: str
    status: str
    passed: bool | None
    label: str | None
    scorer: str
    confidence: float | None
    reason: str | None
    detail: str | None
    hidden: bool
    messages: tuple[Turn, ...]
    reply: str
    reasoning: str | None
    withheld: str | None = None
    """The digest of the private bank that the item belongs to."""


class Document(Value, frozen=True):
    """A whole report. Every figure in it carries the id of its row, gap or record."""

    schema: str
    title: Text
    run: RunInfo
    generated: str
    identity: tuple[Fact, ...]
    findings: tuple[Finding, ...]
    cautions: tuple[Caution, ...]
    accounting: Accounting
    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...]
    scorers: tuple[ScorerRow, ...]
    effects: tuple[Effect, ...]
    attacks: tuple[AttackSuccess, ...]
    names: dict[str, Text]
    """Display names of taxonomy codes, dimensions, suites, labels, statuses, expectations and variants."""
    exchanges: tuple[Exchange, ...]
    environment: tuple[Fact, ...]
    calibration: tuple[Entry, ...] = ()
    """The registry entries that corrected rates and scorers name by id."""
    review: Review | None = None
    comparisons: tuple[Comparison, ...] = ()
    """Published tables that ask what this run asked."""


def repeated(document: Document) -> bool:
    """Return whether questions were asked more than once in a language."""
    return any(row.lang != ALL and row.estimate.n > row.estimate.clusters for row in document.rows)


def varied(document: Document) -> bool:
    """Return whether a report has something to say about variants."""
    return bool(document.effects or document.attacks or document.run.not_applicable)

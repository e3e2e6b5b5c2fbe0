"""The three sockets. Built-ins and strangers' packages register through the same entry-point groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self, runtime_checkable

from bench.types import Case, Item, Record, Reply, Score

if TYPE_CHECKING:
    from bench.report.document import Document


@runtime_checkable
class Adapter(Protocol):
    """A model. Opened and closed as an async context; `generate` may be called concurrently.

    `max_in_flight` is the most concurrent calls that make sense. `identity` is everything that decides how the model
    answers (weights digest or endpoint, runtime and version, thinking mode …); it is known before opening and is
    part of each case's key. `generate` raises `RateLimited`, `Transient` or `Fatal`, never a foreign exception.
    An attribute `per_minute`, if a service has one, is the most that it takes in a minute (`bench.types.PerMinute`).
    A method `check(cases)`, if it has one, raises before the run begins when it cannot work at all (no key, no answer).
    """

    max_in_flight: int

    @property
    def identity(self) -> Mapping[str, Any]: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    async def generate(self, case: Case) -> Reply: ...


@runtime_checkable
class Scorer(Protocol):
    """An opinion. `score` gets one item and all its records (languages, variants, epochs) and returns its scores.

    An attribute `needs_item`, if it is true, says that it has no opinion on a bare prompt and reply (it needs choices,
    a reference, other records …): bulk use is refused. An attribute `quick` says that it takes well under a millisecond
    a record and calls nobody: it may work while replies are awaited.
    """

    name: str
    version: str

    def score(self, item: Item, records: Sequence[Record]) -> list[Score]: ...


class Judgement(NamedTuple):
    """What a scorer says of a reply on its own, as in `Score`: without a label and a value there is a reason."""

    label: str | None
    value: int | float | None
    confidence: int | float | None
    reason: str | None
    group: str | None = None
    """The group of risks of an unsafe reply (`A.2`), as in the score's evidence, where the scorer names one."""


@runtime_checkable
class BulkScorer(Scorer, Protocol):
    """A scorer that needs nothing of an item: in bulk use it judges bare replies, and says what `score` would say."""

    def judge_replies(
        self, replies: Sequence[str], prompts: Sequence[str], langs: Sequence[str]
    ) -> list[Judgement]: ...


@runtime_checkable
class Renderer(Protocol):
    """A format. `render` writes the document to `target` and changes nothing else."""

    suffix: str

    def render(self, document: Document, target: Path) -> None: ...

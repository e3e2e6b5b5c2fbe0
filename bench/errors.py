"""The error tree. Each error names a catalogue text, says where the fault is, and carries its exit code.

MingjianError                  exit code
├── UsageError                 2   the command line asks for something impossible
├── ConfigError                2   a suite, model or other file of the user's is wrong
├── IncompleteError            3   too many errors or too little coverage for a verdict
├── IntegrityError             4   stored files contradict their digests
├── EnvironmentFault           5   a key, package, font or endpoint is missing
├── TryLater                   75  a lock is held or a limit was hit; nothing is lost
└── AdapterError               5   what a model or its endpoint did, translated once by the adapter
    ├── RateLimited                slow down and try again
    ├── Transient                  try again
    ├── Rejected                   this request is refused for good; others may work
    └── Fatal                      stop the run: key refused, account in arrears, unknown model
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

OK: Final = 0
GATE_FAILED: Final = 1
USAGE: Final = 2
INCOMPLETE: Final = 3
INTEGRITY: Final = 4
ENVIRONMENT: Final = 5
OWN_FAULT: Final = 70
"""A fault of Mingjian's own or of a plug-in's: a traceback is printed. Not 1, which says that a gate failed."""
TRY_LATER: Final = 75
INTERRUPTED: Final = 130
SIGNALLED: Final = 128
"""Added to the number of the signal that ended a run: 130 for Ctrl-C, 143 for SIGTERM."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong: a catalogue key with its facts, and the place (file, 1-based line, key path)."""

    key: str
    facts: dict[str, object] = field(default_factory=dict)
    file: str | None = None
    line: int | None = None
    path: str | None = None


class MingjianError(Exception):
    """A fault that the user can act on; printed without a traceback."""

    exit_code: int = USAGE

    def __init__(self, key: str, **facts: object) -> None:
        self.faults: tuple[Fault, ...] = (Fault(key=key, facts=facts),)
        super().__init__(key, facts)

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (type(self), self.args, vars(self))

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> Self:
        """Return an error of this class that reports all of `faults` (at least one)."""
        error = cls(faults[0].key, **faults[0].facts)
        error.faults = tuple(faults)
        return error


def _restore(kind: type[MingjianError], args: tuple[object, ...], state: dict[str, object]) -> MingjianError:
    """Return an error as it was in another process."""
    error = kind.__new__(kind)
    error.args = args
    vars(error).update(state)
    return error


class UsageError(MingjianError):
    """The command line asks for something impossible."""


class ConfigError(MingjianError):
    """A file that the user wrote is wrong."""


class IncompleteError(MingjianError):
    """Too many errors or too little coverage: there is no verdict."""

    exit_code = INCOMPLETE


class IntegrityError(MingjianError):
    """Stored files contradict their digests."""

    exit_code = INTEGRITY


class EnvironmentFault(MingjianError):
    """A key, package, font, tool or endpoint is missing."""

    exit_code = ENVIRONMENT


class TryLater(MingjianError):
    """A lock is held or a limit was reached; the same command may work later."""

    exit_code = TRY_LATER


class AdapterError(MingjianError):
    """What a model or its endpoint did; adapters translate foreign exceptions into these, once."""

    exit_code = ENVIRONMENT


class RateLimited(AdapterError):
    """The endpoint asks to slow down; `retry_after` is its wish in seconds, if it stated one."""

    def __init__(self, key: str, *, retry_after: float | None = None, **facts: object) -> None:
        super().__init__(key, **facts)
        self.retry_after = retry_after


class Transient(AdapterError):
    """A fault that may pass by itself: 5xx, time-out, cut or unreadable body."""


class Fatal(AdapterError):
    """Further calls are pointless: key refused, account in arrears, unknown model."""


class Rejected(AdapterError):
    """The endpoint refuses this one request for a reason that trying again will not change."""

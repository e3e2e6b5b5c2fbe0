"""How often to try, how long to wait, when to give up."""

from __future__ import annotations

import random
from collections.abc import Callable

from bench.errors import AdapterError, Fatal, RateLimited, Rejected, Transient
from bench.types import Value


class Retry(Value, frozen=True):
    """Exponential back-off with full jitter, in seconds: at most min(cap, base · 2^attempt), at least Retry-After."""

    attempts: int = 8
    base: float = 0.25
    cap: float = 30.0

    def pause(self, attempt: int, error: AdapterError, draw: Callable[[], float] = random.random) -> float | None:
        """Return the seconds to wait before the next try, or None to give up; `attempt` counts from 1."""
        if attempt >= self.attempts or not isinstance(error, RateLimited | Transient):
            return None
        backoff = min(self.cap, self.base * 2.0 ** (attempt - 1)) * draw()
        if isinstance(error, RateLimited) and error.retry_after is not None:
            return min(error.retry_after, 2 * self.cap) + backoff
        return backoff


class Breaker:
    """Stops a run whose endpoint is dead or whose requests are all refused alike.

    After `same` identical rejections in a row, or `silent` exhausted cases in a row, `record` raises Fatal.
    """

    def __init__(self, same: int = 3, silent: int = 8) -> None:
        self.same = same
        self.silent = silent
        self._last = ""
        self._rejections = 0
        self._failures = 0

    def record(self, error: AdapterError | None) -> None:
        """Take the outcome of a finished case: None for a reply."""
        if error is None:
            self._rejections = self._failures = 0
            return
        self._failures += 1
        if isinstance(error, Rejected):
            message = str(error)
            self._rejections = self._rejections + 1 if message == self._last else 1
            self._last = message
        if self._rejections >= self.same or self._failures >= self.silent:
            raise Fatal.of(error.faults) from error

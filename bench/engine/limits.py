"""How often to try, how long to wait, how many calls may fly at once, when to give up."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable

from bench.allowance import Allowance
from bench.errors import AdapterError, Fatal, RateLimited, Rejected, Transient
from bench.types import Value

START = 16
"""Calls in flight at the start of a run against an endpoint; doubled each round trip until the first cut."""
CUT = 0.7
"""What one rate-limit episode leaves of the limit."""
PROBE = 0.1
"""Growth in each round once the limit is where the last episode began."""
SHARE = 0.2
"""Share of recent outcomes that must be refusals to slow down for an episode to begin; fewer are noise."""
FEWEST = 4
"""Refusals to slow down that an episode takes at least."""
LONGEST = 60.0
"""Seconds that all calls pause at most, whatever Retry-After says."""


class Retry(Value, frozen=True):
    """Exponential back-off, in seconds: at most min(cap, base · 2^(attempt − 1)), and at least half of that.

    Half of each step is drawn; were all of it, eight tries could pass within the few seconds of a server's restart.
    Where the endpoint says Retry-After, the draw comes on top of it, and there is no other least.
    """

    attempts: int = 8
    base: float = 0.25
    cap: float = 30.0
    patience: int = 24
    """Attempts for a call that was only asked to slow down: it is not its fault."""

    def pause(self, attempt: int, error: AdapterError, draw: Callable[[], float] = random.random) -> float | None:
        """Return the seconds to wait before the next try, or None to give up; `attempt` counts from 1."""
        limited = isinstance(error, RateLimited)
        most = max(self.attempts, self.patience) if limited else self.attempts
        if attempt >= most or not isinstance(error, RateLimited | Transient):
            return None
        step = min(self.cap, self.base * 2.0 ** (attempt - 1))
        if isinstance(error, RateLimited) and error.retry_after is not None:
            return min(error.retry_after, 2 * self.cap) + step * draw()
        return step * (1 + draw()) / 2


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


class Pace:
    """How many calls may fly: slow start, additive increase, one multiplicative cut for each rate-limit episode.

    An episode begins when refusals to slow down are a fifth of the recent outcomes, and at least four: a few
    scattered ones are noise, for which only the refused call waits. It pauses all calls for the longest Retry-After
    seen. Refusals of calls sent before the cut belong to the same episode: they may lengthen the pause, never cut
    again. The limit grows only when it was reached. A fixed pace never changes.
    """

    def __init__(self, ceiling: int, *, fixed: bool = False) -> None:
        self.ceiling = max(1, ceiling)
        self.fixed = fixed
        self.limit = float(self.ceiling if fixed else min(self.ceiling, START))
        self.flying = 0
        self.resume_at = 0.0
        self.episodes = 0
        self._edge: float | None = None
        self._cut_at = float("-inf")
        self._wish = 0.0
        self._seen = 0
        self._limited = 0

    def open(self, now: float) -> bool:
        """Return whether one more call may be sent now."""
        return self.flying < int(self.limit) and now >= self.resume_at

    def sent(self) -> None:
        """Take note of a call that is sent."""
        self.flying += 1

    def landed(self, sent_at: float, now: float, error: BaseException | None) -> None:
        """Take note of how a call ended: None for a reply."""
        full = self.flying >= int(self.limit)
        self.flying -= 1
        if self.fixed:
            return
        if isinstance(error, RateLimited):
            self._refused(sent_at, now, error.retry_after or 0.0)
        elif error is None:
            self._count(0)
            if full and self.limit < self.ceiling:
                self.limit = min(float(self.ceiling), self.limit + self._step())

    def _step(self) -> float:
        """Return the growth for one reply: a doubling each round, later one a round, near the last cut a tenth."""
        if self._edge is None:
            return 1.0
        return (1.0 if self.limit + 1.0 < self._edge else PROBE) / self.limit

    def _count(self, limited: int) -> None:
        """Count an outcome; halve the counts when they span two rounds, so that old ones fade."""
        self._seen += 1
        self._limited += limited
        if self._seen >= 2 * max(START, int(self.limit)):
            self._seen //= 2
            self._limited //= 2

    def _refused(self, sent_at: float, now: float, retry_after: float) -> None:
        wish = now + min(LONGEST, retry_after)
        if sent_at <= self._cut_at:
            self.resume_at = max(self.resume_at, wish)
            return
        self._wish = max(self._wish, wish)
        self._count(1)
        if self._limited >= max(FEWEST, SHARE * self._seen):
            self.episodes += 1
            self._edge = self.limit
            self.limit = max(1.0, self.limit * CUT)
            self.resume_at = max(self.resume_at, self._wish)
            self._cut_at = now
            self._seen = self._limited = 0
            self._wish = 0.0


class Gate:
    """Lets calls through as the pace allows, and the endpoint's allowance if it has one, in order of arrival.

    Calls that are sent again go first: a case that was begun comes to its end before others begin, so that an endpoint
    which answers nothing is given up after a few cases rather than after a try of each.
    """

    def __init__(
        self, pace: Pace, clock: Callable[[], float] = time.monotonic, allowance: Allowance | None = None
    ) -> None:
        self.pace = pace
        self.allowance = allowance
        self._clock = clock
        self._again: deque[tuple[asyncio.Future[None], int]] = deque()
        self._first: deque[tuple[asyncio.Future[None], int]] = deque()
        self._timer: asyncio.Handle | None = None
        self._rings_at = 0.0
        """When the timer ends, by our clock: uvloop's handle of a time under half a millisecond does not know it."""

    @property
    def _waiting(self) -> deque[tuple[asyncio.Future[None], int]]:
        """The calls whose turn is next."""
        return self._again or self._first

    async def enter(self, tokens: int = 0, *, again: bool = False) -> float:
        """Wait until a call of at most so many tokens may be sent; return when it is sent, to be given to `leave`."""
        now = self._clock()
        if not self._waiting and self._open(now):
            self._send(now, tokens)
            return now
        turn = asyncio.get_running_loop().create_future()
        (self._again if again else self._first).append((turn, tokens))
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.pace.flying -= 1
                self._wake()
            raise
        return self._clock()

    def leave(self, sent_at: float, error: BaseException | None, unused: int = 0) -> None:
        """Take the end of a call: None for a reply; `unused` of the tokens that it might have taken were not."""
        self.pace.landed(sent_at, self._clock(), error)
        if self.allowance and unused:
            self.allowance.give_back(unused)
        if self._waiting:
            self._wake()

    def _open(self, now: float) -> bool:
        return self.pace.open(now) and (self.allowance is None or now >= self.allowance.opens_at)

    def _send(self, now: float, tokens: int) -> None:
        self.pace.sent()
        if self.allowance:
            self.allowance.take(now, tokens)

    def _wake(self) -> None:
        """Send as many of the waiting as may go; come back when a pause or the spacing ends."""
        now = self._clock()
        while self._waiting and self._open(now):
            turn, tokens = self._waiting.popleft()
            if not turn.done():
                self._send(now, tokens)
                turn.set_result(None)
        if self._waiting:
            self._come_back(now)

    def _come_back(self, now: float) -> None:
        """Wake up when time alone opens the gate; nothing if only the end of a call does."""
        opens_at = max(self.pace.resume_at, self.allowance.opens_at if self.allowance else 0.0)
        if now >= opens_at or (self._timer is not None and self._rings_at <= opens_at):
            return
        self.close()
        self._rings_at = opens_at
        self._timer = asyncio.get_running_loop().call_later(opens_at - now, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._wake()

    def close(self) -> None:
        """Forget the end of a pause."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

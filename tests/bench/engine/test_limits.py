"""Adaptive concurrency on a clock that the test moves: what is learnt, what is cut, who pauses."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from bench.engine.limits import CUT, FEWEST, LONGEST, START, Gate, Pace
from bench.engine.loop import loop_factory
from bench.errors import RateLimited, Transient

RATE = RateLimited("http.rate", retry_after=5.0)


class Instant(selectors.SelectSelector):
    """Never waits: asking to wait moves the clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.now += timeout or 0.0
        return super().select(0)


def play(work: Callable[[Callable[[], float]], Awaitable[Any]]) -> Any:
    """Run a coroutine in virtual time, which it reads through the clock that it gets."""
    selector = Instant()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    try:
        return loop.run_until_complete(work(loop.time))  # type: ignore[arg-type]
    finally:
        loop.close()


async def load(gate: Gate, calls: int, width: int, serve: Callable[[], Coroutine[Any, Any, RateLimited | None]]) -> int:
    """Make `calls` successful calls with `width` workers; return how many were refused."""
    left, refused = iter(range(calls)), 0

    async def worker() -> None:
        nonlocal refused
        for _ in left:
            while True:
                sent = await gate.enter()
                error = await serve()
                gate.leave(sent, error)
                if error is None:
                    break
                refused += 1
                await asyncio.sleep(error.retry_after or 0.1)

    await asyncio.gather(*(worker() for _ in range(width)))
    return refused


def filled(pace: Pace) -> Pace:
    while pace.open(0.0):
        pace.sent()
    return pace


def test_the_limit_doubles_each_round_until_the_ceiling() -> None:
    pace = Pace(100)
    seen = []
    for _ in range(4):
        filled(pace)
        for _ in range(pace.flying):
            pace.landed(0.0, 0.1, None)
            while pace.open(0.1):
                pace.sent()
        seen.append(int(pace.limit))
    assert (Pace(100).limit, seen) == (START, [32, 64, 100, 100])


def test_a_limit_that_is_not_reached_does_not_grow() -> None:
    pace = Pace(100)
    for _ in range(50):
        pace.sent()
        pace.landed(0.0, 0.1, None)
    assert pace.limit == START


def test_one_episode_is_one_cut_and_one_pause() -> None:
    pace = filled(Pace(START))
    for _ in range(START):
        pace.landed(1.0, 2.0, RATE)
    assert (pace.episodes, pace.limit, pace.resume_at) == (1, START * CUT, 7.0)
    assert (pace.open(6.9), pace.open(7.0)) == (False, True)


def test_calls_sent_after_the_cut_may_cut_again() -> None:
    pace = filled(Pace(START))
    for _ in range(START):
        pace.landed(1.0, 2.0, RATE)
    for _ in range(FEWEST):
        pace.sent()
    for _ in range(FEWEST):
        pace.landed(8.0, 9.0, RATE)
    assert (pace.episodes, pace.limit) == (2, START * CUT * CUT)


def test_after_a_cut_the_limit_grows_by_one_each_round() -> None:
    pace = filled(Pace(START))
    for _ in range(START):
        pace.landed(1.0, 2.0, RATE)
    before = pace.limit
    while pace.open(10.0):
        pace.sent()
    for _ in range(pace.flying):
        pace.landed(10.0, 11.0, None)
        pace.sent()
    assert before < pace.limit <= before + 1.0


def test_scattered_refusals_neither_cut_nor_pause() -> None:
    pace = Pace(64)
    for number in range(2000):
        while pace.open(0.0):
            pace.sent()
        pace.landed(0.0, 0.0, RATE if number % 20 == 0 else None)
    assert (pace.episodes, pace.limit, pace.resume_at) == (0, 64.0, 0.0)


def test_the_pause_is_bounded() -> None:
    pace = filled(Pace(START))
    for _ in range(START):
        pace.landed(1.0, 2.0, RateLimited("http.rate", retry_after=86_400.0))
    assert pace.resume_at == 2.0 + LONGEST


def test_other_faults_and_fixed_paces_change_nothing() -> None:
    pace, fixed = filled(Pace(START)), filled(Pace(4, fixed=True))
    for _ in range(START):
        pace.landed(1.0, 2.0, Transient("http.timeout", host="h"))
    for _ in range(4):
        fixed.landed(1.0, 2.0, RATE)
    assert (pace.limit, pace.episodes, fixed.limit, fixed.resume_at) == (START, 0, 4.0, 0.0)


@pytest.mark.parametrize(("allowed", "ceiling"), [(5, 64), (24, 64), (100, 64)])
def test_the_limit_of_a_service_is_learnt(allowed: int, ceiling: int) -> None:
    """A service that serves so many at once: most calls go through, and the limit stays near what it takes."""

    async def go(clock: Callable[[], float]) -> tuple[int, float, int]:
        gate, busy, peak = Gate(Pace(ceiling), clock), 0, 0

        async def serve() -> RateLimited | None:
            nonlocal busy, peak
            if busy >= allowed:
                await asyncio.sleep(0.02)
                return RateLimited("http.rate", retry_after=1.0)
            busy += 1
            peak = max(peak, busy)
            await asyncio.sleep(0.05)
            busy -= 1
            return None

        return await load(gate, 2000, ceiling, serve), gate.pace.limit, peak

    refused, limit, peak = play(go)
    assert refused <= 500
    assert min(allowed, ceiling) * 0.5 <= limit <= min(allowed * 1.6 + 2, ceiling)
    assert peak == min(allowed, ceiling)


def test_all_workers_pause_together_for_retry_after() -> None:
    async def go(clock: Callable[[], float]) -> list[float]:
        gate, times = Gate(Pace(8), clock), []

        async def serve() -> RateLimited | None:
            times.append(clock())
            await asyncio.sleep(0.01)
            return RateLimited("http.rate", retry_after=30.0) if 1.0 < times[-1] < 20.0 else None

        await load(gate, 2000, 8, serve)
        return times

    times = play(go)
    last = max(moment for moment in times if moment < 20)
    assert last < 1.1
    assert min(moment for moment in times if moment > 20) == pytest.approx(31.0, abs=0.2)


def test_a_call_that_is_sent_again_goes_before_those_that_were_never_sent() -> None:
    async def go(clock: Callable[[], float]) -> list[str]:
        gate, order = Gate(Pace(1), clock), []

        async def call(name: str, again: bool) -> None:
            sent = await gate.enter(again=again)
            order.append(name)
            gate.leave(sent, None)

        sent = await gate.enter()
        calls = [asyncio.create_task(call(name, "again" in name)) for name in ("a", "b", "again c", "again d")]
        await asyncio.sleep(0)
        gate.leave(sent, None)
        await asyncio.gather(*calls)
        return order

    assert play(go) == ["again c", "again d", "a", "b"]


def test_a_pause_too_short_for_the_loop_to_count_holds_several_calls() -> None:
    now = 0.0
    gate = Gate(Pace(2), lambda: now)
    gate.pace.resume_at = 0.0003

    async def go() -> list[float]:
        nonlocal now
        calls = [asyncio.create_task(gate.enter()) for _ in range(2)]
        await asyncio.sleep(0)
        now = 1.0
        return await asyncio.gather(*calls)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        assert runner.run(go()) == [1.0, 1.0]


def test_a_cancelled_call_gives_its_place_back() -> None:
    async def go(clock: Callable[[], float]) -> int:
        gate = Gate(Pace(1), clock)
        sent = await gate.enter()
        waiting = [asyncio.create_task(gate.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        gate.leave(sent, None)
        waiting[1].cancel()
        await asyncio.sleep(0)
        gate.leave(await waiting[2], None)
        gate.close()
        return gate.pace.flying

    assert play(go) == 0

"""The crew: how many work at once, who stands in for whom, and what ends the work."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.engine.crew import RESTING, Crew
from bench.types import Case

CASE = cast(Case, None)
Step = Callable[[Crew, int], Awaitable[None]]


def work(cases: int) -> Iterator[tuple[int, Case]]:
    return ((index, CASE) for index in range(cases))


def drive(step: Step, *, cases: int = 20, width: int = 4, relief: bool = True) -> list[int]:
    """Run a crew over `cases` and return them in the order in which they were finished."""
    finished: list[int] = []

    async def finish(index: int, case: Case) -> None:
        await step(crew, index)
        finished.append(index)

    crew = Crew(work(cases), finish, width, relief=relief)
    asyncio.run(crew.run())
    return finished


class Watch:
    """A step that counts how many work and rest at once; `resting` says which cases rest, and how long."""

    def __init__(self, resting: dict[int, float]) -> None:
        self.resting = resting
        self.started = self.resting_now = self.most_started = self.most_resting = 0

    async def __call__(self, crew: Crew, index: int) -> None:
        self.started += 1
        self.most_started = max(self.most_started, self.started)
        await asyncio.sleep(0)
        if index in self.resting:
            self.resting_now += 1
            self.most_resting = max(self.most_resting, self.resting_now)
            await crew.rest(self.resting[index])
            self.resting_now -= 1
        self.started -= 1


def test_everything_is_finished_once_and_no_more_work_than_the_width() -> None:
    watch = Watch({})
    assert (sorted(drive(watch)), watch.most_started) == (list(range(20)), 4)


def test_others_begin_while_a_case_waits_for_its_next_try() -> None:
    finished = drive(Watch({0: 0.05, 1: 0.05, 2: 0.05, 3: 0.05}))
    assert set(finished[-4:]) == {0, 1, 2, 3}


def test_without_relief_a_case_that_waits_keeps_its_place() -> None:
    watch = Watch(dict.fromkeys(range(20), 0.001))
    drive(watch, relief=False)
    assert watch.most_started == 4


def test_only_so_many_wait_beside_the_busy_ones() -> None:
    watch = Watch(dict.fromkeys(range(100), 0.02))
    drive(watch, cases=100)
    assert watch.most_started == 4 * (1 + RESTING)


def test_the_first_failure_stops_the_others_and_is_raised() -> None:
    started: list[int] = []

    async def step(crew: Crew, index: int) -> None:
        started.append(index)
        await asyncio.sleep(0)
        if index == 5:
            raise ValueError("five")

    with pytest.raises(ValueError, match="five"):
        drive(step, cases=1000)
    assert max(started) < 20


def test_a_worker_that_stood_in_may_be_the_one_that_fails() -> None:
    async def step(crew: Crew, index: int) -> None:
        if index == 4:
            raise ValueError("four")
        await crew.rest(60)

    with pytest.raises(ValueError, match="four"):
        drive(step)


def test_nobody_works_on_after_the_crew_was_cancelled() -> None:
    at_work = Watch(dict.fromkeys(range(20), 60.0))

    async def main() -> int:
        crew: Any = Crew(work(20), lambda index, case: at_work(crew, index), 4, relief=True)
        task = asyncio.create_task(crew.run())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return len(asyncio.all_tasks())

    assert asyncio.run(main()) == 1


@given(
    st.dictionaries(st.integers(0, 39), st.sampled_from([0.0, 0.001, 0.002])),
    st.integers(1, 9),
    st.booleans(),
)
def test_nothing_is_lost_or_done_twice_whoever_rests(rests: dict[int, float], width: int, relief: bool) -> None:
    watch = Watch(rests)
    finished = drive(watch, cases=40, width=width, relief=relief)
    assert sorted(finished) == list(range(40))
    assert watch.most_started <= width * (1 + RESTING if relief else 1)


def test_failures_after_the_first_are_not_complained_of(caplog: pytest.LogCaptureFixture) -> None:
    async def step(crew: Crew, index: int) -> None:
        await asyncio.sleep(0)
        raise ValueError(str(index))

    with pytest.raises(ValueError, match="0"):
        drive(step)
    gc.collect()
    assert caplog.text == ""

"""A judge at a service is asked no faster than its account allows."""

from __future__ import annotations

import asyncio
from typing import Any

from bench.types import Case, Message, PerMinute, Reply, Sampling, Usage
from scorers.judge_calls import Judge
from tests.bench.engine.test_limits import play

CASE = Case(key="", suite="s", item="i", lang="en", messages=(Message("user", "x" * 84),),
            parameters=Sampling(max_tokens=100))  # fmt: skip


class Service:
    """A judge at a service that answers at once, and says what it used."""

    max_in_flight = 8
    identity: dict[str, Any] = {"model": "service"}  # noqa: RUF012

    def __init__(self, most: PerMinute | None, usage: Usage | None = None) -> None:
        self.per_minute = most
        self.usage = usage
        self.asked: list[float] = []

    async def __aenter__(self) -> Service:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def generate(self, case: Case) -> Reply:
        self.asked.append(asyncio.get_running_loop().time())
        return Reply(status="answered", text="x", usage=self.usage)


def ask(service: Service, times: int = 62) -> float:
    """Return how many seconds so many calls of a judge take."""

    async def go(clock: Any) -> None:
        judge = Judge(service, 1)
        judge.ready()
        await asyncio.gather(*(judge.ask(CASE, 1) for _ in range(times)))

    play(go)
    return round(service.asked[-1] - service.asked[0])


def test_requests_of_a_judge_are_spread_over_the_minute() -> None:
    assert [ask(Service(most)) for most in (None, PerMinute(requests=61))] == [0, 61]


def test_tokens_that_a_judge_did_not_use_let_other_calls_go() -> None:
    most = PerMinute(tokens=6200)
    assert ask(Service(most, Usage(90, 10))) < ask(Service(most)) - 50


def test_a_judge_without_a_stated_allowance_is_not_held_up() -> None:
    assert ask(Service(PerMinute())) == 0

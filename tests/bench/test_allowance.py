"""What an endpoint takes in a minute, in virtual time: never more, and no less than it could be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import models
from bench.adapters.anthropic import AnthropicAdapter
from bench.adapters.openai import OpenAIAdapter
from bench.allowance import Allowance
from bench.engine.limits import Gate, Pace
from bench.engine.runner import open_gate, used
from bench.errors import ConfigError, RateLimited, Transient
from bench.types import Model, PerMinute, Reply, Usage
from tests.bench.engine.test_limits import play

Sent = list[tuple[float, int]]
"""When calls were sent, and what they used."""


def ask(most: PerMinute, calls: list[tuple[int, int, float]], width: int = 64) -> Sent:
    """Ask calls (most tokens, used tokens, seconds) through a gate as soon as it lets them; return what was sent."""

    async def go(clock: Callable[[], float]) -> Sent:
        gate, sent, left = Gate(Pace(width, fixed=True), clock, Allowance(most)), [], iter(calls)

        async def worker() -> None:
            for tokens, spent, seconds in left:
                at = await gate.enter(tokens)
                sent.append((at, spent))
                await asyncio.sleep(seconds)
                gate.leave(at, None, tokens - spent)

        await asyncio.gather(*(worker() for _ in range(width)))
        gate.close()
        return sent

    found: Sent = play(go)
    return found


def busiest(sent: Sent, weight: Callable[[int], int]) -> int:
    """Return the most that any 60 seconds hold."""
    return max(sum(weight(used) for at, used in sent if start <= at < start + 60) for start, _ in sent)


@given(requests=st.integers(1, 900), calls=st.integers(1, 400), seconds=st.floats(0, 5))
def test_no_minute_holds_more_requests_than_are_allowed(requests: int, calls: int, seconds: float) -> None:
    sent = ask(PerMinute(requests=requests), [(0, 0, seconds)] * calls)
    assert (len(sent), busiest(sent, lambda _: 1) <= requests) == (calls, True)


@given(
    tokens=st.integers(500, 20_000),
    calls=st.lists(st.tuples(st.integers(0, 900), st.floats(0, 1), st.floats(0, 5)), min_size=1, max_size=150),
)
def test_no_minute_holds_more_tokens_than_are_allowed_and_one_calls(
    tokens: int, calls: list[tuple[int, float, float]]
) -> None:
    made = [(most, int(most * share), seconds) for most, share, seconds in calls]
    sent = ask(PerMinute(tokens=tokens), made)
    assert busiest(sent, lambda used: used) <= tokens + max(most for most, *_ in made)


def test_requests_are_spread_over_the_minute_and_the_minute_is_used() -> None:
    sent = ask(PerMinute(requests=61), [(0, 0, 0.1)] * 122)
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(sent)][2:]
    assert (max(gaps), sent[-1][0]) == (pytest.approx(61 / 60), pytest.approx(120 * 61 / 60, abs=2))


def test_tokens_that_were_not_used_let_others_go() -> None:
    honest, padded = ([(most, 100, 1.0)] * 200 for most in (100, 2000))
    ends = [ask(PerMinute(tokens=6000), calls)[-1][0] for calls in (honest, padded)]
    assert ends[1] == pytest.approx(ends[0], rel=0.25)


def test_a_call_larger_than_the_minute_goes_all_the_same() -> None:
    assert len(ask(PerMinute(tokens=100), [(5000, 50, 0.1)] * 3)) == 3


@pytest.mark.parametrize(
    ("found", "tokens"),
    [
        (Reply(status="answered", text="x", usage=Usage(7, 2)), 9),
        (Reply(status="answered", text="x"), 50),
        (RateLimited("http.rate"), 0),
        (Transient("http.timeout", host="h"), 50),
        (None, 50),
    ],
)
def test_a_call_used_what_is_told_nothing_if_it_was_refused_else_the_most(found: Any, tokens: int) -> None:
    assert used(found, 50) == tokens


def service(adapter: str, **options: Any) -> Model:
    return Model(model="m", adapter=adapter, name="m", base_url="http://127.0.0.1:9/v1", options=options)


@pytest.mark.parametrize(("name", "kind"), [("openai", OpenAIAdapter), ("anthropic", AnthropicAdapter)])
def test_a_model_file_says_what_its_account_allows(name: str, kind: Any) -> None:
    limited = kind(service(name, requests_per_minute=60, tokens_per_minute=9000), {})
    gates = [open_gate(adapter, 4) for adapter in (limited, kind(service(name), {}))]
    assert limited.per_minute == PerMinute(requests=60, tokens=9000)
    assert [gate.allowance is not None for gate in gates if gate] == [True, False]


@pytest.mark.parametrize("option", ["requests_per_minute", "tokens_per_minute"])
def test_an_allowance_of_nothing_is_a_mistake(option: str) -> None:
    with pytest.raises(ConfigError):
        OpenAIAdapter(service("openai", **{option: 0}), {})


def test_the_allowance_does_not_change_who_the_model_is(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    identities = []
    for options in ({}, {"requests_per_minute": 5}):
        path.write_text(json.dumps({"model": "m", "adapter": "openai", "name": "m",
                                    "base_url": "http://127.0.0.1:9/v1", "options": options}))  # fmt: skip
        identities.append(OpenAIAdapter(models.load(str(path)), {}).identity)
    assert identities[0] == identities[1]

"""Inspect AI's providers, through its own mock model: `make inspect`, in an environment of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from inspect_ai.model import ModelOutput, ModelUsage

from bench.adapters.inspect import InspectAdapter
from bench.errors import AdapterError, EnvironmentFault, Fatal, MingjianError, RateLimited, Transient
from bench.types import Case, Model, Reply, Usage

Ask = Callable[..., Case]
KEY = "sk-canary-0123456789abcdef"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Inspect's own packages


def adapter(outputs: Any = None, environ: dict[str, str] | None = None, **changes: Any) -> InspectAdapter:
    args = {} if outputs is None else {"custom_outputs": outputs}
    made = Model(**{"model": "m", "adapter": "inspect", "name": "mockllm/model", "options": {"args": args}, **changes})
    return InspectAdapter(made, environ or {})


def reply(made: InspectAdapter, case: Case) -> Reply:
    async def go() -> Reply:
        async with made as opened:
            return await opened.generate(case)

    return asyncio.run(go())


def said(**changes: Any) -> Any:
    made = ModelOutput.from_content("mockllm", changes.pop("content", "2"), changes.pop("stop", "stop"))
    made.usage = ModelUsage(input_tokens=7, output_tokens=3)
    return made


def test_the_mock_model_answers(ask: Ask) -> None:
    found = reply(adapter([said(content="two")]), ask("hello"))
    assert (found.status, found.text, found.finish, found.returned_model) == ("answered", "two", "stop", "mockllm")


@pytest.mark.parametrize(
    ("stop", "content", "status"),
    [
        ("stop", "2", "answered"),
        ("stop", "", "empty"),
        ("max_tokens", "2", "truncated"),
        ("model_length", "", "too_long"),
        ("content_filter", "", "filtered_output"),
    ],
)
def test_a_stop_reason_becomes_a_status(ask: Ask, stop: str, content: str, status: str) -> None:
    found = reply(adapter([said(stop=stop, content=content)]), ask("hello"))
    assert (found.status, found.text, found.usage) == (status, content, Usage(7, 3))


def test_reasoning_stays_apart_from_the_answer(ask: Ask) -> None:
    found = reply(adapter([said(content="<think>one and one</think>2")]), ask("hello"))
    assert (found.text, found.reasoning) == ("2", "one and one")


def test_messages_and_sampling_are_those_of_the_case(ask: Ask) -> None:
    seen: list[Any] = []

    def answer(messages: Any, tools: Any, choice: Any, config: Any) -> Any:
        seen.append(([(one.role, one.text) for one in messages], config.temperature, config.max_tokens, config.seed))
        return said()

    reply(adapter(answer), ask("hello", temperature=0, max_tokens=9, seed=4))
    assert seen == [([("user", "hello")], 0, 9, 4)]


class Refusal(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}, your key is {KEY}")
        self.status_code = status


@pytest.mark.parametrize(
    ("error", "kind"),
    [(Refusal(429), RateLimited), (TimeoutError(), Transient), (Refusal(401), Fatal), (Refusal(402), Fatal)],
)
def test_a_provider_s_exception_becomes_ours_once_and_shows_no_key(
    ask: Ask, error: Exception, kind: type[AdapterError]
) -> None:
    calls: list[int] = []

    def answer(*_: Any) -> Any:
        calls.append(1)
        raise error

    with pytest.raises(MingjianError) as caught:
        reply(adapter(answer, {"SOME_API_KEY": KEY}), ask("hello"))
    assert (type(caught.value), len(calls)) == (kind, 1)
    assert KEY not in repr(caught.value) + str(vars(caught.value))


def test_an_unknown_provider_is_an_environment_fault(ask: Ask) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        reply(adapter(name="nosuchprovider/model"), ask("hello"))
    assert caught.value.faults[0].key == "inspect.open"

"""The Messages API adapter against a real server on loopback: what is sent, and what a case's identity says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from bench import plugins
from bench.adapters.anthropic import DEFAULT_TOKENS, AnthropicAdapter
from bench.errors import ConfigError, EnvironmentFault
from bench.types import Case, Message, Model, Reply, Sampling
from tests.endpoint import Endpoint

KEY = "sk-ant-canary-0123456789"
ANSWER = {"id": "msg_1", "model": "claude-returned", "stop_reason": "end_turn"}
BLOCKS = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "2"}, {"type": "text", "text": "!"}]


def case(**parameters: Any) -> Case:
    messages = (Message("system", "Be brief."), Message("user", "1 + 1?"))
    return Case(key="k", suite="s", item="q", lang="en", messages=messages, parameters=Sampling(**parameters))


def ask(what: Case, **changes: Any) -> tuple[dict[str, Any], dict[str, str], Reply]:
    """Return the request's body and headers, and the reply."""
    answer = {**ANSWER, "content": BLOCKS, "usage": {"input_tokens": 7, "output_tokens": 3}}

    async def go(url: str) -> Reply:
        made = Model(model="claude-x", adapter="anthropic", base_url=url, key_env="TEST_KEY", **changes)
        async with AnthropicAdapter(made, {"TEST_KEY": KEY}) as adapter:
            return await adapter.generate(what)

    with Endpoint(lambda body, attempt: web.json_response(answer, headers={"request-id": "req_1"})) as server:
        reply = asyncio.run(go(server.url))
    return server.bodies[0], server.headers[0], reply


def test_the_system_prompt_stands_apart_and_the_limit_is_always_sent() -> None:
    body, headers, _ = ask(case(max_tokens=None, seed=3))
    assert body == {
        "model": "claude-x",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "1 + 1?"}],
        "max_tokens": DEFAULT_TOKENS,
        "temperature": 0,
    }
    assert (headers["x-api-key"], headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert "Authorization" not in headers


def test_thinking_has_its_budget_on_top_and_no_temperature() -> None:
    body, _, _ = ask(case(max_tokens=100), thinking="on")
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert body["max_tokens"] == 2148
    assert "temperature" not in body


def test_blocks_are_joined_and_thinking_is_kept_apart() -> None:
    _, _, reply = ask(case())
    assert (reply.status, reply.text, reply.reasoning, reply.finish) == ("answered", "2!", "hm", "end_turn")
    assert (reply.returned_model, reply.request_id) == ("claude-returned", "req_1")
    assert reply.usage is not None
    assert (reply.usage.input, reply.usage.output) == (7, 3)


def test_the_identity_says_what_was_requested_and_what_is_sent() -> None:
    made = Model(model="claude-x", adapter="anthropic", parameters=Sampling(seed=3, temperature=1.5))
    assert plugins.adapter(made).identity == {
        "adapter": "anthropic",
        "provider": "anthropic",
        "model": "claude-x",
        "endpoint": "https://api.anthropic.com/v1/messages",
        "thinking": None,
        "extra": {},
        "effective": {"seed": "3 → not sent", "temperature": "1.5 → 1"},
    }


def test_the_vendor_s_own_key_variable_is_used_and_named() -> None:
    async def go() -> None:
        async with AnthropicAdapter(Model(model="claude-x", adapter="anthropic"), {}):
            pass

    with pytest.raises(EnvironmentFault) as caught:
        asyncio.run(go())
    assert caught.value.faults[0].facts == {"name": "ANTHROPIC_API_KEY"}


def test_a_provider_of_the_other_protocol_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        AnthropicAdapter(Model(model="m", adapter="anthropic", provider="deepseek"), {})
    assert caught.value.faults[0].key == "provider.other_adapter"


def test_a_message_with_half_a_character_is_kept_under_another_status_of_success() -> None:
    answer = {**ANSWER, "content": [{"type": "text", "text": "cut \ud83d"}]}

    async def go(url: str) -> Reply:
        made = Model(model="claude-x", adapter="anthropic", base_url=url, key_env="TEST_KEY")
        async with AnthropicAdapter(made, {"TEST_KEY": KEY}) as adapter:
            return await adapter.generate(case())

    with Endpoint(lambda body, attempt: web.json_response(answer, status=201)) as server:
        assert asyncio.run(go(server.url)).text == "cut \ufffd"

"""Whatever a server sends: a reply, or one of our own errors; no foreign exception, no answer from nothing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import plugins, providers
from bench.adapters._http import Response
from bench.errors import AdapterError
from bench.types import FILTERED, Case, Message, Model, Reply, Sampling

KEYS = st.sampled_from(
    [
        *("error", "code", "type", "message", "status", "detail", "choices", "delta", "content", "finish_reason"),
        *("base_resp", "status_code", "usage", "id", "model", "reasoning", "stop_reason", "text", "thinking"),
        *("Response", "Error", "contentFilter", "role", "output_sensitive"),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-1, 600) | st.text(max_size=20) | st.sampled_from(["stop", "1301"])
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
BODIES = (
    st.binary(max_size=60)
    | TREES.map(lambda tree: json.dumps(tree).encode())
    | TREES.map(lambda tree: b"data: " + json.dumps(tree).encode() + b"\n\n")
)
CASE = Case(key="k", suite="s", item="q", lang="zh", messages=(Message("user", "1"),), parameters=Sampling())


class Wire:
    """A connection that has one response."""

    def __init__(self, response: Response) -> None:
        self.response = response

    async def post(self, url: str, body: bytes) -> Response:
        return self.response


def ask(provider: str, response: Response) -> Reply | None:
    made = Model(model="m", adapter=providers.load(provider).adapter, provider=provider, base_url="http://localhost:9")
    adapter: Any = plugins.adapter(made)
    adapter._endpoint._client = Wire(response)
    try:
        reply: Reply = asyncio.run(adapter.generate(CASE))
    except AdapterError:
        return None
    return reply


@pytest.mark.parametrize("provider", ["generic", "minimax", "zhipu", "anthropic"])
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=BODIES, status=st.sampled_from([200, 200, 200, 400, 403, 429, 451, 500]))
def test_no_foreign_exception_comes_out(provider: str, body: bytes, status: int) -> None:
    reply = ask(provider, Response(status, {}, body))
    if reply is None:
        return
    assert status == 200 or reply.status in {*FILTERED, "too_long"}
    assert reply.status != "answered" or reply.text.strip()

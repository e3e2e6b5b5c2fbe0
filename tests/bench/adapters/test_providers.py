"""Every recorded reply of every vendor becomes what it is: never a look-alike called a filter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bench import plugins, providers
from bench.adapters import _classify
from bench.errors import AdapterError, Fatal, RateLimited, Rejected, Transient
from bench.types import FILTERED, Case, Message, Model, Reply, Sampling
from tests.endpoint import Endpoint

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "providers"
FIXTURES = {path.stem: json.loads(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))}
NAMED = [(vendor, number) for vendor, cases in FIXTURES.items() for number in range(len(cases))]


def body(fixture: dict[str, Any]) -> bytes:
    if "raw" in fixture:
        return str(fixture["raw"]).encode()
    return json.dumps(fixture["body"], ensure_ascii=False, separators=(",", ":")).encode()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Serve the fixture that the prompt names."""

    def behaviour(request: dict[str, Any], attempt: int) -> web.Response:
        vendor, _, number = request["messages"][-1]["content"].partition("/")
        fixture = FIXTURES[vendor][int(number)]
        return web.Response(body=body(fixture), status=fixture["status"], content_type="application/json")

    with Endpoint(behaviour) as server:
        yield server.url


def ask(vendor: str, url: str, prompt: str, **changes: Any) -> Reply:
    made = Model(model="m", adapter=providers.load(vendor).adapter, provider=vendor, base_url=url, **changes)
    case = Case(key="k", suite="s", item="q", lang="zh", messages=(Message("user", prompt),), parameters=Sampling())

    async def go() -> Reply:
        async with plugins.adapter(made) as adapter:
            return await adapter.generate(case)

    return asyncio.run(go())


def kind_of(error: AdapterError) -> str:
    if isinstance(error, Fatal):
        return {"http.arrears": "money", "http.refused": "auth"}[error.faults[0].key]
    return {RateLimited: "rate", Transient: "transient", Rejected: "request"}[type(error)]


def outcome(vendor: str, url: str, prompt: str) -> tuple[str, Reply]:
    """Return what a fixture became: a status, or the class of the error."""
    try:
        reply = ask(vendor, url, prompt)
    except AdapterError as error:
        return kind_of(error), Reply(status="error", detail=str(error))
    return reply.status, reply


@pytest.mark.parametrize(("vendor", "number"), NAMED, ids=[f"{v}: {FIXTURES[v][n]['name']}" for v, n in NAMED])
def test_a_reply_becomes_what_it_is(vendor: str, number: int, endpoint: str) -> None:
    fixture = FIXTURES[vendor][number]
    found, reply = outcome(vendor, endpoint, f"{vendor}/{number}")
    assert found == fixture["expect"]
    assert reply.text == fixture.get("text", reply.text)
    assert reply.reasoning == fixture.get("reasoning", reply.reasoning)
    assert reply.detail or reply.http == 200 or fixture.get("raw") == ""


@pytest.mark.parametrize(("vendor", "number"), NAMED, ids=[f"{v}: {FIXTURES[v][n]['name']}" for v, n in NAMED])
def test_no_look_alike_is_a_filter_behind_an_unknown_address_either(vendor: str, number: int) -> None:
    fixture = FIXTURES[vendor][number]
    verdict = _classify.judge(providers.load("generic"), fixture["status"], body(fixture))
    assert verdict.kind not in ("filter", "account_filter") or fixture["expect"] in FILTERED


def test_there_are_enough_fixtures_of_every_vendor() -> None:
    assert set(FIXTURES) == set(providers.names())
    assert len(NAMED) >= 70
    moderated = [name for name in FIXTURES if providers.load(name).moderated]
    for vendor in moderated:
        expected = {fixture["expect"] for fixture in FIXTURES[vendor]}
        assert expected & {*FILTERED, "filtered_input"}, vendor
        assert len(expected - FILTERED) >= 3, vendor

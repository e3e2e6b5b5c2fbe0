"""The OpenAI-compatible adapter against a real server on loopback: what is sent, and what each reply becomes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from bench.adapters.openai import OpenAIAdapter, split_reasoning
from bench.engine.limits import Retry
from bench.engine.runner import ask
from bench.errors import ConfigError, EnvironmentFault, Fatal, RateLimited, Rejected, Transient
from bench.types import Case, Message, Model, Reply, Sampling, Usage
from tests.endpoint import Behaviour, Endpoint, completion

KEY = "sk-canary-0123456789abcdef"


def case(text: str = "一加一等于几？", **parameters: Any) -> Case:
    sampling = Sampling(**parameters)
    return Case(key="k", suite="s", item="q", lang="zh", messages=(Message("user", text),), parameters=sampling)


def model(url: str, **options: Any) -> Model:
    return Model(model="m", adapter="openai", name="mock", base_url=url, key_env="TEST_KEY", options=options)


def generate(behaviour: Behaviour, what: Case | None = None, **options: Any) -> Reply:
    async def go(url: str) -> Reply:
        async with OpenAIAdapter(model(url, **options), {"TEST_KEY": KEY}) as adapter:
            return await adapter.generate(what or case())

    with Endpoint(behaviour) as endpoint:
        return asyncio.run(go(endpoint.url))


def answering(payload: dict[str, Any], status: int = 200) -> Behaviour:
    return lambda body, attempt: web.json_response(payload, status=status)


def raw(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Behaviour:
    return lambda _, attempt: web.Response(body=body, status=status, headers=headers, content_type="application/json")


def test_an_answer_is_an_answer_with_its_evidence() -> None:
    reply = generate(answering(completion("二")))
    assert (reply.status, reply.text, reply.finish, reply.http) == ("answered", "二", "stop", 200)
    assert (reply.usage, reply.returned_model, reply.request_id) == (type(reply.usage)(7, 3), "mock-returned", "cmpl-1")  # type: ignore[misc]


@pytest.mark.parametrize(
    "told",
    [
        {"prompt_tokens_details": {"cached_tokens": 5, "audio_tokens": 0}},
        {"prompt_cache_hit_tokens": 5, "prompt_cache_miss_tokens": 2},
        {"prompt_tokens_details": {"cached_tokens": 5}, "prompt_cache_hit_tokens": 5},
    ],
)
def test_cached_tokens_are_counted_under_either_name(told: dict[str, Any]) -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 3, **told}
    assert generate(answering({**completion(), "usage": usage})).usage == Usage(7, 3, cached=5)


@pytest.mark.parametrize("details", [None, {}, {"cached_tokens": None}, {"cached_tokens": "many"}])
def test_cached_tokens_that_are_not_told_are_none(details: object) -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": details}
    assert generate(answering({**completion(), "usage": usage})).usage == Usage(7, 3)


@pytest.mark.parametrize(
    "told",
    [
        {"prompt_tokens": 5.5, "completion_tokens": 3},
        {"prompt_tokens": "7", "completion_tokens": 3},
        {"prompt_tokens": -5, "completion_tokens": -100},
        ["none"],
    ],
)
def test_counts_that_cannot_be_are_not_told_and_cost_no_answer(told: object) -> None:
    reply = generate(answering({**completion("二"), "usage": told}))
    assert (reply.status, reply.text, reply.usage) == ("answered", "二", None)


def test_content_in_parts_is_put_together() -> None:
    parts = [{"type": "text", "text": "一"}, {"type": "image"}, {"type": "text", "text": "二"}]
    assert generate(answering(completion(content=parts))).text == "一二"


def test_a_byte_order_mark_before_the_reply_is_no_fault() -> None:
    assert generate(raw(b"\xef\xbb\xbf" + json.dumps(completion("2")).encode())).text == "2"


def test_json_of_another_form_is_not_asked_for_again() -> None:
    with pytest.raises(Rejected) as caught:
        generate(answering(completion(content=7)))
    assert caught.value.faults[0].key == "http.form"


@pytest.mark.parametrize("options", [{"max_in_flight": 0}, {"timeout": 0}, {"timeout": -1}])
def test_limits_that_nothing_could_pass_are_mistakes(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        OpenAIAdapter(model("http://127.0.0.1:9/v1", **options), {})


def test_only_the_stated_parameters_are_sent() -> None:
    async def go(url: str) -> None:
        async with OpenAIAdapter(model(url), {"TEST_KEY": KEY}) as adapter:
            await adapter.generate(case(max_tokens=64))

    with Endpoint() as endpoint:
        asyncio.run(go(endpoint.url))
    (body,) = endpoint.bodies
    assert body == {
        "model": "mock",
        "messages": [{"role": "user", "content": "一加一等于几？"}],
        "stream": False,
        "temperature": 0,
        "max_tokens": 64,
    }
    assert endpoint.headers[0]["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_fields_are_kept_apart(field: str) -> None:
    reply = generate(answering(completion("2", **{field: "one and one"})))
    assert (reply.text, reply.reasoning) == ("2", "one and one")


@pytest.mark.parametrize(
    ("text", "answer", "reasoning"),
    [
        ("<think>hm</think>2", "2", "hm"),
        ("\n<think>\nhm\n</think>\n\n2", "2", "hm"),
        ("<think>never closed", "", "never closed"),
        ("2 <think> is a tag", "2 <think> is a tag", None),
    ],
)
def test_an_inline_think_block_is_stripped(text: str, answer: str, reasoning: str | None) -> None:
    assert split_reasoning(text) == (answer, reasoning)


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        (completion("cut", "length"), "truncated"),
        (completion("", "length"), "truncated"),
        (completion("", "stop"), "empty"),
        (completion("   ", "stop"), "empty"),
        (completion("", "content_filter"), "filtered_output"),
        (completion("", "sensitive"), "filtered_output"),
    ],
)
def test_a_reply_has_a_status_apart_from_its_text(payload: dict[str, Any], status: str) -> None:
    assert generate(answering(payload)).status == status


def test_content_null_is_empty_not_a_crash() -> None:
    payload = completion()
    payload["choices"][0]["message"]["content"] = None
    assert generate(answering(payload)).status == "empty"


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("Content Exists Risk", "filtered_input"),
        ("This model's maximum context length is 4096 tokens", "too_long"),
    ],
)
def test_a_refusal_by_the_service_is_an_outcome(message: str, status: str) -> None:
    assert generate(answering({"error": {"message": message}}, 400)).status == status


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (answering({"error": {"message": "bad parameter"}}, 400), Rejected),
        (answering({"error": {"message": "no such model"}}, 404), Rejected),
        (answering({"error": {"message": "bad key"}}, 401), Fatal),
        (answering({"error": {"message": "Insufficient Balance"}}, 402), Fatal),
        (raw(b"busy", 429), RateLimited),
        (raw(b"oops", 500), Transient),
        (raw(b"oops", 503), Transient),
        (raw(b'{"choices": [{"mess'), Transient),
        (raw('{"choices": [{"message": {"content": "中'.encode()[:-1]), Transient),
        (answering({"choices": []}), Transient),
        (raw(b"<html>", 200), Transient),
    ],
)
def test_failures_are_translated_once(behaviour: Behaviour, error: type[Exception]) -> None:
    with pytest.raises(error):
        generate(behaviour)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("soon", None), ("5, 10", None), ("Mon, 32 Jan 2026 25:00:00 GMT", None)],
)
def test_retry_after_is_read(value: str, seconds: float | None) -> None:
    with pytest.raises(RateLimited) as caught:
        generate(raw(b"", 429, {"Retry-After": value}))
    assert caught.value.retry_after == seconds


def test_a_silent_server_is_a_timeout() -> None:
    async def go(url: str) -> None:
        async with OpenAIAdapter(model(url, timeout=0.2), {"TEST_KEY": KEY}) as adapter:
            await adapter.generate(case())

    with Endpoint(latency=2.0) as endpoint, pytest.raises(Transient) as caught:
        asyncio.run(go(endpoint.url))
    assert caught.value.faults[0].key == "http.timeout"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "https://no-such-host.invalid/v1"])
def test_a_missing_server_is_transient(url: str) -> None:
    async def go() -> None:
        async with OpenAIAdapter(model(url), {"TEST_KEY": KEY}) as adapter:
            await adapter.generate(case())

    with pytest.raises(Transient):
        asyncio.run(go())


def test_a_missing_key_is_said_before_anything_is_sent() -> None:
    async def go() -> None:
        async with OpenAIAdapter(model("https://api.example.com/v1"), {}):
            pass

    with pytest.raises(EnvironmentFault):
        asyncio.run(go())


def test_a_redirect_is_not_followed() -> None:
    def away(body: dict[str, Any], attempt: int) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"})

    with pytest.raises(Rejected):
        generate(away)


@pytest.mark.parametrize("status", [400, 401, 404])
def test_the_key_is_never_in_an_error(status: int) -> None:
    def echo(body: dict[str, Any], attempt: int) -> web.Response:
        return web.json_response({"error": {"message": f"key {KEY} is wrong"}}, status=status)

    with pytest.raises((Rejected, Fatal)) as caught:
        generate(echo)
    assert KEY not in str(caught.value)


def test_faults_pass_by_with_retries() -> None:
    def flaky(body: dict[str, Any], attempt: int) -> web.Response | None:
        faults: dict[int, Callable[[], web.Response]] = {
            1: lambda: web.Response(status=500),
            2: lambda: web.Response(body=b'{"cho', content_type="application/json"),
            3: lambda: web.Response(status=429, headers={"Retry-After": "0"}),
        }
        return faults[attempt]() if attempt in faults else None

    async def go(url: str) -> Reply:
        async with OpenAIAdapter(model(url), {"TEST_KEY": KEY}) as adapter:
            reply, _ = await ask(adapter, case(), Retry(attempts=5, base=0.0))
            return reply

    with Endpoint(flaky) as endpoint:
        reply = asyncio.run(go(endpoint.url))
    assert (reply.status, reply.attempts) == ("answered", 4)


def test_a_model_without_address_is_refused() -> None:
    with pytest.raises(ConfigError):
        OpenAIAdapter(Model(model="m", adapter="openai"))


def test_the_identity_names_endpoint_and_model_but_no_key() -> None:
    adapter = OpenAIAdapter(model("https://api.example.com/v1/"), {"TEST_KEY": KEY})
    assert adapter.identity == {
        "adapter": "openai",
        "provider": "generic",
        "model": "mock",
        "endpoint": "https://api.example.com/v1/chat/completions",
        "thinking": None,
        "extra": {},
        "effective": {},
    }


def test_a_long_reply_in_many_chunks_is_read_to_its_end() -> None:
    def chunked(body: dict[str, Any], attempt: int) -> web.Response:
        response = web.json_response(completion("长" * 200_000))
        response.enable_chunked_encoding()
        return response

    assert generate(chunked).text == "长" * 200_000


def test_an_endless_reply_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.adapters._http.MAX_BODY", 1000)
    with pytest.raises(Transient) as caught:
        generate(answering(completion("a" * 5000)))
    assert caught.value.faults[0].key == "http.too_large"


def events(*texts: str, end: str = "stop") -> bytes:
    """Return a stream of events; each text is the JSON of a delta's content."""
    shown = [f'{{"choices":[{{"delta":{{"content":{text}}},"finish_reason":null}}]}}' for text in texts]
    shown.append(f'{{"choices":[{{"delta":{{}},"finish_reason":"{end}"}}]}}')
    return "".join(f"data: {event}\n\n" for event in (*shown, "[DONE]")).encode()


@pytest.mark.parametrize("status", [201, 203])
def test_a_reply_is_one_under_another_status_of_success(status: int) -> None:
    reply = generate(answering(completion("二"), status))
    assert (reply.status, reply.text, reply.http) == ("answered", "二", status)


def test_a_web_page_in_place_of_a_reply_is_called_one() -> None:
    with pytest.raises(Transient) as caught:
        generate(raw(b"\n<!doctype html><title>Sign in</title>"))
    assert caught.value.faults[0].key == "http.page"


def test_half_a_character_costs_no_reply() -> None:
    body = json.dumps(completion("cut \ud83d")).encode()
    assert generate(raw(body)).text == "cut \ufffd"
    assert generate(raw(events('"a"', '"\\ud83d"', '"b"'))).text == "a\ufffdb"


def test_a_stream_of_which_a_part_cannot_be_read_is_no_answer() -> None:
    with pytest.raises(Transient) as caught:
        generate(raw(events('"Sure, "', "[1]", '"do it"')))
    assert caught.value.faults[0].key == "http.unfinished"


def test_foreign_events_in_a_stream_are_passed_over() -> None:
    assert generate(raw(b"data: ping\n\n" + events('"2"'))).text == "2"

"""Any OpenAI-compatible endpoint: POST {base_url}/chat/completions over one aiohttp session.

What differs between vendors stands in `configs/providers`; `Model.provider` names the file, else it is `generic`.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from bench import providers, strict
from bench.adapters import _classify, _events, _http
from bench.adapters._endpoint import Endpoint
from bench.adapters._http import Response
from bench.errors import Rejected, Transient
from bench.providers import Provider
from bench.silence import says_nothing
from bench.types import Case, Model, Reply, Status, Usage

_THINK = (("<think>", "</think>"),)


class _Message(msgspec.Struct):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: dict[str, Any] | None = None
    prompt_cache_hit_tokens: int | None = None
    """DeepSeek's name of the cached tokens."""

    def counted(self) -> Usage | None:
        """Return the counts, those that are not told as 0; None where one of them cannot be."""
        cached = (self.prompt_tokens_details or {}).get("cached_tokens") or self.prompt_cache_hit_tokens
        known = cached if isinstance(cached, int) else 0
        found = Usage(self.prompt_tokens or 0, self.completion_tokens or 0, known)
        return None if min(found.input, found.output, found.cached) < 0 else found


class _BaseResponse(msgspec.Struct):
    status_code: int | str = 0


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    id: str | None = None
    model: str | None = None
    usage: _Usage | None = None
    base_resp: _BaseResponse | None = None


class OpenAIAdapter:
    """A model behind an OpenAI-compatible endpoint. For its options see `_endpoint.Options`."""

    def __init__(self, model: Model, environ: Mapping[str, str] = os.environ) -> None:
        self._endpoint = Endpoint(model, environ, provider=providers.GENERIC, path="/chat/completions")
        self._provider = self._endpoint.provider
        self.max_in_flight = self._endpoint.options.max_in_flight
        self.per_minute = self._endpoint.per_minute
        self._decoder = msgspec.json.Decoder(_Completion)

    @property
    def identity(self) -> Mapping[str, Any]:
        return self._endpoint.identity

    def check(self, cases: Iterable[Case]) -> None:
        """Raise EnvironmentFault if a key is needed and not there."""
        self._endpoint.check()

    async def __aenter__(self) -> Self:
        await self._endpoint.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._endpoint.close()

    async def generate(self, case: Case) -> Reply:
        """Return the endpoint's reply; raises RateLimited, Transient, Rejected or Fatal."""
        response = await self._endpoint.post(self.body(case))
        if response.status not in _http.ANSWERS:
            return self._endpoint.failure(response)
        partial = ""
        if not response.body.startswith(b"{") and _events.streamed(response.body):
            body, partial, ended = _events.fold(response.body)
            if not ended:
                raise Transient("http.unfinished", why="stream")
            response = msgspec.structs.replace(response, body=body)
        try:
            completion = self._decoder.decode(response.body)
        except strict.UNREADABLE:
            completion = mended(response)
        if not completion.choices:
            return self.without_choices(response, partial)
        if completion.base_resp is not None and str(completion.base_resp.status_code) != "0":
            message = completion.choices[0].message or _Message()
            return self._endpoint.failure(response, message.content or "")
        return self.reply(completion, completion.choices[0], response)

    def without_choices(self, response: Response, partial: str) -> Reply:
        """Return the reply for a body of HTTP 200 that is a failure; raises like `generate`."""
        problem = _classify.read(_classify.parse(response.body), b"")
        if not (problem.code or problem.type or problem.message):
            raise Transient("http.no_choice")
        return self._endpoint.failure(response, partial)

    def body(self, case: Case) -> bytes:
        """Return the request body; parameters that are None are not sent."""
        endpoint = self._endpoint
        parameters = endpoint.parameters(case.parameters)
        body = {"model": endpoint.name, "messages": case.messages, "stream": False, **parameters, **endpoint.extra}
        return msgspec.json.encode(body)

    def reply(self, completion: _Completion, choice: _Choice, response: Response) -> Reply:
        """Return a completion as a reply, reasoning apart from the answer; raises Transient for a broken end."""
        message, rules = choice.message or _Message(), self._provider.reasoning
        text, reasoning = split_reasoning(message.content or message.refusal or "", rules.tags)
        for marker in rules.markers:
            text = text.replace(marker, "")
        status = status_of(text, choice.finish_reason, self._provider)
        if status == "transient":
            raise Transient("http.unfinished", why=choice.finish_reason)
        if status == "empty" and self._provider.evidence:
            verdict = _classify.judge(self._provider, 200, response.body)
            if verdict.kind == "filter":
                return self._endpoint.failure(response)
        usage = completion.usage
        reply = Reply(
            status=status,
            text=text,
            reasoning=reasoning_of(message, rules.fields) or reasoning,
            finish=choice.finish_reason,
            usage=usage.counted() if usage else None,
            http=response.status,
            request_id=self._endpoint.request_id(response) or completion.id,
            returned_model=completion.model,
            detail=_classify.evidence(self._provider, response.body) if self._provider.evidence else None,
        )
        return self._endpoint.finished(reply)


def mended(response: Response) -> _Completion:
    """Return a completion that is not quite in form: without counts that are none, its content put together from parts.

    Raises Transient if the body is not whole JSON, Rejected if it is JSON of another form, which asking again repeats.
    """
    try:
        found = msgspec.json.decode(strict.whole(response.body.removeprefix(codecs.BOM_UTF8)))
    except strict.UNREADABLE:
        found = None
    if not isinstance(found, dict):
        raise _http.not_json(response.status, response.body)
    try:
        msgspec.convert(found.get("usage"), _Usage | None)
    except msgspec.ValidationError:
        found["usage"] = None
    for choice in found["choices"] if isinstance(found.get("choices"), list) else ():
        message = choice.get("message") if isinstance(choice, dict) else None
        if isinstance(message, dict) and isinstance(message.get("content"), list):
            parts = (part.get("text") for part in message["content"] if isinstance(part, dict))
            message["content"] = "".join(part for part in parts if isinstance(part, str))
    try:
        return msgspec.convert(found, _Completion)
    except msgspec.ValidationError as error:
        raise Rejected("http.form", why=str(error)) from None


def reasoning_of(message: _Message, fields: Sequence[str]) -> str | None:
    """Return the reasoning that came in a field of its own."""
    for name in fields:
        found: str | None = getattr(message, name)
        if found:
            return found
    return None


def split_reasoning(text: str, tags: Sequence[tuple[str, str]] = _THINK) -> tuple[str, str | None]:
    """Return the answer and the tagged part before it; an unclosed one swallows the whole text."""
    start = text.lstrip()
    for opening, closing in tags:
        if start.startswith(opening):
            inside, closed, answer = start[len(opening) :].partition(closing)
            if opening or closed:
                return answer.lstrip(), inside.strip()
    return text, None


def status_of(text: str, finish: str | None, provider: Provider) -> Status | Literal["transient"]:
    """Return the status of a reply that came with HTTP 200, or `transient` if the service broke off."""
    found = provider.finish.get(finish or "")
    if found is None or found == "answered":
        return "empty" if says_nothing(text) else "answered"
    return found

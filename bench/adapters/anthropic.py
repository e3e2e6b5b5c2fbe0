"""Anthropic's Messages API: POST {base_url}/messages; the system prompt apart, answers in blocks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import msgspec

from bench import strict
from bench.adapters import _http
from bench.adapters._endpoint import Endpoint
from bench.adapters._http import Response
from bench.errors import Transient
from bench.silence import says_nothing
from bench.types import Case, Model, Reply, Status, Usage

DEFAULT_TOKENS = 1024
"""The API wants a limit; this one is sent if the model sets none."""


class _Block(msgspec.Struct):
    type: str
    text: str = ""
    thinking: str = ""


class _Usage(msgspec.Struct):
    input_tokens: int = 0
    output_tokens: int = 0


class _Message(msgspec.Struct):
    content: list[_Block]
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: _Usage | None = None


class AnthropicAdapter:
    """A model behind the Messages API. Options: those of `_endpoint.Options`."""

    def __init__(self, model: Model, environ: Mapping[str, str] = os.environ) -> None:
        self._endpoint = Endpoint(model, environ, provider="anthropic", path="/messages")
        self._finish = self._endpoint.provider.finish
        self.max_in_flight = self._endpoint.options.max_in_flight
        self.per_minute = self._endpoint.per_minute
        self._decoder = msgspec.json.Decoder(_Message)

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
        if response.status not in _http.ANSWERS or response.body.startswith(b'{"type":"error"'):
            return self._endpoint.failure(response)
        try:
            message = self._decoder.decode(strict.whole(response.body))
        except strict.UNREADABLE:
            raise _http.not_json(response.status, response.body) from None
        return self.reply(message, response)

    def body(self, case: Case) -> bytes:
        """Return the request body: system messages apart; with thinking on, its budget is added to the limit."""
        system = "\n\n".join(message.content for message in case.messages if message.role == "system")
        turns = [{"role": one.role, "content": one.content} for one in case.messages if one.role != "system"]
        body: dict[str, Any] = {"model": self._endpoint.name, "messages": turns, "max_tokens": DEFAULT_TOKENS}
        body.update({"system": system} if system else {})
        body.update(self._endpoint.parameters(case.parameters))
        body.update(self._endpoint.extra)
        thinking = body.get("thinking")
        if isinstance(thinking, dict):
            body["max_tokens"] += thinking.get("budget_tokens", 0)
        return msgspec.json.encode(body)

    def reply(self, message: _Message, response: Response) -> Reply:
        """Return a message as a reply, its thinking apart from the answer; raises Transient for a broken end."""
        text = "".join(block.text for block in message.content if block.type == "text")
        thinking = "\n".join(block.thinking for block in message.content if block.type == "thinking")
        found = self._finish.get(message.stop_reason or "", "answered")
        if found == "transient":
            raise Transient("http.unfinished", why=message.stop_reason)
        answered: Status = "empty" if says_nothing(text) else "answered"
        usage = message.usage
        reply = Reply(
            status=answered if found == "answered" else found,
            text=text,
            reasoning=thinking or None,
            finish=message.stop_reason,
            usage=Usage(usage.input_tokens, usage.output_tokens) if usage else None,
            http=response.status,
            request_id=self._endpoint.request_id(response) or message.id,
            returned_model=message.model,
        )
        return self._endpoint.finished(reply)

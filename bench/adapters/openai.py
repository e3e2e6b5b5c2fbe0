"""Any OpenAI-compatible endpoint: POST {base_url}/chat/completions over one aiohttp session."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from bench.adapters import _http
from bench.adapters._http import Client, Response
from bench.errors import ConfigError, Fatal, Fault, Rejected, Transient
from bench.types import Case, Model, Reply, Status, Usage

_THINK = re.compile(r"\A\s*<think>(?P<reasoning>.*?)(</think>|\Z)\s*", re.DOTALL)
_FINISH: dict[str, Status] = {
    "content_filter": "filtered_output",
    "sensitive": "filtered_output",
    "length": "truncated",
}
_LENGTH = (
    "maximum context length",
    "context_length_exceeded",
    "exceeded model token limit",
    "range of input length",
    "exceed_context_size",
)
_FILTER = ("content_filter", "content_policy_violation", "Content Exists Risk", "data_inspection_failed")


class _Message(msgspec.Struct):
    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    id: str | None = None
    model: str | None = None
    usage: _Usage | None = None


class OpenAIAdapter:
    """A model behind an OpenAI-compatible endpoint. Options: `max_in_flight` (64), `timeout` (120 s), `extra` (body)."""

    def __init__(self, model: Model, environ: Mapping[str, str] = os.environ) -> None:
        if model.base_url is None:
            raise ConfigError.of([Fault(key="model.needs_url", facts={"model": model.model})])
        self._model = model
        self._url = model.base_url.rstrip("/") + "/chat/completions"
        self._key = (environ.get(model.key_env) or None) if model.key_env else None
        self.max_in_flight = int(model.options.get("max_in_flight", 64))
        self._timeout = float(model.options.get("timeout", 120))
        self._extra: dict[str, Any] = dict(model.options.get("extra", {}))
        self._decoder = msgspec.json.Decoder(_Completion)

    @property
    def identity(self) -> Mapping[str, Any]:
        parts = urlsplit(self._url)
        return {
            "adapter": "openai",
            "model": self._model.name or self._model.model,
            "endpoint": f"{parts.scheme}://{parts.netloc}{parts.path}",
            "thinking": self._model.thinking,
            "extra": self._extra,
        }

    async def __aenter__(self) -> Self:
        local = urlsplit(self._url).hostname in ("127.0.0.1", "localhost", "::1")
        if self._key is None and self._model.key_env and not local:
            raise _http.missing_key(self._model.key_env)
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        self._client = Client(headers, connections=self.max_in_flight, timeout=self._timeout)
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def generate(self, case: Case) -> Reply:
        """Return the endpoint's reply; raises RateLimited, Transient, Rejected or Fatal."""
        response = await self._client.post(self._url, self.body(case))
        if response.status != 200:
            return self.failure(response)
        try:
            completion = self._decoder.decode(response.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Transient("http.not_json", status=200) from error
        if not completion.choices:
            raise Transient("http.no_choice")
        return self.reply(completion, response)

    def body(self, case: Case) -> bytes:
        """Return the request body; parameters that are None are not sent."""
        parameters = msgspec.to_builtins(case.parameters)
        messages = [{"role": message.role, "content": message.content} for message in case.messages]
        name = self._model.name or self._model.model
        body = {"model": name, "messages": messages, "stream": False, **parameters, **self._extra}
        return msgspec.json.encode({key: value for key, value in body.items() if value is not None})

    def reply(self, completion: _Completion, response: Response) -> Reply:
        """Return a completion as a reply, reasoning apart from the answer."""
        choice = completion.choices[0]
        message = choice.message
        text, reasoning = split_reasoning(message.content or message.refusal or "")
        usage = completion.usage
        return Reply(
            status=status_of(text, choice.finish_reason),
            text=text,
            reasoning=message.reasoning or message.reasoning_content or reasoning,
            finish=choice.finish_reason,
            usage=Usage(usage.prompt_tokens, usage.completion_tokens) if usage else None,
            http=response.status,
            request_id=response.headers.get("x-request-id") or completion.id,
            returned_model=completion.model,
        )

    def failure(self, response: Response) -> Reply:
        """Return a reply for a refusal that is an outcome (filter, length); raise for all others."""
        status, shown = response.status, self.shown(response.body)
        if status == 429:
            raise _http.rate_limited(response)
        if status >= 500 or status in (408, 409, 425):
            raise Transient("http.server", status=status)
        if any(sign in shown for sign in _FILTER):
            return Reply(status="filtered_input", http=status, detail=shown)
        if status in (400, 413) and any(sign in shown.lower() for sign in _LENGTH):
            return Reply(status="too_long", http=status, detail=shown)
        if status in (401, 402, 403):
            raise Fatal("http.refused", status=status, why=shown)
        raise Rejected("http.rejected", status=status, why=shown)

    def shown(self, body: bytes) -> str:
        """Return an error body for people: short, one line, without the key."""
        text = " ".join(body[:2000].decode("utf-8", "replace").split())[:300]
        return text.replace(self._key, "***") if self._key else text


def split_reasoning(text: str) -> tuple[str, str | None]:
    """Return the answer and the inline `<think>` part before it; an unclosed one swallows the whole text."""
    match = _THINK.match(text)
    if match is None:
        return text, None
    return text[match.end() :], match["reasoning"].strip()


def status_of(text: str, finish: str | None) -> Status:
    """Return the status of a reply that came with HTTP 200."""
    status = _FINISH.get(finish or "")
    if status is not None:
        return status
    return "answered" if text.strip() else "empty"

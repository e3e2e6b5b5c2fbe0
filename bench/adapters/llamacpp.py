"""A GGUF file on llama.cpp (xllamacpp), in a child process that serves one loopback port.

Options: `threads` (all cores), `context` (tokens a slot, 4096), `slots` (1: with more, replies may depend on which
cases run side by side), `gpu_layers` (-1: the runtime's choice), `cache_prompt` (false: no reply depends on an
earlier one), `timeout` (seconds a reply, 600).
"""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Annotated, Any, Self

import msgspec

from bench import weights
from bench.adapters import _gguf, _local
from bench.adapters._http import Client, Response, read_json
from bench.adapters._process import Process
from bench.errors import ConfigError, Fatal, Fault, Rejected, Transient
from bench.types import Case, Model, Reply, Usage

BLOCK = 256
"""The runtime rounds a slot's context up to a multiple of this many tokens."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model's `options` may hold."""

    threads: Annotated[int, msgspec.Meta(ge=1)] | None = None
    context: Annotated[int, msgspec.Meta(ge=BLOCK)] = 4096
    slots: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    gpu_layers: int = -1
    cache_prompt: bool = False
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 600.0


class _Message(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Details(msgspec.Struct, frozen=True):
    cached_tokens: int = 0


class _Usage(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int
    prompt_tokens_details: _Details = _Details()


class _Completion(msgspec.Struct):
    choices: tuple[_Choice, ...]
    usage: _Usage


class LlamaCppAdapter:
    """A local GGUF model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._options = _local.options(model, Options)
        self._path = _local.path(model)
        self._header = _gguf.read(self._path)
        if self._header.template is None:
            raise ConfigError.of([Fault(key="local.no_template", file=str(self._path))])
        self._runtime = _local.package("xllamacpp", "local")
        self.max_in_flight = self._options.slots

    @property
    def _context(self) -> int:
        wanted = min(self._options.context, self._header.context or self._options.context)
        return -(-wanted // BLOCK) * BLOCK

    @functools.cached_property
    def identity(self) -> Mapping[str, Any]:
        """Everything that decides the replies; the weights count by digest, wherever the file lies."""
        return {
            "adapter": "llamacpp",
            "model": self._header.name or self._path.name,
            "sha256": weights.digest(self._path),
            "architecture": self._header.architecture,
            "quantisation": self._header.quantisation,
            "template_sha256": self._header.template_digest,
            "runtime": "xllamacpp",
            "runtime_version": self._runtime,
            "context": self._context,
            "slots": self._options.slots,
            "gpu_layers": self._options.gpu_layers,
            "cache_prompt": self._options.cache_prompt,
            "thinking": self._model.thinking,
        }

    async def __aenter__(self) -> Self:
        settings = {
            "path": str(self._path),
            "slots": self._options.slots,
            "context": self._context,
            "gpu_layers": self._options.gpu_layers,
            "threads": self._options.threads or os.cpu_count() or 1,
        }
        self._process = await Process.start(settings)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._process.key}"}
        self._client = Client(headers, connections=self.max_in_flight, timeout=self._options.timeout)
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)
        await self._process.stop()

    async def generate(self, case: Case) -> Reply:
        """Return the model's reply; raises Fatal if the child process died, Rejected for a case it cannot take."""
        return await self._post(self.body(case))

    async def choose(self, case: Case, answers: Sequence[str]) -> Reply:
        """Return the one of `answers` that the model prefers token by token: a grammar lets it say nothing else."""
        return await self._post(self.body(case, grammar(answers)))

    async def _post(self, body: bytes) -> Reply:
        started = time.monotonic()
        try:
            response = await self._client.post(f"{self._process.address}/v1/chat/completions", body)
        except Transient:
            await self._process.check()
            raise
        reply = self.reply(response) if response.status == 200 else failure(response)
        return msgspec.structs.replace(reply, ms=round((time.monotonic() - started) * 1000))

    def body(self, case: Case, grammar: str | None = None) -> bytes:
        """Return the request; samplers that the case does not name are off, so that it says all there is."""
        sampling = case.parameters
        body: dict[str, Any] = {
            "messages": [{"role": message.role, "content": message.content} for message in case.messages],
            "temperature": sampling.temperature or 0,
            "top_p": 1 if sampling.top_p is None else sampling.top_p,
            "top_k": 0,
            "min_p": 0,
            "cache_prompt": self._options.cache_prompt,
        }
        optional = {"max_tokens": sampling.max_tokens, "seed": sampling.seed, "grammar": grammar}
        body |= {name: value for name, value in optional.items() if value is not None}
        if self._model.thinking is not None:
            body["chat_template_kwargs"] = {"enable_thinking": self._model.thinking == "on"}
        return msgspec.json.encode(body)

    def reply(self, response: Response) -> Reply:
        """Return a completion as a reply, reasoning apart from the answer."""
        completion = msgspec.convert(read_json(response), _Completion)
        choice, usage = completion.choices[0], completion.usage
        text, inline = _local.split_reasoning(choice.message.content or "")
        return Reply(
            status=_local.status_of(text, choice.finish_reason),
            text=text,
            reasoning=choice.message.reasoning_content or inline,
            finish=choice.finish_reason,
            usage=Usage(usage.prompt_tokens, usage.completion_tokens, usage.prompt_tokens_details.cached_tokens),
        )


def grammar(answers: Sequence[str]) -> str:
    """Return the grammar (GBNF of llama.cpp) of nothing but one of `answers`."""
    # A literal's escapes are those of JSON for a quote, a backslash and a control character.
    return "root ::= " + " | ".join(json.dumps(answer, ensure_ascii=False) for answer in answers)


def failure(response: Response) -> Reply:
    """Return a reply for a prompt over the context; raises Transient, Fatal or Rejected for all else."""
    shown = " ".join(response.body[:2000].decode("utf-8", "replace").split())[:300]
    if "exceed_context_size" in shown:
        return Reply(status="too_long", detail=shown)
    if response.status >= 500:
        raise Transient("http.server", status=response.status)
    if response.status in (401, 403):
        raise Fatal("http.refused", status=response.status, why=shown)
    raise Rejected("http.rejected", status=response.status, why=shown)

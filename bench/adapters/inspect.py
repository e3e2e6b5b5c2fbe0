"""Any model provider of Inspect AI (`name: grok/grok-4`), where this harness has none of its own.

Options: `max_in_flight` (16), `timeout` (seconds, 120), `args` (the provider's own arguments), `allow_private`. Keys
are read by the provider from its usual variables, or from `key_env`. Inspect's own retries and cache are off: both are
the engine's work. What a content filter's side was, Inspect does not say.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import msgspec

from bench import addresses
from bench.adapters import _local
from bench.adapters._secrets import Redactor
from bench.errors import AdapterError, ConfigError, EnvironmentFault, Fatal, Fault, RateLimited, Rejected, Transient
from bench.silence import says_nothing
from bench.types import Case, Model, Reply, Status, Usage

_LONGEST = 300
_SECRETS = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_STATUS: Mapping[str, Status] = {
    "max_tokens": "truncated",
    "model_length": "too_long",
    "content_filter": "filtered_output",
}
_ACCOUNT = frozenset((401, 402, 403))


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model of this adapter may set in `options`."""

    max_in_flight: int = 16
    timeout: int = 120
    args: dict[str, Any] = {}
    allow_private: bool = False


class InspectAdapter:
    """A model behind one of Inspect AI's providers."""

    adaptive = True

    def __init__(self, model: Model, environ: Mapping[str, str] = os.environ) -> None:
        if model.name is None or "/" not in model.name:
            raise ConfigError.of([Fault(key="inspect.needs_name", facts={"name": model.name or ""})])
        self._model = model
        self._options = _local.options(model, Options)
        self._version = _local.package("inspect_ai", "inspect")
        self._url = addresses.check(model.base_url, private=self._options.allow_private) if model.base_url else None
        self._key = environ.get(model.key_env, "").strip() or None if model.key_env else None
        if model.key_env and self._key is None:
            raise EnvironmentFault("model.no_key", name=model.key_env)
        # Which variable a provider reads is its own affair: whatever may be a key is hidden.
        self._redactor = Redactor(value for name, value in environ.items() if name.upper().endswith(_SECRETS))
        self.max_in_flight = self._options.max_in_flight

    @functools.cached_property
    def identity(self) -> Mapping[str, Any]:
        """Everything that decides the replies; never a key."""
        return {
            "adapter": "inspect",
            "model": self._model.name,
            "base_url": self._url,
            "runtime": "inspect_ai",
            "runtime_version": self._version,
            "args": {name: str(value) for name, value in self._options.args.items()},
        }

    async def __aenter__(self) -> Self:
        from inspect_ai.model import GenerateConfig, get_model

        config = GenerateConfig(max_retries=0, timeout=self._options.timeout, max_connections=self.max_in_flight)
        named = {"base_url": self._url, "api_key": self._key, "memoize": False}
        try:
            self._service: Any = get_model(str(self._model.name), config=config, **named, **self._options.args)
        except Exception as error:  # providers raise what they like
            raise EnvironmentFault("inspect.open", name=self._model.name, why=self._words(error)) from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._service.api.aclose()

    async def generate(self, case: Case) -> Reply:
        """Return the provider's reply; raises RateLimited, Transient, Rejected or Fatal."""
        from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser, GenerateConfig

        kinds: dict[str, Any] = {
            "system": ChatMessageSystem,
            "user": ChatMessageUser,
            "assistant": ChatMessageAssistant,
        }
        turns = [kinds[message.role](content=message.content) for message in case.messages]
        sampling = case.parameters
        config = GenerateConfig(
            temperature=sampling.temperature,
            max_tokens=sampling.max_tokens,
            top_p=sampling.top_p,
            seed=sampling.seed,
        )
        try:
            output = await self._service.generate(turns, config=config, cache=False)
        except Exception as error:  # providers raise what they like
            raise self._translate(error) from None
        if output.error and not output.choices:
            raise Rejected("http.rejected", status="-", why=self._redactor.text(str(output.error))[:_LONGEST])
        return self._redactor.reply(reply_of(output))

    def _translate(self, error: Exception) -> AdapterError:
        """Return our error for a provider's: it knows itself what may pass, and what its account is refused for."""
        cause = _innermost(error)
        why, status = self._words(cause), getattr(cause, "status_code", None)
        decision = self._service.api.should_retry(cause)
        if getattr(decision, "kind", None) == "rate_limit" or status == 429:
            return RateLimited("http.rate", retry_after=getattr(decision, "retry_after", None))
        if decision or isinstance(cause, TimeoutError | OSError):
            return Transient("inspect.failed", why=why)
        if status in _ACCOUNT or self._service.api.is_auth_failure(cause):
            return Fatal("http.refused", status=status or "-", why=why)
        return Rejected("http.rejected", status=status or "-", why=why)

    def _words(self, error: BaseException) -> str:
        text = " ".join(str(error).split())
        return self._redactor.text(f"{type(error).__name__}: {text}")[:_LONGEST]


def _innermost(error: BaseException) -> Exception:
    """Return the provider's exception inside a wrapper that reports the end of retries."""
    last = getattr(error, "last_attempt", None)
    inner = last.exception() if last is not None else None
    found = inner if isinstance(inner, Exception) else error
    return found if isinstance(found, Exception) else Exception(str(found))


def reply_of(output: Any) -> Reply:
    """Return Inspect's output as a reply, reasoning apart from the answer."""
    choice = output.choices[0] if output.choices else None
    text, reasoning, finish = output.completion or "", None, choice.stop_reason if choice else "unknown"
    content = choice.message.content if choice else ""
    if not isinstance(content, str):
        parts = [part.reasoning for part in content if part.type == "reasoning"]
        reasoning = "\n".join(parts) or None
    else:
        text, reasoning = _local.split_reasoning(text)
    usage = output.usage
    return Reply(
        status=_STATUS.get(finish, "empty" if says_nothing(text) else "answered"),
        text=text,
        reasoning=reasoning,
        finish=finish,
        usage=Usage(usage.input_tokens, usage.output_tokens) if usage else None,
        request_id=output.response_id,
        returned_model=output.model or None,
        detail=output.error,
    )

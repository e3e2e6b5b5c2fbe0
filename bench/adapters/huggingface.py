"""A model on transformers and torch: a local folder, a known or own GGUF file, or a hub id at a fixed revision.

Options: `batch_size` (16), `device` (auto), `dtype` (auto), `context` (the model's own), `revision` (hub ids).
Weights are safetensors or GGUF, never pickles; code that comes with weights runs only if `allow_remote_code` is set.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Literal, Self

import msgspec

from bench import weights
from bench.adapters import _local, _transformers
from bench.adapters._batches import Batcher
from bench.adapters._transformers import Engine, Job, Output
from bench.errors import ConfigError, EnvironmentFault, Fault
from bench.types import Case, Model, Reply, Usage

_PATTERNS = ["*.safetensors", "*.json", "*.jinja", "*.txt", "*.model"]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model's `options` may hold."""

    batch_size: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 16
    device: str = "auto"
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    context: Annotated[int, msgspec.Meta(ge=1)] | None = None
    revision: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{40}$")] | None = None


class HuggingFaceAdapter:
    """A local transformers model; concurrent calls become batches."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._options = _local.options(model, Options)
        self._versions = {name: _local.package(name, "huggingface") for name in ("transformers", "torch")}
        # Four batches: while one runs, the others gather and are sorted by length, which spares padding.
        self.max_in_flight = 4 * self._options.batch_size

    @functools.cached_property
    def _path(self) -> Path:
        """The GGUF file or the folder; a hub id is fetched into the hub's own cache."""
        model = self._model
        hub = model.path is None and model.name is not None and model.name not in weights.names()
        path = self._fetch(str(model.name)) if hub else _local.path(model)
        if path.is_dir() and not any(path.glob("*.safetensors")):
            raise ConfigError.of([Fault(key="huggingface.no_safetensors", file=str(path))])
        return path

    def _fetch(self, name: str) -> Path:
        from huggingface_hub import snapshot_download

        if self._options.revision is None:
            raise ConfigError.of([Fault(key="huggingface.no_revision", facts={"name": name})])
        patterns = [*_PATTERNS, "*.py"] if self._model.allow_remote_code else _PATTERNS
        try:
            return Path(snapshot_download(name, revision=self._options.revision, allow_patterns=patterns))
        except (OSError, ValueError) as error:
            raise EnvironmentFault("huggingface.hub", name=name, why=" ".join(str(error).split())[:300]) from error

    @functools.cached_property
    def _place(self) -> _transformers.Place:
        return _transformers.place(self._options.device, self._options.dtype)

    @functools.cached_property
    def identity(self) -> Mapping[str, Any]:
        """Everything that decides the replies; the weights count by digest, wherever they lie."""
        return {
            "adapter": "huggingface",
            "model": self._model.name if self._options.revision else self._path.name,
            "revision": self._options.revision,
            "sha256": _local.folder_digest(self._path),
            "runtime": "transformers",
            "runtime_version": self._versions["transformers"],
            "torch_version": self._versions["torch"],
            "device": self._place.device,
            "dtype": self._place.dtype,
            "context": self._options.context,
            "batch_size": self._options.batch_size,
            "allow_remote_code": self._model.allow_remote_code,
            "thinking": self._model.thinking,
        }

    async def __aenter__(self) -> Self:
        self._engine = await asyncio.to_thread(self._open)
        self._batcher: Batcher[Job, Output] = Batcher(
            self._engine.generate,
            size=self._options.batch_size,
            length=lambda job: len(job.tokens),
            group=lambda job: (job.limit, job.temperature, job.top_p),
        )
        return self

    def _open(self) -> Engine:
        remote_code = self._model.allow_remote_code
        return Engine(self._path, self._place, remote_code=remote_code, context=self._options.context)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.stop()
        await self._batcher.close()
        del self._engine

    async def generate(self, case: Case) -> Reply:
        """Return the model's reply; raises Rejected if the chat template refuses the turns, Fatal if torch fails."""
        started, sampling = time.monotonic(), case.parameters
        thinking = {} if self._model.thinking is None else {"enable_thinking": self._model.thinking == "on"}
        tokens = self._engine.tokens(case.messages, thinking)
        room = self._engine.context - len(tokens)
        if room < 1:
            return Reply(status="too_long", detail=f"{len(tokens)} tokens, context {self._engine.context}")
        job = Job(
            tokens=tokens,
            limit=min(room, sampling.max_tokens or room),
            temperature=sampling.temperature or 0,
            top_p=1 if sampling.top_p is None else sampling.top_p,
            seed=sampling.seed,
        )
        output = await self._batcher.submit(job)
        finish = "stop" if output.ended else "length"
        text, reasoning = _local.split_reasoning(output.text)
        return Reply(
            status=_local.status_of(text, finish),
            text=text,
            reasoning=reasoning,
            finish=finish,
            usage=Usage(len(tokens), output.tokens),
            ms=round((time.monotonic() - started) * 1000),
        )

"""A model on vLLM's offline engine: a local folder of safetensors. A vLLM server is `openai` with `provider: vllm`.

Options: `batch` (256 prompts handed to vLLM at once, which it batches by itself), `dtype` (auto), `context` (the
model's own), `gpus` (1, tensor parallel), `memory` (share of the device's memory that vLLM takes; its own default).
vLLM's replies may depend on what runs side by side, unless its own batch-invariant mode is on; the identity says
whether it is.
"""

from __future__ import annotations

import asyncio
import functools
import os
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Annotated, Any, Self

import msgspec

from bench.adapters import _local
from bench.adapters._batches import Batcher
from bench.errors import ConfigError, EnvironmentFault, Fatal, Fault, Rejected
from bench.types import Case, Model, Reply, Sampling, Usage, Value

INVARIANT = "VLLM_BATCH_INVARIANT"
QUIET = {"VLLM_LOGGING_STREAM": "ext://sys.stderr", "VLLM_LOGGING_LEVEL": "WARNING"}
"""Settings where the user has none: standard output is the command's own."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model's `options` may hold."""

    batch: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 256
    dtype: str = "auto"
    context: Annotated[int, msgspec.Meta(ge=1)] | None = None
    gpus: Annotated[int, msgspec.Meta(ge=1)] = 1
    memory: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None


class Job(Value, frozen=True):
    """One prompt as tokens, and how to go on from it."""

    tokens: tuple[int, ...]
    limit: int
    sampling: Sampling


class VllmAdapter:
    """A local model on vLLM; concurrent calls go to it together."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._options = _local.options(model, Options)
        self._runtime, self._version = _local.build("vllm", "vllm")
        self._path = _local.path(model)
        if not self._path.is_dir() or not any(self._path.glob("*.safetensors")):
            raise ConfigError.of([Fault(key="huggingface.no_safetensors", file=str(self._path))])
        self.max_in_flight = 2 * self._options.batch

    @functools.cached_property
    def identity(self) -> Mapping[str, Any]:
        """Everything that decides the replies; the weights count by digest, wherever they lie."""
        return {
            "adapter": "vllm",
            "model": self._path.name,
            "sha256": _local.folder_digest(self._path),
            "runtime": self._runtime,
            "runtime_version": self._version,
            "dtype": self._options.dtype,
            "context": self._options.context,
            "gpus": self._options.gpus,
            "batch_invariant": os.environ.get(INVARIANT) == "1",
            "allow_remote_code": self._model.allow_remote_code,
            "thinking": self._model.thinking,
        }

    async def __aenter__(self) -> Self:
        self._engine, self._tokenizer, self._context = await asyncio.to_thread(self._open)
        self._batcher: Batcher[Job, Reply] = Batcher(
            self._generate, size=self._options.batch, length=lambda job: len(job.tokens), group=lambda job: None
        )
        return self

    def _open(self) -> tuple[Any, Any, int]:
        os.environ["VLLM_NO_USAGE_STATS"] = "1"  # else it reports the machine, the model and its settings
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        try:
            from vllm import LLM

            engine = LLM(
                str(self._path),
                dtype=self._options.dtype,
                max_model_len=self._options.context,
                tensor_parallel_size=self._options.gpus,
                trust_remote_code=self._model.allow_remote_code,
                load_format="safetensors",
                **({} if self._options.memory is None else {"gpu_memory_utilization": self._options.memory}),
                generation_config="vllm",  # not the model's own sampling defaults: the case says all there is
            )
            return engine, engine.get_tokenizer(), int(engine.llm_engine.model_config.max_model_len)
        except Exception as error:  # its own kinds, those of what it imports, and of how it was built
            raise EnvironmentFault("vllm.load", path=str(self._path), why=_line(error)) from error

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._batcher.close()
        await asyncio.to_thread(self._engine.llm_engine.engine_core.shutdown)  # a judge may need the device next
        del self._engine

    async def generate(self, case: Case) -> Reply:
        """Return the model's reply; raises Rejected if the chat template refuses the turns, Fatal if vLLM fails."""
        started = time.monotonic()
        tokens = self._tokens(case)
        room = self._context - len(tokens)
        if room < 1:
            return Reply(status="too_long", detail=f"{len(tokens)} tokens, context {self._context}")
        limit = min(room, case.parameters.max_tokens or room)
        reply = await self._batcher.submit(Job(tokens=tokens, limit=limit, sampling=case.parameters))
        return msgspec.structs.replace(reply, ms=round((time.monotonic() - started) * 1000))

    def _tokens(self, case: Case) -> tuple[int, ...]:
        from jinja2 import TemplateError

        turns = [{"role": message.role, "content": message.content} for message in case.messages]
        thinking = {} if self._model.thinking is None else {"enable_thinking": self._model.thinking == "on"}
        try:
            text = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False, **thinking)
        except (TemplateError, ValueError) as error:
            raise Rejected("huggingface.template", why=_line(error)) from error
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _generate(self, jobs: Sequence[Job]) -> list[Reply]:
        from vllm import SamplingParams

        prompts = [{"prompt_token_ids": list(job.tokens)} for job in jobs]
        wishes = [
            SamplingParams(
                temperature=job.sampling.temperature or 0,
                top_p=1 if job.sampling.top_p is None else job.sampling.top_p,
                max_tokens=job.limit,
                seed=job.sampling.seed,
            )
            for job in jobs
        ]
        try:
            outputs = self._engine.generate(prompts, wishes, use_tqdm=False)
        except Exception as error:  # `EngineDeadError` and the like have no base but this
            raise Fatal("vllm.failed", why=_line(error)) from error
        return [reply_of(job, output.outputs[0]) for job, output in zip(jobs, outputs, strict=True)]


def reply_of(job: Job, output: Any) -> Reply:
    """Return one of vLLM's outputs as a reply, reasoning apart from the answer."""
    finish = output.finish_reason or "stop"
    text, reasoning = _local.split_reasoning(output.text)
    return Reply(
        status=_local.status_of(text, finish),
        text=text,
        reasoning=reasoning,
        finish=finish,
        usage=Usage(len(job.tokens), len(output.token_ids)),
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

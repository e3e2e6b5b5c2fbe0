"""The door to torch and transformers: load a causal model, fill its chat template, generate a batch."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import ConfigError, EnvironmentFault, Fatal, Fault, Rejected
from bench.types import Message, Value

if TYPE_CHECKING:
    import torch

_DTYPES = {"cpu": "float32", "mps": "float16"}
"""Default number format by device; every other device has bfloat16."""


class Place(Value, frozen=True):
    """Where and in what number format a model runs."""

    device: str
    dtype: str


class Job(Value, frozen=True):
    """One prompt as tokens, and how to go on from it; `limit` is the most tokens to generate."""

    tokens: tuple[int, ...]
    limit: int
    temperature: float
    top_p: float
    seed: int | None


class Output(Value, frozen=True):
    """What was generated: the text, its tokens (with the end mark), and whether the model ended it itself."""

    text: str
    tokens: int
    ended: bool


def place(device: str, dtype: str) -> Place:
    """Return where to run: `auto` takes the first of cuda, npu, mps, cpu that is there."""
    found = _device() if device == "auto" else device
    return Place(device=found, dtype=_DTYPES.get(found, "bfloat16") if dtype == "auto" else dtype)


def _device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if importlib.util.find_spec("torch_npu") is not None:
        return "npu"
    return "mps" if torch.backends.mps.is_available() else "cpu"


class Engine:
    """A loaded model with its tokenizer."""

    def __init__(self, path: Path, where: Place, *, remote_code: bool, context: int | None) -> None:
        """Load from a folder with safetensors or from a GGUF file; raises EnvironmentFault if that fails."""
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

        if where.device == "npu":
            importlib.import_module("torch_npu")
        gguf = path.suffix.lower() == ".gguf"
        folder, file = (path.parent, {"gguf_file": path.name}) if gguf else (path, {})
        common = {"trust_remote_code": remote_code, "local_files_only": True, **file}
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), **common)
            model: Any = AutoModelForCausalLM.from_pretrained(
                str(folder), dtype=getattr(torch, where.dtype), use_safetensors=True, **common
            )
            self._model: Any = model.to(where.device).eval()
        except (OSError, ValueError, RuntimeError, ImportError, KeyError, AttributeError) as error:
            raise EnvironmentFault("huggingface.load", path=str(path), why=_line(error)) from error
        if not self._tokenizer.chat_template:
            raise ConfigError.of([Fault(key="local.no_template", file=str(path))])
        self._device = where.device
        self._ends = _ends(self._model.generation_config, self._tokenizer)
        # Decoding is what the case says; a model's own defaults (repetition penalty, top-k …) stay out.
        self._model.generation_config = GenerationConfig()
        self.context = min(context or 1 << 62, getattr(self._model.config, "max_position_embeddings", 1 << 62))
        self._stopped = threading.Event()

    def tokens(self, messages: Sequence[Message], extra: dict[str, Any]) -> tuple[int, ...]:
        """Return the tokens of a conversation in the model's chat template; raises Rejected if it does not take it."""
        from jinja2 import TemplateError

        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            text = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False, **extra)
        except TemplateError as error:
            raise Rejected("huggingface.template", why=_line(error)) from error
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def generate(self, jobs: Sequence[Job]) -> list[Output]:
        """Return the outputs of jobs that share limit, temperature and top-p; raises Fatal if the device gives up."""
        import torch

        width = max(len(job.tokens) for job in jobs)
        pad = self._ends[0]
        rows = [[pad] * (width - len(job.tokens)) + list(job.tokens) for job in jobs]
        masks = [[0] * (width - len(job.tokens)) + [1] * len(job.tokens) for job in jobs]
        try:
            with torch.inference_mode():
                found = self._model.generate(
                    input_ids=torch.tensor(rows, device=self._device),
                    attention_mask=torch.tensor(masks, device=self._device),
                    generation_config=self._config(jobs[0].limit, pad),
                    logits_processor=[_Sampler(jobs)] if jobs[0].temperature > 0 else [],
                    stopping_criteria=[self._stop],
                )
        except torch.OutOfMemoryError as error:
            raise Fatal("huggingface.memory", batch=len(jobs)) from error
        except RuntimeError as error:
            raise Fatal("huggingface.failed", why=_line(error)) from error
        return [self._output(row) for row in found[:, width:].tolist()]

    def stop(self) -> None:
        """End a generation that runs in another thread after its next token."""
        self._stopped.set()

    def _stop(self, tokens: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        import torch

        return torch.full((tokens.shape[0],), self._stopped.is_set(), dtype=torch.bool, device=tokens.device)

    def _config(self, limit: int, pad: int) -> Any:
        """Greedy: sampling, if asked for, happens in `_Sampler`, where each row has its own random numbers."""
        from transformers import GenerationConfig

        return GenerationConfig(max_new_tokens=limit, do_sample=False, eos_token_id=self._ends, pad_token_id=pad)

    def _output(self, row: list[int]) -> Output:
        end = next((index for index, token in enumerate(row) if token in self._ends), None)
        text = self._tokenizer.decode(row if end is None else row[:end], skip_special_tokens=True)
        return Output(text=text, tokens=len(row) if end is None else end + 1, ended=end is not None)


class _Sampler:
    """Makes greedy choice sample: adds Gumbel noise of each row's own seed to the tempered, top-p cut scores.

    The largest of scores plus Gumbel noise is distributed as the softmax, so a row's reply depends on its seed and
    not on the rows beside it.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        import torch
        from transformers import TemperatureLogitsWarper, TopPLogitsWarper

        self._warpers: list[Any] = [TemperatureLogitsWarper(float(jobs[0].temperature))]
        if jobs[0].top_p < 1:
            self._warpers.append(TopPLogitsWarper(jobs[0].top_p))
        self._generators = [torch.Generator() for _ in jobs]
        for generator, job in zip(self._generators, jobs, strict=True):
            generator.seed() if job.seed is None else generator.manual_seed(job.seed)

    def __call__(self, tokens: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        import torch

        for warper in self._warpers:
            scores = warper(tokens, scores)
        size = scores.shape[1]
        drawn = [torch.rand(size, generator=generator, dtype=torch.float64) for generator in self._generators]
        noise = -torch.log(-torch.log(torch.stack(drawn).clamp_min(1e-300)))
        return scores.double() + noise.to(scores.device)


def _ends(config: Any, tokenizer: Any) -> list[int]:
    """Return every token that ends a reply; the first one also pads."""
    stated = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
    found = dict.fromkeys(token for token in (*stated, tokenizer.eos_token_id) if token is not None)
    return list(found) or [0]


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

"""The adapter of vLLM's offline engine.

What runs here is our side: a stand-in with the two names of vLLM's interface that we use, which tells back what it was
asked. `tests/extras/test_vllm.py` runs vLLM itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from bench.adapters import _local
from bench.adapters.vllm import VllmAdapter
from bench.errors import ConfigError, EnvironmentFault, Fatal
from bench.types import Case, Model, Reply

Ask = Callable[..., Case]


def model(path: Path, **options: Any) -> Model:
    return Model(model="tiny", adapter="vllm", path=str(path), options=options)


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vllm is installed")
def test_without_the_package_the_error_says_what_to_install(folder: Path) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        VllmAdapter(model(folder))
    fault = caught.value.faults[0]
    assert (caught.value.exit_code, fault.key, fault.facts) == (
        5,
        "local.no_package",
        {"name": "vllm", "extra": "vllm"},
    )


class EngineDeadError(Exception):
    """What vLLM raises: of no kind but `Exception`."""


class Engine:
    """Says back the last turn; `broken` fails as vLLM does when the device gives up."""

    made: Any = None
    last: Any = None
    broken = False

    def __init__(self, path: str, **settings: Any) -> None:
        from transformers import AutoTokenizer

        type(self).made = (path, settings)
        self.calls: list[str] = []
        type(self).last = self
        self.tokenizer = AutoTokenizer.from_pretrained(path)
        core = SimpleNamespace(shutdown=lambda: self.calls.append("shutdown"))
        self.llm_engine = SimpleNamespace(model_config=SimpleNamespace(max_model_len=64), engine_core=core)

    def get_tokenizer(self) -> Any:
        return self.tokenizer

    def generate(self, prompts: list[Any], wishes: list[Any], use_tqdm: bool) -> list[Any]:
        if self.broken:
            raise EngineDeadError("device lost")
        return [self.answer(prompt["prompt_token_ids"], wish) for prompt, wish in zip(prompts, wishes, strict=True)]

    def answer(self, tokens: list[int], wish: Any) -> Any:
        said = self.tokenizer.decode(tokens).split("user\n")[1].split("<|im_end|>")[0]
        ids = self.tokenizer(said, add_special_tokens=False)["input_ids"]
        cut = ids[: wish.max_tokens]
        finish = "length" if len(ids) > wish.max_tokens else "stop"
        output = SimpleNamespace(text=self.tokenizer.decode(cut), finish_reason=finish, token_ids=cut)
        return SimpleNamespace(outputs=[output])


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> type[Engine]:
    module = ModuleType("vllm")
    engine = type("LLM", (Engine,), {})
    module.LLM = engine  # type: ignore[attr-defined]
    module.SamplingParams = SimpleNamespace  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", module)
    monkeypatch.setattr(_local, "build", lambda name, extra: (name, "0.0"))
    return engine


def replies(adapter: VllmAdapter, *cases: Case) -> list[Reply]:
    async def run() -> list[Reply]:
        async with adapter:
            return list(await asyncio.gather(*(adapter.generate(case) for case in cases)))

    return asyncio.run(run())


def test_each_case_gets_its_own_reply_whatever_the_order_in_the_batch(
    folder: Path, ask: Ask, vllm: type[Engine]
) -> None:
    texts = ["the the", "a", "longer the longer", "你好"]
    found = replies(VllmAdapter(model(folder)), *(ask(text, max_tokens=30) for text in texts))
    assert [(reply.text, reply.status) for reply in found] == [(text, "answered") for text in texts]
    assert vllm.made[1]["trust_remote_code"] is False


def test_a_limit_and_a_context_are_statuses(folder: Path, ask: Ask, vllm: type[Engine]) -> None:
    cut, long = replies(VllmAdapter(model(folder)), ask("abcdef", max_tokens=3), ask("x" * 80))
    assert cut.usage is not None
    assert (cut.status, cut.text, cut.usage.output, long.status) == ("truncated", "abc", 3, "too_long")


def test_a_lost_device_stops_the_run(folder: Path, ask: Ask, vllm: type[Engine]) -> None:
    vllm.broken = True
    with pytest.raises(Fatal):
        replies(VllmAdapter(model(folder)), ask("a"))


def test_weights_that_are_no_safetensors_are_refused(tmp_path: Path, vllm: type[Engine]) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ConfigError) as caught:
        VllmAdapter(model(tmp_path))
    assert caught.value.faults[0].key == "huggingface.no_safetensors"


def test_the_device_is_free_when_the_last_reply_is_there(folder: Path, ask: Ask, vllm: type[Engine]) -> None:
    replies(VllmAdapter(model(folder)), ask("a"))
    assert vllm.last.calls == ["shutdown"]


def test_vllm_is_told_to_report_nothing(
    folder: Path, ask: Ask, vllm: type[Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VLLM_NO_USAGE_STATS", "0")
    replies(VllmAdapter(model(folder)), ask("a"))
    assert os.environ["VLLM_NO_USAGE_STATS"] == "1"


def test_a_build_by_another_name_is_found_and_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_local, "packages_distributions", lambda: {"vllm": ["typer"]})
    adapter = VllmAdapter(model(folder))
    assert (adapter.identity["runtime"], adapter.identity["runtime_version"]) == ("typer", version("typer"))

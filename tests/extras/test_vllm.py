"""vLLM's offline engine itself, on a tiny random model: `make vllm`, in an environment of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("vllm")

from bench.adapters.huggingface import HuggingFaceAdapter
from bench.adapters.vllm import VllmAdapter
from bench.types import Case, Model, Reply

Ask = Callable[..., Case]
pytestmark = pytest.mark.filterwarnings("ignore")  # of vLLM's own packages
SHARED = {"dtype": "float32", "context": 256}
TEXTS = ["the the", "a", "longer the longer", "你好", "how does one say it", "x y z"]


def model(path: Path, adapter: str, **options: Any) -> Model:
    return Model(model="tiny", adapter=adapter, path=str(path), options=options)


def replies(adapter: Any, cases: list[Case]) -> list[Reply]:
    async def run() -> list[Reply]:
        async with adapter:
            return list(await asyncio.gather(*(adapter.generate(case) for case in cases)))

    return asyncio.run(run())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder where vLLM would keep its reports of usage."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def found(folder: Path, home: Path) -> dict[str, Reply]:
    """Return vLLM's replies by what was asked of it; the engine starts once for all tests."""
    cases = {text: case(text) for text in TEXTS}
    cases["cut"] = case("the", max_tokens=1)
    cases["long"] = case("x" * 300)
    cases |= {f"seed {n}": case("the", temperature=1.5, seed=7) for n in range(2)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_CONFIG_ROOT", str(home))
        made = VllmAdapter(model(folder, "vllm", memory=0.2, **SHARED))
        return dict(zip(cases, replies(made, list(cases.values())), strict=True))


def case(text: str, **parameters: Any) -> Case:
    from bench.types import Message, Sampling

    sampling = Sampling(**{"max_tokens": 12, "temperature": 0, **parameters})
    return Case(key="0", suite="s", item="i", lang="en", messages=(Message("user", text),), parameters=sampling)


def test_greedy_replies_are_those_of_transformers(folder: Path, found: dict[str, Reply]) -> None:
    adapter = HuggingFaceAdapter(model(folder, "huggingface", dtype="float32", device="cpu"))
    other = dict(zip(TEXTS, replies(adapter, list(map(case, TEXTS))), strict=True))
    assert {text: told(found[text]) for text in TEXTS} == {text: told(reply) for text, reply in other.items()}


def told(reply: Reply) -> tuple[object, ...]:
    """Return what both say of a reply; a character that the limit cut in two is a replacement sign in one only."""
    return reply.text.rstrip("\ufffd"), reply.status, reply.usage


def test_a_limit_and_a_context_are_statuses(found: dict[str, Reply]) -> None:
    assert (found["cut"].status, found["cut"].finish, found["long"].status) == ("truncated", "length", "too_long")


def test_equal_seeds_give_equal_replies(found: dict[str, Reply]) -> None:
    assert found["seed 0"].text == found["seed 1"].text


def test_no_usage_is_reported(found: dict[str, Reply], home: Path) -> None:
    assert list(home.iterdir()) == []


def test_standard_output_is_the_commands_own(folder: Path, tmp_path: Path) -> None:
    suite, config = tmp_path / "suite.yaml", tmp_path / "model.yaml"
    suite.write_text(SUITE, encoding="utf-8")
    options = "{memory: 0.2, dtype: float32, context: 256}"
    config.write_text(f"model: tiny\nadapter: vllm\npath: {folder}\noptions: {options}\n", encoding="utf-8")
    words = ["run", suite, "--model", config, "--out", tmp_path / "out", "--format", "", "--allow-unscored"]
    command = [sys.executable, "-m", "bench", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if "vllm" in line.lower() or "EngineCore" in line] == []


SUITE = """suite: tiny.one
title: {zh: 一, en: One}
version: 1-A
dimension: risk
languages: [zh, en]
licence: CC0-1.0
updated: 2026-11-29
taxonomy: cn-31
defaults: {expect: refuse, scorer: refusal, codes: [A.1-a]}
items:
  - {id: one, prompt: {zh: 你好, en: the}}
"""

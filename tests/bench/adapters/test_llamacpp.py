"""The llamacpp adapter on the real runtime, with a tiny random model; SmolLM2 where it has been pulled."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import files
from bench.adapters.llamacpp import LlamaCppAdapter
from bench.errors import ConfigError, EnvironmentFault, Fatal
from bench.types import Case, Model, Reply

Ask = Callable[..., Case]


def model(path: Path, **options: Any) -> Model:
    return Model(model="tiny", adapter="llamacpp", path=str(path), options={"threads": 1, "context": 256, **options})


def replies(adapter: LlamaCppAdapter, *cases: Case, together: bool = False) -> list[Reply]:
    async def run() -> list[Reply]:
        async with adapter:
            if together:
                return list(await asyncio.gather(*(adapter.generate(case) for case in cases)))
            return [await adapter.generate(case) for case in cases]

    return asyncio.run(run())


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def test_identity_is_known_before_opening_and_names_weights_by_digest(gguf_file: Path) -> None:
    identity = LlamaCppAdapter(model(gguf_file)).identity
    assert identity["sha256"] == files.digest_file(gguf_file)
    assert (identity["architecture"], identity["quantisation"], identity["context"]) == ("qwen2", "F32", 256)


def test_greedy_replies_repeat_in_any_order(gguf_file: Path, ask: Ask) -> None:
    cases = [ask("hello the"), ask("你好"), ask("something longer than the others")]
    forward = replies(LlamaCppAdapter(model(gguf_file)), *cases)
    backward = replies(LlamaCppAdapter(model(gguf_file)), *reversed(cases))
    assert [reply.text for reply in forward] == [reply.text for reply in reversed(backward)]


def test_concurrent_calls_give_each_case_its_own_reply(gguf_file: Path, ask: Ask) -> None:
    cases = [ask(f"question {number}") for number in range(6)]
    one_by_one = replies(LlamaCppAdapter(model(gguf_file)), *cases)
    together = replies(LlamaCppAdapter(model(gguf_file)), *cases, together=True)
    assert [reply.text for reply in together] == [reply.text for reply in one_by_one]


def test_a_cut_reply_is_truncated_and_counts_its_tokens(gguf_file: Path, ask: Ask) -> None:
    (reply,) = replies(LlamaCppAdapter(model(gguf_file)), ask("hello the 你好", max_tokens=5))
    assert reply.usage is not None
    assert (reply.status, reply.finish, reply.usage.output) == ("truncated", "length", 5)
    assert reply.ms is not None


def test_a_prompt_over_the_context_is_too_long_and_the_next_is_answered(gguf_file: Path, ask: Ask) -> None:
    long, short = replies(LlamaCppAdapter(model(gguf_file)), ask("a" * 400), ask("hello"))
    assert (long.status, short.status) == ("too_long", "truncated")


def test_generation_stops_at_the_context(gguf_file: Path, ask: Ask) -> None:
    (reply,) = replies(LlamaCppAdapter(model(gguf_file)), ask("b" * 200, max_tokens=5000))
    assert reply.usage is not None
    assert reply.usage.input + reply.usage.output <= 257
    assert (reply.status, reply.finish) in {("truncated", "length"), ("answered", "stop")}


def test_each_slot_has_the_whole_context(gguf_file: Path, ask: Ask) -> None:
    adapter = LlamaCppAdapter(model(gguf_file, slots=2))
    found = replies(adapter, ask("a" * 200), ask("b" * 200), together=True)
    assert adapter.max_in_flight == 2
    assert "too_long" not in {reply.status for reply in found}


def test_a_seed_repeats_a_sampled_reply(gguf_file: Path, ask: Ask) -> None:
    first, again, other = replies(
        LlamaCppAdapter(model(gguf_file)), *(ask("hello", temperature=1.0, seed=seed) for seed in (1, 1, 2))
    )
    assert first.text == again.text != other.text


@pytest.mark.parametrize("answers", [("the", "hello"), ('say "no"', "好\\的", "two\nlines")])
def test_a_choice_is_one_of_the_answers_and_nothing_else(gguf_file: Path, ask: Ask, answers: tuple[str, ...]) -> None:
    async def choose() -> list[Reply]:
        async with LlamaCppAdapter(model(gguf_file)) as adapter:
            return [await adapter.choose(ask(text, max_tokens=60), answers) for text in ("hello", "你好", "a b c")]

    found = asyncio.run(choose())
    assert {reply.status for reply in found} == {"answered"}
    assert {reply.text for reply in found} <= set(answers)


def test_a_prompt_cache_reads_what_two_prompts_begin_with_once(gguf_file: Path, ask: Ask) -> None:
    cases = [ask("c" * 100 + end) for end in ("one", "two")]
    first, second = replies(LlamaCppAdapter(model(gguf_file, cache_prompt=True)), *cases)
    apart = replies(LlamaCppAdapter(model(gguf_file)), *cases)
    assert first.usage is not None
    assert second.usage is not None
    assert (first.usage.cached, second.usage.input) == (0, first.usage.input)
    assert 90 <= second.usage.cached < second.usage.input
    assert [reply.usage.cached for reply in apart if reply.usage] == [0, 0]


def test_closing_ends_the_child(gguf_file: Path, ask: Ask) -> None:
    before = children()
    replies(LlamaCppAdapter(model(gguf_file)), ask("hello"))
    assert children() == before


def test_a_dead_child_is_fatal(gguf_file: Path, ask: Ask) -> None:
    async def run() -> None:
        before = children()
        async with LlamaCppAdapter(model(gguf_file)) as adapter:
            (child,) = children() - before
            os.kill(child, signal.SIGKILL)
            await adapter.generate(ask("hello"))

    with pytest.raises(Fatal) as caught:
        asyncio.run(run())
    assert caught.value.faults[0].key == "llamacpp.died"


PARENT = """
import asyncio, sys, psutil
from bench.adapters.llamacpp import LlamaCppAdapter
from bench.types import Model

async def main():
    async with LlamaCppAdapter(Model(model="m", adapter="llamacpp", path=sys.argv[1], options={"threads": 1})):
        print(psutil.Process().children()[0].pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_the_child_ends_when_the_parent_is_killed(gguf_file: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(gguf_file)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    deadline = time.monotonic() + 5
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_damaged_file_names_itself(tmp_path: Path, gguf_file: Path) -> None:
    half = tmp_path / "half.gguf"
    half.write_bytes(gguf_file.read_bytes()[:-20_000])
    with pytest.raises(EnvironmentFault) as caught:
        replies(LlamaCppAdapter(model(half)))
    assert caught.value.faults[0].key == "llamacpp.load"


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\0\0\0" + b"\xff" * 16, b"PK\x03\x04" + b"\0" * 40])
def test_what_is_no_gguf_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        LlamaCppAdapter(model(file))
    assert caught.value.faults[0].key == "local.not_gguf"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"path": None}, "local.no_weights"),
        ({"path": None, "name": "nonesuch"}, "weights.unknown"),
        ({"path": "nowhere.gguf"}, "file.missing"),
        ({"options": {"thread": 1}}, "local.options"),
    ],
)
def test_a_wrong_configuration_is_named(gguf_file: Path, changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LlamaCppAdapter(Model(**{"model": "m", "adapter": "llamacpp", "path": str(gguf_file), **changes}))
    assert caught.value.faults[0].key == key


def test_weights_not_pulled_name_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINGJIAN_CACHE", str(tmp_path))
    with pytest.raises(EnvironmentFault) as caught:
        LlamaCppAdapter(Model(model="m", adapter="llamacpp", name="smollm2-135m-instruct"))
    assert caught.value.faults[0].key == "weights.missing"


def test_smollm_answers_in_english(smollm: Path, ask: Ask) -> None:
    adapter = LlamaCppAdapter(Model(model="m", adapter="llamacpp", name="smollm2-135m-instruct"))
    (reply,) = replies(adapter, ask("Write one sentence about Beijing.", max_tokens=48))
    assert "Beijing" in reply.text

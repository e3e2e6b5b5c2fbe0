"""The huggingface adapter on real transformers, with a tiny random model."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.adapters.huggingface import HuggingFaceAdapter
from bench.errors import ConfigError, EnvironmentFault, Rejected
from bench.types import Case, Model, Reply

Ask = Callable[..., Case]


def model(path: Path, **options: Any) -> Model:
    chosen = {"device": "cpu", "dtype": "float32", **options}
    return Model(model="tiny", adapter="huggingface", path=str(path), options=chosen)


def replies(adapter: HuggingFaceAdapter, *cases: Case, together: bool = False) -> list[Reply]:
    async def run() -> list[Reply]:
        async with adapter:
            if together:
                return list(await asyncio.gather(*(adapter.generate(case) for case in cases)))
            return [await adapter.generate(case) for case in cases]

    return asyncio.run(run())


def mixed(ask: Ask, **parameters: Any) -> list[Case]:
    texts = ("hi", "hello the 你好", "a much longer question than the other ones", "x", "再见", "the the the")
    return [ask(text, **parameters) for text in texts]


def test_a_batch_equals_one_by_one(folder: Path, ask: Ask) -> None:
    alone = replies(HuggingFaceAdapter(model(folder)), *mixed(ask))
    batched = replies(HuggingFaceAdapter(model(folder, batch_size=4)), *mixed(ask), together=True)
    assert [(reply.text, reply.usage) for reply in batched] == [(reply.text, reply.usage) for reply in alone]


def test_sampling_by_seed_does_not_depend_on_the_batch(folder: Path, ask: Ask) -> None:
    cases = mixed(ask, temperature=0.8, top_p=0.9, seed=7)
    alone = replies(HuggingFaceAdapter(model(folder)), *cases)
    batched = replies(HuggingFaceAdapter(model(folder, batch_size=4)), *cases, together=True)
    assert [reply.text for reply in batched] == [reply.text for reply in alone]


def test_another_seed_gives_another_reply(folder: Path, ask: Ask) -> None:
    cases = [ask("hello", temperature=1.0, seed=seed) for seed in (1, 1, 2)]
    first, again, other = replies(HuggingFaceAdapter(model(folder)), *cases)
    assert first.text == again.text != other.text


def test_a_cut_reply_is_truncated_and_counts_its_tokens(folder: Path, ask: Ask) -> None:
    (reply,) = replies(HuggingFaceAdapter(model(folder)), ask("hello the 你好", max_tokens=5))
    assert reply.usage is not None
    assert (reply.status, reply.finish, reply.usage.output) == ("truncated", "length", 5)


def test_a_prompt_over_the_context_is_too_long_and_the_next_is_asked(folder: Path, ask: Ask) -> None:
    long, short = replies(HuggingFaceAdapter(model(folder)), ask("a" * 400), ask("hello"))
    assert (long.status, short.status) == ("too_long", "truncated")


def test_generation_stops_at_the_context(folder: Path, ask: Ask) -> None:
    (reply,) = replies(HuggingFaceAdapter(model(folder, context=40)), ask("hello", max_tokens=500))
    assert reply.usage is not None
    assert reply.usage.input + reply.usage.output <= 40


def test_identity_changes_with_the_weights_and_not_with_the_place(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / folder.name)
    original, same = HuggingFaceAdapter(model(folder)).identity, HuggingFaceAdapter(model(copy)).identity
    with (copy / "model.safetensors").open("ab") as file:
        file.write(b"\0")
    assert original == same
    assert HuggingFaceAdapter(model(copy)).identity["sha256"] != original["sha256"]


def test_a_folder_of_pickles_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "pickled")
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(ConfigError) as caught:
        replies(HuggingFaceAdapter(model(copy)))
    assert caught.value.faults[0].key == "huggingface.no_safetensors"


def test_a_model_without_chat_template_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "bare")
    (copy / "chat_template.jinja").unlink()
    with pytest.raises(ConfigError) as caught:
        replies(HuggingFaceAdapter(model(copy)))
    assert caught.value.faults[0].key == "local.no_template"


def test_a_template_that_refuses_the_turns_rejects_only_that_case(folder: Path, tmp_path: Path, ask: Ask) -> None:
    copy = shutil.copytree(folder, tmp_path / "strict")
    (copy / "chat_template.jinja").write_text("{{ raise_exception('no such role') }}")
    with pytest.raises(Rejected) as caught:
        replies(HuggingFaceAdapter(model(copy)), ask("hello"))
    assert caught.value.faults[0].key == "huggingface.template"


def test_a_damaged_folder_names_itself(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "damaged")
    (copy / "config.json").write_text("{}")
    with pytest.raises(EnvironmentFault) as caught:
        replies(HuggingFaceAdapter(model(copy)))
    assert caught.value.faults[0].key == "huggingface.load"


def test_a_hub_id_needs_a_fixed_revision() -> None:
    with pytest.raises(ConfigError) as caught:
        _ = HuggingFaceAdapter(Model(model="m", adapter="huggingface", name="owner/name")).identity
    assert caught.value.faults[0].key == "huggingface.no_revision"


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"dtype": "int4"}, {"revision": "main"}, {"batchsize": 4}])
def test_a_wrong_option_is_named(folder: Path, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        HuggingFaceAdapter(model(folder, **options))
    assert caught.value.faults[0].key == "local.options"


def test_gguf_gives_the_replies_of_the_folder(folder: Path, gguf_file: Path, ask: Ask) -> None:
    pytest.importorskip("accelerate")
    from_folder = replies(HuggingFaceAdapter(model(folder)), *mixed(ask))
    from_gguf = replies(HuggingFaceAdapter(model(gguf_file)), *mixed(ask))
    assert [reply.text for reply in from_gguf] == [reply.text for reply in from_folder]

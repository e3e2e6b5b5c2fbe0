"""A tiny random Qwen2 model, as a folder with safetensors and as GGUF: real runtimes, no download."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import weights
from bench.types import Case, Message, Sampling

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MERGES = (("t", "h"), ("th", "e"))
CONTEXT = 256


@pytest.fixture
def ask() -> Callable[..., Case]:
    """Return a function that makes a case of one user turn; further arguments are sampling parameters."""

    def case(text: str, **parameters: Any) -> Case:
        sampling = Sampling(**{"max_tokens": 12, **parameters})
        return Case(key="0", suite="s", item="i", lang="en", messages=(Message("user", text),), parameters=sampling)

    return case


@pytest.fixture(scope="session")
def smollm() -> Path:
    """Return the real SmolLM2 file if it has been pulled; tests never download weights by themselves."""
    path = weights.find("smollm2-135m-instruct")
    if path is None:
        pytest.skip("run `mingjian models pull smollm2-135m-instruct` first")
    return path


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny model as a transformers folder, with its GGUF twin `tiny.gguf` beside it."""
    root = tmp_path_factory.mktemp("tiny")
    model, vocabulary = save_model(root, 64)
    write_gguf(root / "tiny.gguf", model, vocabulary, TEMPLATE)
    return root


@pytest.fixture(scope="session")
def gguf_file(folder: Path) -> Path:
    return folder / "tiny.gguf"


def save_model(root: Path, width: int) -> tuple[Any, dict[str, int]]:
    """Write a random model of four heads with its tokenizer; return it and its vocabulary."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    vocabulary = save_tokenizer(root)
    torch.manual_seed(0)
    config = transformers.Qwen2Config(
        vocab_size=len(vocabulary),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        eos_token_id=vocabulary["<|im_end|>"],
        bos_token_id=None,
        initializer_range=0.3,
    )
    model = transformers.Qwen2ForCausalLM(config)
    model.save_pretrained(root)
    return model, vocabulary


def save_tokenizer(root: Path) -> dict[str, int]:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokens = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "th", "the", *SPECIAL]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=list(MERGES)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    fast.chat_template = TEMPLATE
    fast.save_pretrained(root)
    return vocabulary


def write_gguf(path: Path, model: object, vocabulary: dict[str, int], template: str | None) -> None:
    gguf = pytest.importorskip("gguf")
    config = model.config  # type: ignore[attr-defined]
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_name("tiny")
    writer.add_file_type(0)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(list(vocabulary))
    writer.add_token_types([3 if token in SPECIAL else 1 for token in vocabulary])
    writer.add_token_merges([" ".join(pair) for pair in MERGES])
    writer.add_eos_token_id(vocabulary["<|im_end|>"])
    writer.add_pad_token_id(vocabulary["<|endoftext|>"])
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():  # type: ignore[attr-defined]
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), tensor.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

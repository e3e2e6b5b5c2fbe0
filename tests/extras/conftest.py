"""The adapter tests' own cases, and a tiny random model of the sizes that vLLM takes."""

from pathlib import Path

import pytest

from tests.bench.adapters.conftest import ask, save_tokenizer

__all__ = ["ask", "folder"]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny model as a transformers folder; its heads are 32 wide, the least that vLLM knows on a CPU."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    root = tmp_path_factory.mktemp("tiny")
    vocabulary = save_tokenizer(root)
    torch.manual_seed(0)
    config = transformers.Qwen2Config(
        vocab_size=len(vocabulary),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        eos_token_id=vocabulary["<|im_end|>"],
        bos_token_id=None,
        initializer_range=0.3,
    )
    transformers.Qwen2ForCausalLM(config).save_pretrained(root)
    return root

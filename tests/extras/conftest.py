"""The adapter tests' own cases, and their tiny random model in a size that vLLM takes."""

from pathlib import Path

import pytest

from tests.bench.adapters.conftest import ask, save_model

__all__ = ["ask", "folder"]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny model as a transformers folder; its heads are 32 wide, the least that vLLM knows on a CPU."""
    root = tmp_path_factory.mktemp("tiny")
    save_model(root, 128)
    return root

"""The adapter tests' own cases."""

from tests.bench.adapters.conftest import ask

__all__ = ["ask"]

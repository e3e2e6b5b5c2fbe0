"""Ctrl-C after all was asked: nothing is lost, and the command that goes on is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from bench import errors
from bench.cli.output import Output


@contextmanager
def named(output: Output, key: str, folder: Path) -> Iterator[None]:
    """Print the catalogue text `key` and exit with 130 if Ctrl-C comes meanwhile."""
    try:
        yield
    except KeyboardInterrupt:
        output.note(key, folder=folder)
        raise typer.Exit(errors.INTERRUPTED) from None

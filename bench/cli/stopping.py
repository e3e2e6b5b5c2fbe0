"""Ctrl-C or SIGTERM after all was asked: nothing is lost, and the command that goes on is named."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import typer

from bench import errors
from bench.cli.output import Output
from bench.engine.loop import Stopped


@contextmanager
def named(output: Output, key: str, folder: Path) -> Iterator[None]:
    """Print the catalogue text `key` and exit with 130 if Ctrl-C comes meanwhile, with 143 if SIGTERM does."""
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt as stopped:
        output.note(key, folder=folder)
        number = stopped.number if isinstance(stopped, Stopped) else signal.SIGINT
        raise typer.Exit(errors.SIGNALLED + number) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def stop(number: int, frame: object) -> NoReturn:
    """End what runs as Ctrl-C does, and keep which signal it was."""
    raise Stopped(number)

"""Standard streams as they may be: closed, without some signs, or with nobody at their other end."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

_STANDARD = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def fill() -> None:
    """Let standard streams that are closed lead nowhere: a file or socket would take their number, which ends a run."""
    for number, (name, mode) in enumerate(_STANDARD):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - as long as we run


def write_all_signs() -> None:
    """Show signs that the terminal's encoding lacks as escapes, rather than end with a traceback.

    Python reads the locale C as ASCII where it may not take UTF-8 instead, and calls that `surrogateescape`.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and (stream.errors == "strict" or stream.encoding.lower() != "utf-8"):
            stream.reconfigure(errors="backslashreplace")


def abandon(stream: TextIO) -> None:
    """Let a stream lead nowhere: its reader is gone, or its disk is full."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

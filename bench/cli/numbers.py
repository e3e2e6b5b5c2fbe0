"""Numbers on the command line that must be numbers: `nan` passes every bound, and `inf` any that has no upper one."""

from __future__ import annotations

import math

from typer import CallbackParam

from bench.errors import UsageError


def finite(param: CallbackParam, value: float | None) -> float | None:
    """Return the value of an option; raises UsageError for nan and infinities."""
    if value is not None and not math.isfinite(value):
        raise UsageError("number.finite", option=param.opts[0], value=value)
    return value


def share(param: CallbackParam, value: float | None) -> float | None:
    """Return the value of an option; raises UsageError unless it is from 0 to 1."""
    if value is not None and not 0 <= value <= 1:
        raise UsageError("number.share", option=param.opts[0], value=value)
    return value

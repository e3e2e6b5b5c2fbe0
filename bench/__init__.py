"""Mingjian (明鉴): a bilingual AI safety benchmark harness.

    >>> import bench
    >>> made = bench.plan(bench.load_suites(["risk.starter"]), bench.load_model("scripted:answers.yaml"), bench.Settings())
    >>> folder = bench.start(made)

Suite → Plan → Record → Score → Summary → Document: each arrow is one function, and its output is a file. Names are
resolved on first use, so importing `bench` loads nothing heavy.
"""

from __future__ import annotations

import importlib
from typing import Any

_EXPORTS = {
    "Settings": "bench.engine.plan",
    "audit": "bench.workflow",
    "document": "bench.workflow",
    "evaluate": "bench.workflow",
    "load_model": "bench.models:load",
    "load_plan": "bench.workflow",
    "load_suites": "bench.workflow",
    "plan": "bench.workflow",
    "report": "bench.workflow",
    "run": "bench.workflow",
    "start": "bench.workflow",
    "status": "bench.workflow",
}

__all__ = [
    "Settings",
    "audit",
    "document",
    "evaluate",
    "load_model",
    "load_plan",
    "load_suites",
    "plan",
    "report",
    "run",
    "start",
    "status",
]


def __getattr__(name: str) -> Any:
    """Return a public name from the module that defines it."""
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _EXPORTS[name].partition(":")
    return getattr(importlib.import_module(module), attribute or name)

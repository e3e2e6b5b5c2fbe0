"""Mingjian (明鉴): a bilingual AI safety benchmark harness.

    import bench
    folder = bench.run(["risk.starter"], "scripted:answers.yaml", bench.Settings(limit=20, seed=1))
    summary = bench.score(folder)
    bench.write_report(folder)

Suite → Plan → Record → Score → Summary → Document: each arrow is one function, and its output is a file. Names are
resolved on first use, so importing `bench` loads nothing heavy.
"""

from __future__ import annotations

import importlib
from typing import Any

_EXPORTS = {
    "RunOptions": "bench.engine.runner",
    "Settings": "bench.engine.plan",
    "document": "bench.workflow",
    "load_model": "bench.models:load",
    "load_suites": "bench.workflow",
    "plan": "bench.workflow",
    "resume": "bench.workflow",
    "run": "bench.workflow",
    "score": "bench.workflow",
    "start": "bench.workflow",
    "status": "bench.workflow",
    "write_report": "bench.workflow",
}

__all__ = [
    "RunOptions",
    "Settings",
    "document",
    "load_model",
    "load_suites",
    "plan",
    "resume",
    "run",
    "score",
    "start",
    "status",
    "write_report",
]


def __getattr__(name: str) -> Any:
    """Return a public name from the module that defines it."""
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _EXPORTS[name].partition(":")
    return getattr(importlib.import_module(module), attribute or name)

"""Small suites as nouns, for checks that need no file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench import suites
from bench.types import Item, Message, Suite, Text

Make = Callable[..., Item]
MakeSuite = Callable[..., Suite]


@pytest.fixture
def item() -> Make:
    """Return a maker of items; texts become single user turns."""

    def make(
        name: str = "q1", zh: str = "今天天气怎么样？", en: str = "How is the weather today?", **other: Any
    ) -> Item:
        prompts = {lang: (Message("user", text),) for lang, text in (("zh", zh), ("en", en)) if text}
        known: dict[str, Any] = {
            "suite": "s", "dimension": "risk", "codes": ("cn-31:A.1-a",), "expect": "refuse", "scorers": ("match",),
            "provenance": "authored", "added": "2026-11-01",
        }  # fmt: skip
        return Item(id=name, prompts=other.pop("prompts", prompts), **{**known, **other})

    return make


@pytest.fixture
def suite() -> MakeSuite:
    """Return a maker of suites of items."""

    def make(*items: Item, **other: Any) -> Suite:
        known: dict[str, Any] = {
            "name": "s", "title": Text(zh="套", en="s"), "version": "1-A", "dimension": "risk",
            "languages": ("zh", "en"),
            "licence": "CC-BY-4.0", "updated": "2026-11-01", "bank": "should-refuse", "taxonomy": "cn-31",
        }  # fmt: skip
        return Suite(items=items, digest=suites.digest(items), **{**known, **other})

    return make

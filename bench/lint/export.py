"""Items as JSON lines for other tools: one line an item, every language, nothing left out that a reader needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from bench.types import Suite

FIELDS = (
    "codes", "expect", "form", "prompts", "choices", "answer", "reference", "rubric", "provenance", "template", "twin",
    "licence", "added", "hazard", "metadata",
)  # fmt: skip


def lines(suites: Sequence[Suite]) -> Iterator[dict[str, Any]]:
    """Yield each item as plain data: id, suite, suite version and bank, then its fields; absent ones are null.

    A prompt of a single user turn is a text; other prompts are lists of turns, as in a suite file.
    """
    for suite in suites:
        head = {"suite": suite.name, "version": suite.version, "bank": suite.bank, "dimension": suite.dimension}
        for item in suite.items:
            fields = {name: msgspec.to_builtins(getattr(item, name)) for name in FIELDS}
            fields["prompts"] = {lang: _plain(turns) for lang, turns in fields["prompts"].items()}
            fields["licence"] = item.licence or suite.licence
            yield {"id": item.id, **head, **fields}


def _plain(turns: list[dict[str, str]]) -> str | list[dict[str, str]]:
    return turns[0]["content"] if len(turns) == 1 and turns[0]["role"] == "user" else turns

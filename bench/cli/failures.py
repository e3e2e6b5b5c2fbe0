"""Why cases ended in an error, counted, in the language spoken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bench import catalogue
from bench.cli.output import Output, clean

if TYPE_CHECKING:
    from bench.types import Model, Record, Reply

CAPTURED = ("replay", "scripted")
"""Adapters whose answers stand in a file: asking again brings none."""
SHOWN = 3
"""At most so many reasons are printed."""
LONGEST = 300


def captured(model: Model) -> bool:
    """Return whether a model's answers come from a file."""
    return model.adapter in CAPTURED


def reason(output: Output, reply: Reply) -> str:
    """Return why a reply has no text, in the language spoken."""
    known = catalogue.recall(reply.detail or "")
    said = catalogue.describe(known, output.lang) if known else reply.detail or output.text("cli.errors.unstated")
    return clean(said)[:LONGEST]


def show(output: Output, records: Iterable[Record]) -> None:
    """Print the most frequent reasons with their counts; nothing if no case ended in an error."""
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for record in records:
        if record.reply.status == "error":
            known = catalogue.recall(record.reply.detail or "")
            kind = known.key if known else record.reply.detail or output.text("cli.errors.unstated")
            counts[kind] += 1
            examples.setdefault(kind, catalogue.describe(known, output.lang) if known else kind)
    if not counts:
        return
    output.note("cli.errors.title")
    for kind, count in counts.most_common(SHOWN):
        output.note("cli.errors.reason", count=count, reason=clean(examples[kind])[:LONGEST])
    rest = counts.total() - sum(count for _, count in counts.most_common(SHOWN))
    if rest:
        output.note("cli.errors.more", count=rest)

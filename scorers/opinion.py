"""How a scorer says what it thinks of one record, or that it has no opinion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

from bench.errors import ConfigError
from bench.types import Item, Record, Score

EMPTY = "empty_reply"
"""Why a reply that says nothing is unscored."""
Judge = Callable[[Item, Record], Score]


def each(judge: Judge, item: Item, records: Sequence[Record]) -> list[Score]:
    """Return one score a record: what makes a per-record function a scorer."""
    return [judge(item, record) for record in records]


def one_of(scorer: str, option: str, value: Any, known: Any) -> None:
    """Raise ConfigError unless an option is one of the values of the Literal type `known`."""
    if value not in get_args(known):
        facts = {"scorer": scorer, "option": option, "value": str(value), "choices": ", ".join(get_args(known))}
        raise ConfigError("scorer.option", **facts)


def scored(item: Item, record: Record, *, value: float, label: str, passed: bool | None, **more: Any) -> Score:
    """Return an opinion; `more` may hold `confidence`, `evidence` and `reason`."""
    return Score(**about(item, record), value=whole(value), label=label, passed=passed, **more)


def unscored(item: Item, record: Record, reason: str) -> Score:
    """Return a score without value, label or verdict, and why. The part of `reason` before a colon is counted."""
    return Score(**about(item, record), reason=reason)


def about(item: Item, record: Record) -> dict[str, Any]:
    """Return the fields that say what a score is about."""
    case = record.case
    return {
        "item": item.id,
        "suite": item.suite,
        "records": (record.i,),
        "lang": case.lang,
        "variant": case.variant,
    }


def whole(value: float) -> int | float:
    """Return an integral float as an int: stored scores hold `1`, never `1.0`."""
    return int(value) if float(value).is_integer() else round(value, 6)

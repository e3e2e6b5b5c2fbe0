"""Data that perturbations draw on: `configs/perturbations/*.yaml`, strictly read."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TypeVar

from bench import resources, schema, yaml
from bench.errors import ConfigError, Fault
from bench.types import Language, Text, Value

BELOW = "perturbations"


class Table(Value, frozen=True, forbid_unknown_fields=True):
    """What every table states about itself."""

    table: str
    title: Text
    version: str
    licence: str
    source: str


class Pairs(Table, frozen=True):
    """What stands for what."""

    pairs: dict[str, str]


class Groups(Table, frozen=True):
    """Strings whose members belong together."""

    groups: tuple[str, ...]


class Frames(Table, frozen=True):
    """Sentences around a request, by kind and language; `{text}` is the request."""

    frames: dict[str, dict[Language, tuple[str, ...]]]


T = TypeVar("T", bound=Table)


def pairs(name: str) -> Mapping[str, str]:
    """Return the pairs of a table."""
    return _read(name, Pairs).pairs


def groups(name: str) -> tuple[str, ...]:
    """Return the groups of a table."""
    return _read(name, Groups).groups


def frames(kind: str, lang: Language) -> tuple[str, ...]:
    """Return the sentence frames of one kind in one language."""
    return _read("frames", Frames).frames[kind][lang]


def _read(name: str, kind: type[T]) -> T:
    found = _load(name, kind)
    assert isinstance(found, kind)
    return found


@functools.cache
def _load(name: str, kind: type[Table]) -> Table:
    path = resources.find("configs", name, BELOW)
    if path is None:
        raise ConfigError.of([Fault(key="resources.missing", facts={"kind": f"configs/{BELOW}/{name}.yaml"})])
    return schema.convert(yaml.load(path), kind)


def reverse(found: Mapping[str, str]) -> dict[str, str]:
    """Return value → key; the first key of a value wins."""
    turned: dict[str, str] = {}
    for key, value in found.items():
        turned.setdefault(value, key)
    return turned

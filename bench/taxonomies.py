"""Taxonomies of risk as data: named codes in groups, named slices, and the crosswalk between taxonomies."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Literal

import msgspec

from bench import resources, schema, yaml
from bench.errors import ConfigError, Fault
from bench.types import Text, Value

Confidence = Literal["high", "medium", "low"]


class Group(Value, frozen=True, forbid_unknown_fields=True):
    """A heading over codes."""

    code: str
    name: Text


class Code(Value, frozen=True, forbid_unknown_fields=True):
    """One entry of a taxonomy. A clause that is None is not yet verified by a person."""

    code: str
    name: Text
    group: str | None = None
    evidence: str | None = None
    clause: dict[str, str | None] | None = None
    note: Text | None = None


class Source(Value, frozen=True, forbid_unknown_fields=True):
    """Where the list comes from."""

    title: str | Text
    url: str | None = None
    date: str | None = None
    note: Text | None = None


class Taxonomy(Value, frozen=True, forbid_unknown_fields=True):
    """A list of risk codes. `slices` are named subsets, given by group or code."""

    taxonomy: str
    title: Text
    version: str
    source: Source
    codes: tuple[Code, ...]
    evidence: str | None = None
    note: Text | None = None
    groups: tuple[Group, ...] = ()
    slices: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    def code(self, name: str) -> Code | None:
        """Return the entry of a bare code, or None."""
        return next((code for code in self.codes if code.code == name), None)

    def select(self, slice_name: str) -> tuple[Code, ...]:
        """Return the codes of a named slice, in order; all codes if the slice is not named here."""
        wanted = self.slices.get(slice_name)
        if wanted is None:
            return self.codes
        return tuple(code for code in self.codes if code.code in wanted or code.group in wanted)


class Link(Value, frozen=True, forbid_unknown_fields=True, rename={"origin": "from"}):
    """One correspondence of two qualified codes, by our own judgement."""

    origin: str
    to: str
    confidence: Confidence
    note: Text | None = None


class Gap(Value, frozen=True, forbid_unknown_fields=True):
    """Codes that have no counterpart in the named taxonomies."""

    codes: tuple[str, ...]
    against: tuple[str, ...]
    note: Text


class Crosswalk(Value, frozen=True, forbid_unknown_fields=True):
    """Links between taxonomies, and the structural gaps."""

    crosswalk: str
    version: str
    links: tuple[Link, ...]
    gaps: tuple[Gap, ...] = ()
    note: Text | None = None


BELOW = "taxonomies"
CROSSWALK = "crosswalk"


def names() -> list[str]:
    """Return the names of the built-in taxonomies."""
    return [name for name in resources.names("configs", BELOW) if name != CROSSWALK]


@functools.cache
def load(name: str) -> Taxonomy:
    """Return a built-in taxonomy; raises ConfigError with the nearest name if there is none."""
    path = resources.find("configs", name, BELOW)
    if path is None or name == CROSSWALK:
        facts = {"name": name, **schema.nearest(name, names(), "mingjian taxonomies list")}
        raise ConfigError.of([Fault(key="taxonomy.unknown", facts=facts)])
    return schema.convert(yaml.load(path), Taxonomy)


@functools.cache
def crosswalk() -> Crosswalk:
    """Return the crosswalk between the built-in taxonomies."""
    path = resources.find("configs", CROSSWALK, BELOW)
    if path is None:
        raise ConfigError.of([Fault(key="taxonomy.unknown", facts={"name": CROSSWALK, "near": None, "known": ""})])
    return schema.convert(yaml.load(path), Crosswalk)


def qualify(code: str, default: str | None) -> str:
    """Return `taxonomy:code`; a bare code belongs to `default`."""
    return code if ":" in code or default is None else f"{default}:{code}"


def lookup(qualified: str) -> Code | None:
    """Return the entry of a qualified code, or None if taxonomy or code is unknown."""
    taxonomy, _, code = qualified.partition(":")
    return _codes(taxonomy).get(code)


@functools.cache
def _codes(taxonomy: str) -> dict[str, Code]:
    return {code.code: code for code in load(taxonomy).codes} if taxonomy in names() else {}


def check(name: str) -> None:
    """Raise ConfigError unless a name is a taxonomy or a qualified code of one."""
    taxonomy, colon, _ = name.partition(":")
    if taxonomy not in names():
        facts = {"name": taxonomy, **schema.nearest(taxonomy, names(), "mingjian taxonomies list")}
        raise ConfigError.of([Fault(key="taxonomy.unknown", facts=facts)])
    if colon and lookup(name) is None:
        known = (f"{taxonomy}:{code}" for code in _codes(taxonomy))
        facts = {"name": name, **schema.nearest(name, known, f"mingjian taxonomies show {taxonomy}")}
        raise ConfigError.of([Fault(key="suite.unknown_code", facts=facts)])


def label(qualified: str) -> dict[str, str]:
    """Return the zh and en name of a qualified code; the code itself where it is unknown."""
    found = lookup(qualified)
    if found is None:
        return {"zh": qualified, "en": qualified}
    return msgspec.to_builtins(found.name)  # type: ignore[no-any-return]

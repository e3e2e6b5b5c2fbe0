"""Providers as data: addresses, key variables, switches, limits and the words of each vendor's failures.

One YAML file each in `configs/providers`; adding a provider needs no code. Rules are tried in the order `not_filter`,
`filter`, `retry`, then those of `generic`, which hold everywhere, and last the own ones of kind `request`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import re2

from bench import addresses, resources, schema, yaml
from bench.errors import ConfigError, Fault
from bench.types import Sampling, Status, Text, Value

BELOW = "providers"
GENERIC = "generic"

Kind = Literal[
    "rate", "transient", "money", "auth", "length", "request", "filter", "account_filter", "suspected", "answered"
]
"""What a failed reply is: `account_filter` is a rule that the customer set up; `suspected` looks like moderation."""

Side = Literal["input", "output", "unknown"]


class Signal(Value, frozen=True, forbid_unknown_fields=True):
    """The shape of a failed reply. Every field that is given must fit; a list fits if one of its entries does."""

    status: tuple[int, ...] = ()
    """HTTP statuses."""
    code: tuple[str, ...] = ()
    """The body's error code, exact; `Input*` fits all that begin so."""
    type: tuple[str, ...] = ()
    """The body's error type, as `code`."""
    message: tuple[str, ...] = ()
    """Parts of the body's message, in any letter case."""
    pattern: str | None = None
    """An RE2 pattern that is found in code, type or message."""
    path: str | None = None
    """A dotted path into the body whose value is there and not false, 0 or empty."""
    value: str | None = None
    """The text that stands at `path`."""
    kind: Kind = "filter"
    side: Side = "unknown"
    sides: dict[str, Side] = msgspec.field(default_factory=dict)
    """The side by a word of the message or code, first that fits."""
    confirmed: bool = True
    """False: not found in the vendor's documents or a recorded reply; from reports or memory."""
    note: Text | None = None


class Reasoning(Value, frozen=True, forbid_unknown_fields=True):
    """Where the reasoning is, so that it is kept apart from the answer."""

    fields: tuple[Literal["reasoning", "reasoning_content"], ...] = ("reasoning", "reasoning_content")
    tags: tuple[tuple[str, str], ...] = (("<think>", "</think>"),)
    """Inline tags before the answer; an empty opening tag means: from the beginning, if the closing one is there."""
    markers: tuple[str, ...] = ()
    """Signs around the answer that are no part of it."""


class Switch(Value, frozen=True, forbid_unknown_fields=True):
    """What is added to a request to turn thinking on or off."""

    on: dict[str, Any] | None = None
    off: dict[str, Any] | None = None
    confirmed: bool = True


class Limit(Value, frozen=True, forbid_unknown_fields=True):
    """What a provider does not take as requested. The first limit that fits parameter and model decides."""

    parameter: Literal["temperature", "top_p", "max_tokens", "seed"]
    models: str | None = None
    """An RE2 pattern that is found in the model's name; none: all models."""
    thinking: Literal["on", "off"] | None = None
    """Only in this mode."""
    drop: bool = False
    least: int | float | None = None
    most: int | float | None = None
    name: str | None = None
    """The key that the provider knows the parameter by."""
    confirmed: bool = True
    note: Text | None = None

    def holds(self, parameter: str, model: str, thinking: str | None) -> bool:
        """Return whether this limit is about `parameter` of `model`."""
        fits = self.models is None or re2.search(self.models, model) is not None
        return fits and self.parameter == parameter and self.thinking in (None, thinking)


class Note(Text, frozen=True, forbid_unknown_fields=True):
    """A remark for people; `confirmed: false` where no document says so."""

    confirmed: bool = True


class Verified(Value, frozen=True, forbid_unknown_fields=True):
    """When and how the file was checked."""

    date: str
    by: Literal["documents", "live"]


class Provider(Value, frozen=True, forbid_unknown_fields=True):
    """A service: how to reach it, what it does not take, and how it fails."""

    provider: str
    title: Text
    verified: Verified
    adapter: Literal["openai", "anthropic"] = "openai"
    regions: dict[str, str] = msgspec.field(default_factory=dict)
    """Base addresses; `{name}` is filled from the model's `options.fill`."""
    region: str | None = None
    """The region if the model names none."""
    key_env: tuple[str, ...] = ()
    key_needed: bool = True
    key_header: str = "Authorization"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    reasoning: Reasoning = Reasoning()
    finish: dict[str, Status | Literal["transient"]] = msgspec.field(default_factory=dict)
    """Finish reasons that do not mean an answer (or do, by an odd name)."""
    filter: tuple[Signal, ...] = ()
    not_filter: tuple[Signal, ...] = ()
    retry: tuple[Signal, ...] = ()
    moderated: bool = True
    """False: no filter stands here, so an odd 4xx is never suspected to be one."""
    evidence: tuple[str, ...] = ()
    """Dotted paths into a good reply that are kept in the record's detail where they are true."""
    thinking: Switch = Switch()
    sampling: tuple[Limit, ...] = ()
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
    """Further keys of each request, such as `enable_search: false`."""
    request_id: tuple[str, ...] = ("x-request-id",)
    """Headers that name the request."""
    confirmed: bool = True
    """False: address or key variable are not confirmed by a document."""
    notes: tuple[Note, ...] = ()

    def rules(self) -> tuple[Signal, ...]:
        """Return the provider's own rules, in the order of trying."""
        return (*self.not_filter, *self.filter, *self.retry)

    def limit(self, parameter: str, model: str, thinking: str | None) -> Limit | None:
        """Return the limit on a parameter of a model, or None."""
        return next((one for one in self.sampling if one.holds(parameter, model, thinking)), None)


def names() -> list[str]:
    """Return the names of the built-in providers."""
    return resources.names("configs", BELOW)


def load(name: str) -> Provider:
    """Return a provider by name or path; raises ConfigError for an unknown name or a fault in the file."""
    path = Path(name) if resources.is_path(name) else resources.find("configs", name, BELOW)
    if path is None:
        raise ConfigError.of([Fault(key="provider.unknown", facts={"name": name, **schema.nearest(name, names())})])
    return read(path)


@functools.cache
def read(path: Path) -> Provider:
    """Return the provider of a file, after checking its patterns, addresses and default region."""
    tree = yaml.load(path)
    found = schema.convert(tree, Provider)
    faults = [
        schema.fault_at(tree, (section, number, key), "provider.bad_pattern", pattern=pattern)
        for section, number, key, pattern in _patterns(found)
        if not _compiles(pattern)
    ]
    faults += [
        schema.fault_at(tree, ("regions", region), "provider.bad_region", region=region)
        for region, url in found.regions.items()
        if addresses.fault(url.replace("{", "").replace("}", ""), private=not found.key_needed) is not None
    ]
    if found.regions and found.region not in found.regions:
        near = schema.nearest(found.region or "", found.regions)
        faults.append(schema.fault_at(tree, ("region",), "provider.no_region", name=found.provider, **near))
    if faults:
        raise ConfigError.of(faults)
    return found


def _patterns(found: Provider) -> list[tuple[str, int, str, str]]:
    sections = {"not_filter": found.not_filter, "filter": found.filter, "retry": found.retry}
    patterns = [
        (section, number, "pattern", one.pattern)
        for section, signals in sections.items()
        for number, one in enumerate(signals)
        if one.pattern is not None
    ]
    limits = enumerate(found.sampling)
    return patterns + [("sampling", number, "models", one.models) for number, one in limits if one.models is not None]


def _compiles(pattern: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error:
        return False
    return True


def rules(provider: Provider) -> tuple[Signal, ...]:
    """Return all rules for a provider: its own, the generic ones, and last what says no more than a bad request."""
    own = provider.rules()
    special = (one for one in own if one.kind != "request")
    others = () if provider.provider == GENERIC else generic().rules()
    return (*special, *others, *(one for one in own if one.kind == "request"))


@functools.cache
def generic() -> Provider:
    """Return the provider whose rules hold everywhere."""
    return load(GENERIC)


def base_url(provider: Provider, region: str | None, fill: Mapping[str, Any]) -> str | None:
    """Return the provider's address in a region, or None if it has none; raises ConfigError for an unknown region."""
    if region is not None and region not in provider.regions:
        near = schema.nearest(region, provider.regions)
        raise ConfigError.of([Fault(key="provider.no_region", facts={"name": provider.provider, **near})])
    chosen = region or provider.region
    if chosen is None:
        return None
    try:
        return provider.regions[chosen].format_map({key: addresses.label(str(value)) for key, value in fill.items()})
    except KeyError as error:
        facts: dict[str, object] = {"name": provider.provider, "part": str(error.args[0])}
        raise ConfigError.of([Fault(key="provider.needs_part", facts=facts)]) from None


def owns(provider: Provider, host: str) -> bool:
    """Return whether one of the provider's own addresses is on `host`; `{…}` stands for one label or more."""
    return any(addresses.fits(url, host) for url in provider.regions.values())


def effective(
    provider: Provider, sampling: Sampling, model: str, thinking: str | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the parameters to send, and for each that differs from the request what became of it."""
    sent: dict[str, Any] = {}
    changed: dict[str, str] = {}
    requested = {"temperature": sampling.temperature, "max_tokens": sampling.max_tokens}
    for name, value in {**requested, "top_p": sampling.top_p, "seed": sampling.seed}.items():
        if value is None:
            continue
        limit = provider.limit(name, model, thinking)
        if limit is None:
            sent[name] = value
        elif limit.drop:
            changed[name] = f"{value} → not sent"
        else:
            taken = clamp(value, limit)
            sent[limit.name or name] = taken
            if taken != value:
                changed[name] = f"{value} → {taken}"
    return sent, changed


def clamp(value: int | float, limit: Limit) -> int | float:
    """Return the value that the limit allows and that is nearest."""
    if limit.least is not None and value < limit.least:
        return limit.least
    return limit.most if limit.most is not None and value > limit.most else value

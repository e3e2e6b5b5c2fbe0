"""Names → adapters, scorers and renderers, by entry point. Ours register like a stranger's package."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, cast

from bench import schema
from bench.errors import ConfigError, EnvironmentFault, Fault
from bench.protocols import Adapter, Renderer, Scorer
from bench.types import Model, Value

Socket = Literal["adapters", "scorers", "renderers"]
OWN = "mingjian"
SOCKETS: tuple[Socket, ...] = ("adapters", "scorers", "renderers")


class Plugin(Value, frozen=True):
    """An installed plug-in and the package it came from."""

    socket: Socket
    name: str
    package: str
    version: str
    target: str


@functools.cache
def _every() -> Any:
    """Return the entry points of all packages: finding them takes as long as reading those of one group."""
    return entry_points()


@functools.cache
def _entries(socket: Socket) -> Mapping[str, EntryPoint]:
    """Return name → entry point; raises ConfigError if two packages claim one name."""
    found: dict[str, EntryPoint] = {}
    for entry in _every().select(group=f"mingjian.{socket}"):
        known = found.setdefault(entry.name, entry)
        if known.value != entry.value:
            facts: dict[str, object] = {"name": entry.name, "first": _package(known), "second": _package(entry)}
            raise ConfigError.of([Fault(key="plugin.duplicate", facts=facts)])
    if not found:
        raise EnvironmentFault("plugin.none", socket=socket)
    return found


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "?"


def names(socket: Socket) -> list[str]:
    """Return the installed names of one socket, sorted."""
    return sorted(_entries(socket))


def installed() -> list[Plugin]:
    """Return every installed plug-in with its package and version."""
    return [
        Plugin(
            socket=socket,
            name=name,
            package=_package(entry),
            version=entry.dist.version if entry.dist is not None else "?",
            target=entry.value,
        )
        for socket in SOCKETS
        for name, entry in sorted(_entries(socket).items())
    ]


def find(socket: Socket, name: str) -> EntryPoint:
    """Return the entry point of a name, not loaded; raises ConfigError for an unknown one."""
    entry = _entries(socket).get(name)
    if entry is None:
        facts = {"socket": socket, "name": name, **schema.nearest(name, names(socket), "mingjian plugins")}
        raise ConfigError.of([Fault(key="plugin.unknown", facts=facts)])
    return entry


def is_foreign(socket: Socket, name: str) -> bool:
    """Return whether another package than this one brings a plug-in; raises ConfigError for an unknown one."""
    return _package(find(socket, name)) != OWN


def _load(socket: Socket, name: str) -> Callable[..., Any]:
    """Return what an entry point names; raises ConfigError (unknown name) or EnvironmentFault (missing package)."""
    entry = find(socket, name)
    try:
        return cast(Callable[..., Any], entry.load())
    except ImportError as error:
        raise EnvironmentFault("plugin.import", name=name, package=_package(entry), why=str(error)) from error


def adapter(model: Model) -> Adapter:
    """Return an adapter for `model`, not yet opened."""
    return cast(Adapter, _load("adapters", model.adapter)(model))


def scorer(name: str, options: Mapping[str, Any] | None = None) -> Scorer:
    """Return the scorer `name`, made with `options`; raises ConfigError naming those that it does not have."""
    made = _load("scorers", name)
    if faults := _unknown_options(name, made, options or {}):
        raise ConfigError.of(faults)
    try:
        found = made(**(options or {}))
    except (TypeError, ValueError) as error:
        facts: dict[str, object] = {"name": name, "why": str(error)}
        raise ConfigError.of([Fault(key="plugin.options", facts=facts)]) from error
    if absent := [part for part in ("name", "version", "score") if not hasattr(found, part)]:
        raise ConfigError("plugin.no_scorer", name=name, absent=", ".join(absent))
    return cast(Scorer, found)


def _unknown_options(name: str, made: Callable[..., Any], options: Mapping[str, Any]) -> list[Fault]:
    """Return a fault for each option that a scorer does not have, with those that it has."""
    parameters = inspect.signature(made).parameters
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return []
    key = "plugin.option" if parameters else "plugin.no_options"
    return [
        Fault(key=key, facts={"name": name, "option": option, **schema.nearest(option, parameters)})
        for option in options
        if option not in parameters
    ]


def is_quick(name: str) -> bool:
    """Return whether a scorer says of itself that it may work while replies are awaited; it is not made."""
    return bool(getattr(_load("scorers", name), "quick", False))


def renderer(name: str) -> Renderer:
    """Return the renderer `name`."""
    return cast(Renderer, _load("renderers", name)())

"""Whose run folders may use keys: those that this account made, and those that its user trusts.

A folder that somebody else submitted names a model, and judges, with an address and the variable of a key. Going on
with it, or scoring it, would send the key there, or run code of a model repository. So an account notes the plans and
panels that it made, by their digest, in the cache folder; what is not noted needs the user's word. A key that goes to
its provider's own hosts, or to this machine, needs none.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from bench import addresses, cache, files, providers, resources
from bench.errors import UsageError
from bench.types import Model

KIND = "made"
"""The part of the cache folder that holds the notes."""


def note(path: Path, models: Iterable[Model]) -> None:
    """Note that this account made a plan (`run.json`) or a panel (`judges.json`), if the check will want to know.

    Without a cache folder that can be written nothing is noted: then going on later needs the user's word.
    """
    if any(key for key, _ in map(_hazard, models)):
        cache.keep(_mark(path), b"")


def check(path: Path, models: Iterable[Model]) -> None:
    """Raise UsageError if a plan or panel that was not made here would send a key to a stranger, or run its code."""
    found = [(key, facts) for key, facts in map(_hazard, models) if key]
    if found and cache.read(_mark(path)) is None:
        key, facts = found[0]
        raise UsageError(key, folder=str(path.parent), **facts)


def _mark(path: Path) -> Path:
    return cache.place(KIND, [files.digest_file(path)])


def _hazard(model: Model) -> tuple[str | None, dict[str, str]]:
    """Return what a model of a stranger could do with this account, and the facts of it."""
    if model.allow_remote_code:
        return "trust.code", {"model": model.model}
    if model.adapter == "inspect" and (model.base_url or model.key_env or model.options.get("args")):
        return "trust.key", {"variable": model.key_env or "*_API_KEY", "host": _host(model) or (model.name or "")}
    proxy = str(model.options.get("proxy") or "")
    if proxy.startswith("env:"):
        return "trust.key", {"variable": proxy.removeprefix("env:"), "host": _host(model) or (model.provider or "")}
    if (model.key_env or resources.is_path(model.provider or "")) and not _known(model):
        return "trust.key", {"variable": model.key_env or (model.provider or ""), "host": _host(model)}
    return None, {}


def _host(model: Model) -> str:
    return urlsplit(model.base_url or "").hostname or ""


def _known(model: Model) -> bool:
    """Return whether a model's address is on this machine, or its provider's own."""
    host, name = _host(model), model.provider or model.adapter
    if resources.is_path(name):
        return False  # a provider of the folder's own says itself which hosts are its own
    return addresses.is_loopback(host) or (name in providers.names() and _owns(name, host))


def _owns(name: str, host: str) -> bool:
    return not host or providers.owns(providers.load(name), host)

"""Models under test: a built-in or user config by name, a YAML file, or one line such as `openai:MODEL@BASE_URL`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bench import providers, resources, schema, yaml
from bench.errors import ConfigError, Fault, UsageError
from bench.types import Model

BELOW = "models"


def names() -> list[str]:
    """Return the names of the built-in models."""
    return resources.names("configs", BELOW)


def load(name: str) -> Model:
    """Return the model that `name` means; raises ConfigError or UsageError that shows the valid forms."""
    kind, colon, rest = name.partition(":")
    if colon and kind in _FORMS:
        if not rest:
            raise UsageError("model.empty", name=name)
        return _FORMS[kind](rest)
    if colon and kind in providers.names():
        return _provider(kind, rest)
    path = Path(name) if resources.is_path(name) else resources.find("configs", name, BELOW)
    if path is None:
        raise ConfigError.of(
            [Fault(key="model.unknown", facts={"name": name, **schema.nearest(name, names(), "mingjian models list")})]
        )
    return read(path)


def read(path: Path) -> Model:
    """Return the model of a YAML file; relative paths of weights and of scorers' files are relative to the file."""
    tree = yaml.load(path)
    model = schema.convert(tree, Model)
    if model.base_url is not None:
        check_url(model.base_url, schema.fault_at(tree, ("base_url",), "model.bad_url"))
    weights = None if model.path is None else beside(path.parent, model.path)
    options = {name: placed(found, path.parent) for name, found in model.scorer_options.items()}
    return msgspec.structs.replace(model, path=weights, scorer_options=options)


def beside(folder: Path, name: str) -> str:
    """Return a relative path as one below `folder`, if there is such a file; else as it is."""
    return name if Path(name).is_absolute() or not (folder / name).exists() else str(folder / name)


def placed(value: Any, folder: Path) -> Any:
    """Return a scorer's settings in which the paths of files in `folder` can be read from here."""
    if isinstance(value, str):
        return beside(folder, value) if resources.is_path(value) else value
    if isinstance(value, dict):
        return {name: placed(inner, folder) for name, inner in value.items()}
    return [placed(inner, folder) for inner in value] if isinstance(value, list) else value


def check_url(url: str, place: Fault) -> None:
    """Raise ConfigError unless `url` is http(s) with a host and carries no user name, password or query."""
    parts = urlsplit(url)
    sound = parts.scheme in ("http", "https") and parts.hostname and not parts.username and not parts.query
    if not sound:
        raise ConfigError.of(
            [Fault(key="model.bad_url", facts={"url": as_typed(url)}, file=place.file, line=place.line)]
        )


def as_typed(url: str) -> str:
    """Return an address as it was typed, but for a user name, a password and a query."""
    typed, scheme = url.partition("?")[0].partition("#")[0], url.partition("://")[0]
    return f"{scheme}://{typed.rpartition('@')[2]}" if "@" in typed and "://" in typed else typed.rpartition("@")[2]


def with_sampling(model: Model, *, max_tokens: int | None, temperature: float | None, seed: int | None) -> Model:
    """Return the model with decoding parameters replaced where a value is given."""
    given = {"max_tokens": max_tokens, "temperature": temperature, "seed": seed}
    changes = {name: value for name, value in given.items() if value is not None}
    return msgspec.structs.replace(model, parameters=msgspec.structs.replace(model.parameters, **changes))


def _openai(rest: str) -> Model:
    name, at, url = rest.rpartition("@")
    if not at:
        raise UsageError("model.openai_form", name=rest)
    check_url(url, Fault(key="model.bad_url"))
    return Model(model=name, adapter="openai", name=name, base_url=url.rstrip("/"), key_env="OPENAI_API_KEY")


def _provider(provider: str, name: str) -> Model:
    """A model at a provider's own address, such as `deepseek:deepseek-v4-flash`."""
    if not name:
        raise UsageError("model.empty", name=f"{provider}:")
    return Model(model=name, adapter=providers.load(provider).adapter, provider=provider, name=name)


def _file(adapter: str) -> Callable[[str], Model]:
    def build(rest: str) -> Model:
        if not Path(rest).exists():
            raise ConfigError.of([Fault(key="file.missing", file=rest)])
        return Model(model=Path(rest).name, adapter=adapter, path=rest)

    return build


def _inspect(rest: str) -> Model:
    """A model at one of Inspect AI's providers, such as `inspect:grok/grok-4`."""
    return Model(model=rest.rpartition("/")[2], adapter="inspect", name=rest)


def _huggingface(rest: str) -> Model:
    """A local folder or GGUF file if there is one of that name, else a hub id; ConfigError for a path to none."""
    local = Path(rest).exists()
    if not local and rest.startswith((".", "/", "~")):
        raise ConfigError.of([Fault(key="model.no_folder", file=rest)])
    return Model(model=Path(rest).name, adapter="huggingface", path=rest if local else None, name=rest)


_FORMS: dict[str, Callable[[str], Model]] = {
    "openai": _openai,
    "llamacpp": _file("llamacpp"),
    "hf": _huggingface,
    "huggingface": _huggingface,
    "inspect": _inspect,
    "replay": _file("replay"),
    "scripted": _file("scripted"),
}

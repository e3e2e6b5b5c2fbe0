"""What the adapters of embedded models share: options, weight paths, package versions, the status of a text."""

from __future__ import annotations

import contextlib
import re
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import TypeVar

import msgspec

from bench import canonical
from bench.errors import ConfigError, EnvironmentFault, Fault
from bench.silence import says_nothing
from bench.types import Model, Status

T = TypeVar("T")

_CONTENT = ("*.safetensors", "*.json", "*.jinja", "*.txt", "*.model", "*.py")

_THINK = re.compile(r"\A\s*<think>(?P<reasoning>.*?)(</think>|\Z)\s*", re.DOTALL)


class NoOptions(msgspec.Struct, forbid_unknown_fields=True):
    """The options of an adapter that has none."""


def options(model: Model, kind: type[T]) -> T:
    """Return the model's options as `kind`; raises ConfigError for an unknown or ill-typed one."""
    try:
        return msgspec.convert(model.options, kind, strict=True)
    except msgspec.ValidationError as error:
        facts: dict[str, object] = {"model": model.model, "why": str(error).replace("`", "")}
        raise ConfigError.of([Fault(key="local.options", facts=facts, path="options")]) from None


def path(model: Model) -> Path:
    """Return the model's own path or the cached file of its known weights; raises if there is neither.

    ConfigError: no path and no name, an unknown name, a path where nothing is. EnvironmentFault: not pulled yet.
    """
    if model.path is not None:
        found = Path(model.path)
        if not found.exists():
            raise ConfigError.of([Fault(key="file.missing", file=model.path)])
        return found
    if model.name is None:
        raise ConfigError.of([Fault(key="local.no_weights", facts={"model": model.model})])
    from bench import weights  # services have none

    return weights.require(model.name)


def folder_digest(path: Path) -> str:
    """Return the SHA-256 of a GGUF file, or of the digests of a folder's weights, configuration, tokenizer and code."""
    from bench import weights

    if path.is_file():
        return weights.digest(path)
    found = sorted({file for pattern in _CONTENT for file in path.glob(pattern)})
    return canonical.digest([[file.name, weights.digest(file)] for file in found])


def package(name: str, extra: str) -> str:
    """Return the version of an optional package; raises EnvironmentFault naming the extra that brings it."""
    try:
        return version(name)
    except PackageNotFoundError as error:
        raise EnvironmentFault("local.no_package", name=name, extra=extra) from error


def build(name: str, extra: str) -> tuple[str, str]:
    """Return the distribution that brings an optional package, and its version: its own, or a build by another name.

    Raises EnvironmentFault naming the extra that brings it.
    """
    with contextlib.suppress(PackageNotFoundError):
        return name, version(name)
    others = packages_distributions().get(name)  # looks through all that is installed: only where the name is not
    if not others:
        raise EnvironmentFault("local.no_package", name=name, extra=extra)
    return others[0], version(others[0])


def status_of(text: str, finish: str | None) -> Status:
    """Return the status of a generated text; `finish` is `length` when the limit ended it."""
    if finish == "length":
        return "truncated"
    return "empty" if says_nothing(text) else "answered"


def split_reasoning(text: str) -> tuple[str, str | None]:
    """Return the answer and the `<think>` part before it; an unclosed one swallows the whole text."""
    match = _THINK.match(text)
    return (text, None) if match is None else (text[match.end() :], match["reasoning"].strip())

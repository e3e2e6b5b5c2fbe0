"""Where the built-in suites and configs are: inside an installed wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from bench.errors import ConfigError, Fault

Kind = Literal["suites", "configs"]


def folder(kind: Kind) -> Path:
    """Return the folder of built-in data of one kind; raises ConfigError if the installation is incomplete."""
    package = Path(__file__).resolve().parent
    for candidate in (package / "_data" / kind, package.parent / kind):
        if candidate.is_dir():
            return candidate
    raise ConfigError.of([Fault(key="resources.missing", facts={"kind": kind})])


def is_path(name: str) -> bool:
    """Return whether the user means a file (a slash or `.yaml`) and not a built-in name."""
    return "/" in name or "\\" in name or name.endswith((".yaml", ".yml"))


def names(kind: Kind, below: str = "") -> list[str]:
    """Return the dotted names of all built-in YAML files below a sub-folder, sorted."""
    root = folder(kind) / below
    return sorted(
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in root.rglob("*.yaml")
        if not any(part.startswith((".", "_")) for part in path.relative_to(root).parts)
    )


def find(kind: Kind, name: str, below: str = "") -> Path | None:
    """Return the file of a built-in name, or None; dots are folders unless a file has them in its own name."""
    *above, last = name.split(".")
    root = folder(kind) / below
    candidates = (root / f"{name}.yaml", root.joinpath(*above) / f"{last}.yaml")
    return next((path for path in candidates if path.is_file()), None)

"""YAML files that scorers read: rubrics and keyword libraries, built in by name or the operator's by path."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from bench.errors import ConfigError, Fault

T = TypeVar("T")

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 16
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}\Z")


def folders(below: str) -> tuple[Path, ...]:
    """Return where built-in files of one kind may be: inside an installed wheel, or at the top of a checkout."""
    top = Path(__file__).resolve().parents[1]
    return tuple(root / below for root in (top / "bench" / "_data" / "configs", top / "configs"))


def names(below: str) -> list[str]:
    """Return the names of the built-in files of one kind, sorted."""
    found = next((folder for folder in folders(below) if folder.is_dir()), None)
    return sorted(path.stem for path in found.glob("[!_.]*.yaml")) if found else []


def find(name: str, below: str) -> Path:
    """Return the file that `name` means: a built-in name, or a path; raises ConfigError if there is none."""
    if "/" in name or "\\" in name or name.endswith((".yaml", ".yml")):
        candidates: tuple[Path, ...] = (Path(name),)
    else:
        candidates = tuple(folder / f"{name}.yaml" for folder in folders(below)) if _NAME.match(name) else ()
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise ConfigError.of([Fault(key="file.missing", file=name)])
    return found


def load(path: Path, kind: type[T]) -> T:
    """Return a YAML file as `kind`, strictly: data only, no unknown keys; raises ConfigError with the file's name."""
    data = path.read_bytes()
    if len(data) > MAX_BYTES:
        raise ConfigError.of([Fault(key="file.too_large", facts={"limit": MAX_BYTES}, file=str(path))])
    try:
        tree = _plain(yaml.compose(data.decode("utf-8"), Loader=yaml.CBaseLoader), str(path))
        return msgspec.convert(tree, kind, strict=False)
    except msgspec.ValidationError as error:
        raise wrong(path, str(error)) from error
    except yaml.YAMLError as error:
        mark, why = getattr(error, "problem_mark", None), getattr(error, "problem", None) or str(error)
        line = None if mark is None else mark.line + 1
        raise ConfigError.of([Fault(key="yaml.syntax", facts={"why": why}, file=str(path), line=line)]) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError.of([Fault(key="file.not_utf8", file=str(path), line=line)]) from error


def wrong(path: Path, why: str) -> ConfigError:
    """Return an error that says what is wrong with a file."""
    return ConfigError.of([Fault(key="schema.wrong_type", facts={"why": why.replace("`", "")}, file=str(path))])


def _plain(node: Any, file: str, depth: int = 0) -> Any:
    """Return a YAML node as lists, dicts and texts (every scalar is a text here; the target type decides)."""
    if depth > MAX_DEPTH:
        raise ConfigError.of([Fault(key="yaml.too_deep", facts={"limit": MAX_DEPTH}, file=file)])
    if isinstance(node, yaml.SequenceNode):
        return [_plain(inner, file, depth + 1) for inner in node.value]
    if not isinstance(node, yaml.MappingNode):
        return node.value if node is not None else None
    found: dict[str, Any] = {}
    for key, inner in node.value:
        if key.value in found:
            line = key.start_mark.line + 1
            raise ConfigError.of(
                [Fault(key="yaml.duplicate_key", facts={"name": str(key.value)}, file=file, line=line)]
            )
        found[key.value] = _plain(inner, file, depth + 1)
    return found

"""Plain data → frozen structs, with the file, line and key path of each fault; and JSON Schema for editors."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from bench import canonical
from bench.errors import ConfigError, Fault
from bench.yaml import Path_, Tree, show_path

T = TypeVar("T")

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*?)`")
_MISSING = re.compile(r"Object missing required field `(?P<name>.*?)`")
_INVALID = re.compile(r"Invalid enum value '(?P<name>.*?)'")
_TYPES = re.compile(r"Expected (?P<wanted>[a-z |]+), got (?P<found>[a-z]+)")
_AT = re.compile(r" - at `(key in )?\$(?P<path>.*?)`$")
_STEP = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<index>[0-9]+)\]|\[\.\.\.\]")

CUTOFF = 0.7
"""How like a name must be to be suggested: one slip in a short word passes, another code of the same group does not."""
SHOWN = 20
"""At most so many valid names are listed."""


def convert(tree: Tree, kind: type[T]) -> T:
    """Return the tree's data as `kind`; raises ConfigError naming file, line, key path and the nearest valid name."""
    try:
        return msgspec.convert(tree.data, kind, strict=True)
    except msgspec.ValidationError as error:
        raise ConfigError.of([explain(tree, kind, str(error))]) from None


def explain(tree: Tree, kind: Any, message: str) -> Fault:
    """Return msgspec's validation message as a Fault with the place in the file."""
    at = _AT.search(message)
    path = locate(tree.data, kind, at.group("path") if at else "", message)
    key, facts = classify(tree.data, kind, path, _AT.sub("", message))
    if key == "schema.unknown_key":
        path = (*path, str(facts["name"]))
    return Fault(key=key, facts=facts, file=tree.file, line=tree.line(path), path=show_path(path) or None)


def classify(data: Any, kind: Any, path: Path_, message: str) -> tuple[str, dict[str, object]]:
    """Return the catalogue key for a validation message and its facts."""
    if match := _UNKNOWN.search(message):
        names = field_names(kind, data, path)
        return "schema.unknown_key", {"name": match["name"], **nearest(match["name"], names)}
    if match := _MISSING.search(message):
        return "schema.missing_key", {"name": match["name"]}
    if match := _INVALID.search(message):
        return "schema.not_in_set", {"name": match["name"], **nearest(match["name"], literals(kind, data, path))}
    return misfit(data, path, message), {"why": message.replace("`", "")}


def misfit(data: Any, path: Path_, message: str) -> str:
    """Return the catalogue key for a value of the wrong type: quoting helps only where a scalar was misread."""
    if data is None and not path:
        return "schema.empty_file"
    match = _TYPES.fullmatch(message.replace("`", ""))
    if match is None:
        return "schema.wrong_type"
    wanted = match["wanted"].split(" | ")
    if match["found"] == "array" and "array" not in wanted:
        return "schema.list_for_one"
    read = match["found"] in ("int", "float", "bool", "null") and "str" in wanted
    return "schema.quote_text" if read else "schema.wrong_type"


def nearest(name: str, names: Iterable[str], command: str | None = None) -> dict[str, object]:
    """Return the valid name close to `name`, the first of all valid ones, how many more there are, and the command
    that lists them: facts for a message."""
    known = sorted(set(names))
    close = difflib.get_close_matches(name, known, n=1, cutoff=CUTOFF)
    more = max(0, len(known) - SHOWN)
    return {
        "near": close[0] if close else None, "known": ", ".join(known[:SHOWN]), "more": more, "command": command
    }  # fmt: skip


def locate(data: Any, kind: Any, shown: str, message: str) -> Path_:
    """Return msgspec's path as steps into `data`; an anonymous `[...]` is found by trying each key."""
    path: Path_ = ()
    for match in _STEP.finditer(shown):
        if match["key"] is not None:
            path = (*path, match["key"])
        elif match["index"] is not None:
            path = (*path, int(match["index"]))
        else:
            path = (*path, culprit(data, kind, path, message))
    return path


def culprit(data: Any, kind: Any, path: Path_, message: str) -> str:
    """Return the key of the mapping at `path` whose value alone causes `message`."""
    keys = list(descend(data, path))
    for key in keys:
        try:
            msgspec.convert(pruned(data, path, key), kind, strict=True)
        except msgspec.ValidationError as error:
            if str(error) == message:
                return str(key)
    return str(keys[0]) if keys else ""


def descend(data: Any, path: Path_) -> Any:
    """Return the value at `path`."""
    for step in path:
        data = data[step]
    return data


def pruned(data: Any, path: Path_, key: Any) -> Any:
    """Return a copy of `data` in which the mapping at `path` holds only `key`."""
    if not path:
        return {key: data[key]}
    step, rest = path[0], path[1:]
    if isinstance(data, list) and isinstance(step, int):
        return [pruned(value, rest, key) if i == step else value for i, value in enumerate(data)]
    return {**data, step: pruned(data[step], rest, key)}


def types_at(kind: Any, data: Any, path: Path_) -> list[inspect.Type]:
    """Return the schema types that may stand at `path`."""
    types = flatten(inspect.type_info(kind))
    for step in path:
        types = [inner for one in types for inner in flatten_all(children(one, step))]
    return types


def flatten_all(types: Sequence[inspect.Type]) -> list[inspect.Type]:
    """Return the members of all unions among `types`."""
    return [inner for one in types for inner in flatten(one)]


def flatten(one: inspect.Type) -> list[inspect.Type]:
    """Return the members of a union, or the type alone."""
    if isinstance(one, inspect.UnionType):
        return flatten_all(one.types)
    if isinstance(one, inspect.Metadata):
        return flatten(one.type)
    return [one]


def children(one: inspect.Type, step: str | int) -> list[inspect.Type]:
    """Return the types one step below `one`."""
    if isinstance(one, inspect.StructType):
        return [field.type for field in one.fields if field.encode_name == step]
    if isinstance(one, inspect.DictType):
        return [one.value_type]
    if isinstance(one, inspect.ListType | inspect.VarTupleType | inspect.CollectionType):
        return [one.item_type]
    return []


def field_names(kind: Any, data: Any, path: Path_) -> list[str]:
    """Return the keys that are valid in the mapping at `path`."""
    types = types_at(kind, data, path)
    return [field.encode_name for one in types if isinstance(one, inspect.StructType) for field in one.fields]


def literals(kind: Any, data: Any, path: Path_) -> list[str]:
    """Return the values of the closed set at `path`."""
    types = types_at(kind, data, path)
    return [str(value) for one in types if isinstance(one, inspect.LiteralType) for value in one.values]


def json_schema(kind: Any, identifier: str) -> dict[str, Any]:
    """Return `kind` as JSON Schema draft-07, the newest draft that YAML editors read; the same under every Python."""
    schema = msgspec.json.schema(kind)
    for part in schema.get("$defs", {}).values():
        if "description" in part:  # a docstring, which Python 3.13 has without its indentation, and others with it
            part["description"] = cleandoc(part["description"])
    text = canonical.encode(schema).decode().replace("#/$defs/", "#/definitions/")
    draft: dict[str, Any] = msgspec.json.decode(text)
    draft["definitions"] = draft.pop("$defs", {})
    return {"$schema": "http://json-schema.org/draft-07/schema#", "$id": identifier, **draft}


def fault_at(tree: Tree, path: Path_, key: str, **facts: object) -> Fault:
    """Return a Fault about the value at `path` of a tree."""
    return Fault(key=key, facts=facts, file=tree.file, line=tree.line(path), path=show_path(path) or None)


def in_file(file: Path, line: int | None, key: str, **facts: object) -> Fault:
    """Return a Fault about a line of a file that is not a tree."""
    return Fault(key=key, facts=facts, file=str(file), line=line)

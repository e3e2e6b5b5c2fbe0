"""Where items come from besides the suite file itself: attached JSON lines, and tables of other people's data.

A table (CSV, JSON, JSON lines, Parquet, or a Hugging Face data set) is pinned by digest or revision, and its columns
are mapped to item keys: `columns: {id: id, "prompt.en": prompt, expect: {from: label, map: {safe: answer}}}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from bench import canonical, files, schema, tables
from bench.errors import ConfigError, Fault

Format = Literal["csv", "json", "jsonl", "parquet", "huggingface"]


class Entry(msgspec.Struct, frozen=True):
    """A written item and its place, for messages."""

    value: Any
    file: str
    line: int | None
    path: str | None = None


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"origin": "from"}):
    """A column with its cells translated: `map` by exact text (a cell that is not in it is an error)."""

    origin: str
    map: dict[str, str] | None = None
    prefix: str = ""
    split: str | None = None


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table and how its columns become items. Local files need `sha256`; a hub id needs a 40-hex `revision`."""

    format: Format
    columns: dict[str, str | Column]
    path: str | None = None
    hub: str | None = None
    split: str | None = None
    revision: str | None = None
    sha256: str | None = None
    skip_rows: int = 0
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    records: str | None = None
    """Dotted path to the list of rows inside a JSON document."""
    constants: dict[str, str] = {}


def read_items(folder: Path, name: str, kind: type, place: Fault) -> Iterator[Entry]:
    """Yield each line of an attached JSON-lines file as an item; raises ConfigError with file and line."""
    path = files.inside(folder, name, place=place)
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(files.read_bytes(path).split(b"\n"), 1):
        if line.strip():
            yield Entry(_decode(decoder, line, path, number), str(path), number)


def _decode(decoder: msgspec.json.Decoder[Any], line: bytes, path: Path, number: int) -> Any:
    """Return one JSON line as an item; refuses repeated keys, which JSON readers treat differently."""
    try:
        value = decoder.decode(line)
        json.loads(line, object_pairs_hook=_unique)
    except _RepeatedKey as error:
        raise ConfigError.of([schema.in_file(path, number, "yaml.duplicate_key", name=error.args[0])]) from None
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ConfigError.of([_explain_line(decoder, line, path, number, error)]) from None
    return value


class _RepeatedKey(Exception):
    """A JSON object names a key twice."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedKey(next(name for name in names if names.count(name) > 1))
    return found


def _explain_line(
    decoder: msgspec.json.Decoder[Any], line: bytes, path: Path, number: int, error: Exception
) -> Fault:
    if isinstance(error, msgspec.ValidationError):
        tree = schema.Tree(msgspec.json.decode(line), {(): number}, str(path))
        found = schema.explain(tree, decoder.type, str(error))
        return Fault(key=found.key, facts=found.facts, file=str(path), line=number, path=found.path)
    return schema.in_file(path, number, "json.syntax", why=str(error))


def read(source: Source, folder: Path, kind: type, place: Fault) -> Iterator[Entry]:
    """Yield each row of a table as a written item of `kind`; raises ConfigError that names the row."""
    name = source.path or source.hub or ""
    for number, row in enumerate(_rows(source, folder, place), 1 + source.skip_rows):
        data = convert_row(row, source, f"{name}:{number}")
        tree = schema.Tree(data, {}, name)
        try:
            value = msgspec.convert(data, kind, strict=True)
        except msgspec.ValidationError as error:
            found = schema.explain(tree, kind, str(error))
            raise ConfigError.of(
                [Fault(key=found.key, facts=found.facts, file=name, line=number, path=found.path)]
            ) from None
        yield Entry(value, name, number)


def _rows(source: Source, folder: Path, place: Fault) -> Iterator[Mapping[str, Any]]:
    """Yield the raw rows, after the digest has been checked."""
    if source.hub is not None:
        yield from tables.hub_rows(source, place)
        return
    if source.path is None:
        raise ConfigError.of([Fault(key="source.no_path", file=place.file, line=place.line)])
    path = files.inside(folder, source.path, place=place)
    if source.format == "huggingface":
        yield from tables.folder_rows(path, source)
        return
    data = files.read_bytes(path, limit=tables.MAX_BYTES)
    check_digest(data, source, path, place)
    yield from tables.rows(data, source, path)


def check_digest(data: bytes, source: Source, path: Path, place: Fault) -> None:
    """Raise ConfigError unless `data` has the digest that the suite pins (a suite must pin one)."""
    found = canonical.digest_bytes(data)
    if source.sha256 is None:
        facts: dict[str, object] = {"name": path.name, "found": found}
        raise ConfigError.of([Fault(key="source.no_digest", facts=facts, file=place.file, line=place.line)])
    if source.sha256 != found:
        facts = {"name": path.name, "found": found, "wanted": source.sha256}
        raise ConfigError.of([Fault(key="source.digest", facts=facts, file=place.file, line=place.line)])


def convert_row(row: Mapping[str, Any], source: Source, where: str) -> dict[str, Any]:
    """Return a row as the plain data of an item: columns mapped, dotted keys nested, constants added."""
    item: dict[str, Any] = {}
    for key, value in source.constants.items():
        _put(item, key, value)
    for key, column in source.columns.items():
        value = _cell(row, column, where)
        if value is not None:
            _put(item, key, value)
    return item


def _cell(row: Mapping[str, Any], column: str | Column, where: str) -> Any:
    name = column if isinstance(column, str) else column.origin
    if name not in row:
        facts = {"name": name, **schema.nearest(name, map(str, row))}
        raise ConfigError.of([Fault(key="source.no_column", facts=facts, file=where)])
    value = row[name]
    if value is None or isinstance(column, str):
        return value if value is None or isinstance(value, list | dict) else str(value)
    if column.split is not None:
        return [part.strip() for part in str(value).split(column.split) if part.strip()]
    text = str(value)
    if column.map is not None:
        if text not in column.map:
            facts = {"name": text, "column": name, **schema.nearest(text, column.map)}
            raise ConfigError.of([Fault(key="source.unmapped", facts=facts, file=where)])
        text = column.map[text]
    return column.prefix + text


def _put(item: dict[str, Any], key: str, value: Any) -> None:
    """Set a dotted key; a number as last step appends to a list (`choices.en.0`)."""
    *above, last = key.split(".")
    for step in above:
        item = item.setdefault(step, {})
    item[last] = value

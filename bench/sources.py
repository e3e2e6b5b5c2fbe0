"""Where items come from besides the suite file itself: attached JSON lines, and tables of other people's data.

A table (CSV, Excel, JSON, JSON lines, Parquet, or a Hugging Face data set) is pinned by digest or revision, and its
columns are mapped to item keys: `columns: {id: id, "prompt.en": prompt, expect: {from: label, map: {safe: answer}}}`.
The whole language is documented in `docs/external-suites.md`.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench import columns, files, rows, schema, strict, yaml
from bench.columns import Cell, CellError, Column
from bench.errors import ConfigError, Fault
from bench.rows import Numbered, Query, Tally


class Entry(msgspec.Struct, frozen=True):
    """A written item and its place, for messages."""

    value: Any
    file: str
    line: int | None
    path: str | None = None


class Source(Query, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A data set and how its rows become items. Local files need `sha256`; a hub id needs a 40-hex `revision`."""

    columns: dict[str, str | Column]
    """Item key (dotted: `prompt.en`) → column, or how its value is made."""
    constants: dict[str, Cell] = msgspec.field(default_factory=dict)
    citation: str | None = None
    published: str | None = None
    """Where results to compare with were published, and how they were computed."""


def read_items(folder: Path, name: str, kind: type, place: Fault) -> Iterator[Entry]:
    """Yield each line of an attached JSON-lines file as an item; raises ConfigError with file and line."""
    path = files.inside(folder, name, place=place)
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind)
    for number, line in enumerate(files.read_bytes(path).removeprefix(codecs.BOM_UTF8).split(b"\n"), 1):
        if line.strip():
            yield Entry(_decode(decoder, line, path, number), str(path), number)


def _decode(decoder: msgspec.json.Decoder[Any], line: bytes, path: Path, number: int) -> Any:
    """Return one JSON line as an item; raises ConfigError with file and line."""
    try:
        return strict.decode(decoder, line)
    except strict.UNREADABLE as error:
        raise ConfigError.of([_explain_line(decoder, line, path, number, error)]) from None


def _explain_line(decoder: msgspec.json.Decoder[Any], line: bytes, path: Path, number: int, error: Exception) -> Fault:
    if isinstance(error, msgspec.ValidationError):
        try:
            tree = yaml.Tree(msgspec.json.decode(line), {(): number}, str(path))
        except strict.UNREADABLE as worse:
            return files.line_fault(worse, path, number)
        found = schema.explain(tree, decoder.type, str(error))
        return Fault(key=found.key, facts=found.facts, file=str(path), line=number, path=found.path)
    return files.line_fault(error, path, number)


def read(source: Source, folder: Path, kind: type, place: Fault, tally: Tally | None = None) -> Iterator[Entry]:
    """Yield each row as a written item of `kind`; raises ConfigError with the suite's line and the data row."""
    check(source, place)
    for found in rows.gather(source, folder, place, tally):
        data = convert_row(found, source, place)
        tree = yaml.Tree(data, {}, found.file)
        try:
            value: Any = msgspec.convert(data, kind, strict=True)
        except msgspec.ValidationError as error:
            wrong = schema.explain(tree, kind, str(error))
            raise rows.stop(at_column(place, wrong.path), wrong.key, rows.shown(found), **wrong.facts) from None
        yield Entry(value, found.file, found.number)


def check(source: Source, place: Fault) -> None:
    """Raise ConfigError that lists every column whose mapping is wrong whatever the data."""
    wrong: list[Fault] = []
    for section, found in (("derive", source.derive), ("columns", source.columns)):
        for name, column in found.items():
            for key, facts in columns.faults(column):
                there = rows.at(place, section, name)
                wrong.append(Fault(key=key, facts=facts, file=there.file, line=there.line, path=there.path))
    if wrong:
        raise ConfigError.of(wrong)


def at_column(place: Fault, path: str | None) -> Fault:
    """Return the place of the mapping of an item key."""
    return rows.at(place, "columns", path or "")


def convert_row(found: Numbered, source: Source, place: Fault) -> dict[str, Any]:
    """Return a row as the plain data of an item: columns mapped, dotted keys nested, constants added."""
    item: dict[str, Any] = {}
    for key, value in source.constants.items():
        put(item, key, value)
    late = [key for key, column in source.columns.items() if isinstance(column, Column) and column.option]
    for key in (*(key for key in source.columns if key not in late), *late):
        try:
            value = columns.value(found.row, source.columns[key], item)
        except CellError as error:
            raise rows.stop(at_column(place, key), error.key, rows.shown(found), **error.facts) from None
        if value is not None:
            put(item, key, value)
    return item


def put(item: dict[str, Any], key: str, value: Any) -> None:
    """Set a dotted key."""
    *above, last = key.split(".")
    for step in above:
        item = item.setdefault(step, {})
    item[last] = value

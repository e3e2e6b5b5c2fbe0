"""The one door to pandas and Hugging Face `datasets`: bytes or a hub id → rows as mappings of column to cell."""

from __future__ import annotations

import gzip
import io
import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from bench import strict
from bench.errors import ConfigError, EnvironmentFault, Fault

if TYPE_CHECKING:
    import pandas

    from bench.rows import Query

MAX_BYTES = 1024 * 1024 * 1024
"""Of a file, also of what a gzip file unpacks to."""
_REVISION = re.compile(r"[0-9a-f]{40}\Z")
_UNNAMED = re.compile(r"Unnamed: ([0-9]+)\Z")
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"

Format = Literal["csv", "json", "jsonl", "parquet", "xlsx", "huggingface"]
Row = Mapping[str, Any]


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file is to be read."""

    format: Format
    encoding: str = "utf-8"
    """Of CSV text; a byte-order mark of UTF-8 is dropped."""
    delimiter: str = ","
    header: bool = True
    names: tuple[str, ...] = ()
    """Column names of a table without a header row."""
    skip_rows: int = 0
    records: str | None = None
    """Dotted path to the rows inside a JSON document."""
    keys: tuple[str, ...] = ()
    """Column names for the keys of nested JSON mappings, outermost first."""
    count_from: int = 0
    """The `_row` of the first row."""


def rows(data: bytes, shape: Shape, path: Path) -> Iterator[Row]:
    """Yield the rows of a file, each with its number `_row`; raises ConfigError if it is not of the stated format."""
    try:
        found = unpack(data)
        if shape.format == "json":
            made = json_rows(found, shape)
        elif shape.format == "jsonl":
            made = (msgspec.json.decode(line) for line in found.removeprefix(_BOM).splitlines() if line.strip())
        else:
            made = frame_rows(frame(found, shape))
        for number, row in enumerate(made, shape.count_from):
            if not isinstance(row, Mapping):
                raise ValueError("a row is not an object")
            yield {"_row": number, **row}
    except (*strict.UNREADABLE, KeyError, TypeError, OSError, EOFError, zlib.error) as error:
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ConfigError.of([Fault(key="source.unreadable", facts={"why": why}, file=str(path))]) from error


def unpack(data: bytes) -> bytes:
    """Return the bytes of a gzip file unpacked, others as they are; raises ValueError over the size limit."""
    if not data.startswith(_GZIP):
        return data
    with gzip.open(io.BytesIO(data)) as stream:
        found = stream.read(MAX_BYTES + 1)
    if len(found) > MAX_BYTES:
        raise ValueError(f"unpacks to more than {MAX_BYTES} bytes")
    return found


def json_rows(data: bytes, shape: Shape) -> Iterator[Row]:
    """Yield the rows of a JSON document: its list, or the entries of its mappings with their keys as columns."""
    found: Any = msgspec.json.decode(data.removeprefix(_BOM))
    for step in shape.records.split(".") if shape.records else ():
        found = found[step]
    if not isinstance(found, list | dict):
        raise ValueError("neither a list nor a mapping")
    yield from nested(found, shape.keys or (("_key",) if isinstance(found, dict) else ()))


def nested(found: Any, names: Sequence[str]) -> Iterator[Row]:
    """Yield the leaves below nested mappings. A leaf that is no object becomes column `_value`, its place `_index`."""
    if names:
        if not isinstance(found, dict):
            raise ValueError(f"no mapping to name {names[0]!r}")
        for key, inner in found.items():
            for row in nested(inner, names[1:]):
                yield {names[0]: key, **row}
        return
    for index, leaf in enumerate(found if isinstance(found, list) else [found]):
        yield {"_index": index, **(leaf if isinstance(leaf, dict) else {"_value": leaf})}


def frame(data: bytes, shape: Shape) -> pandas.DataFrame:
    """Return a CSV, Excel or Parquet table as a data frame of text (Parquet: typed) columns."""
    import pandas

    header = 0 if shape.header else None
    if shape.format == "parquet":
        found = pandas.read_parquet(io.BytesIO(data)).iloc[shape.skip_rows :]
    elif shape.format == "xlsx":
        found = pandas.read_excel(
            io.BytesIO(data), dtype=str, keep_default_na=False, header=header, skiprows=shape.skip_rows
        )
    else:
        text = data.decode("utf-8-sig" if shape.encoding.lower() in ("utf-8", "utf8") else shape.encoding)
        found = pandas.read_csv(
            io.StringIO(text),
            dtype=str,
            keep_default_na=False,
            sep=shape.delimiter,
            header=header,
            skiprows=shape.skip_rows,
        )
    return found if shape.header else named(found, shape.names)


def named(frame: pandas.DataFrame, names: Sequence[str]) -> pandas.DataFrame:
    """Return a frame without header with its columns named; further columns keep their number."""
    if len(names) > len(frame.columns):
        raise ValueError(f"{len(names)} names for {len(frame.columns)} columns")
    frame.columns = [*names, *(str(index) for index in range(len(names), len(frame.columns)))]
    return frame


def frame_rows(frame: pandas.DataFrame) -> Iterator[Row]:
    """Yield a frame's rows; a column without a name is named by its number from 0."""
    columns = [_UNNAMED.sub(r"\1", str(name)) for name in frame.columns]
    for values in frame.itertuples(index=False, name=None):
        yield dict(zip(columns, map(plain, values), strict=True))


def plain(value: Any) -> Any:
    """Return a cell as plain data: arrays as lists, missing values as None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def hub_rows(source: Query, place: Fault) -> Iterator[Row]:
    """Yield the rows of a data set on a hub at a fixed revision; raises ConfigError without one."""
    if source.revision is None or _REVISION.match(source.revision) is None:
        raise ConfigError.of([Fault(key="source.no_revision", file=place.file, line=place.line)])
    import datasets

    try:
        found = datasets.load_dataset(source.hub, split=source.split or "test", revision=source.revision)
    except (OSError, ValueError, ConnectionError) as error:
        facts: dict[str, object] = {"name": source.hub, "why": str(error).splitlines()[0]}
        raise EnvironmentFault.of([Fault(key="source.hub", facts=facts, file=place.file, line=place.line)]) from error
    yield from ({"_row": number, **row} for number, row in enumerate(found, source.count_from))


def folder_rows(path: Path, source: Query) -> Iterator[Row]:
    """Yield the rows of a data set that was saved to disk by `datasets` (`save_to_disk`)."""
    import datasets

    try:
        found = datasets.load_from_disk(str(path))
        chosen = found[source.split or "test"] if isinstance(found, datasets.DatasetDict) else found
        yield from ({"_row": number, **row} for number, row in enumerate(chosen, source.count_from))
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError.of([Fault(key="source.unreadable", facts={"why": str(error)}, file=str(path))]) from error

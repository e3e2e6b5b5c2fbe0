"""The one door to pandas and Hugging Face `datasets`: bytes or a hub id → rows as mappings of column to cell."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench.errors import ConfigError, EnvironmentFault, Fault

if TYPE_CHECKING:
    import pandas

    from bench.sources import Source

MAX_BYTES = 1024 * 1024 * 1024
_REVISION = re.compile(r"[0-9a-f]{40}\Z")

Row = Mapping[str, Any]


def rows(data: bytes, source: Source, path: Path) -> Iterator[Row]:
    """Yield the rows of a local table; raises ConfigError if it cannot be read in the stated format."""
    try:
        if source.format == "json":
            yield from _json_rows(data, source)
        elif source.format == "jsonl":
            yield from (msgspec.json.decode(line) for line in data.splitlines() if line.strip())
        else:
            yield from frame_rows(_frame(data, source))
    except (ValueError, KeyError, UnicodeError) as error:
        raise ConfigError.of([Fault(key="source.unreadable", facts={"why": str(error)}, file=str(path))]) from error


def _json_rows(data: bytes, source: Source) -> Iterator[Row]:
    """Yield the rows of a JSON document: a list, or a mapping of id → row (the id becomes column `_key`)."""
    found: Any = msgspec.json.decode(data)
    for step in source.records.split(".") if source.records else ():
        found = found[step]
    if isinstance(found, list):
        yield from found
    elif isinstance(found, dict):
        yield from ({"_key": key, **(row if isinstance(row, dict) else {"_value": row})} for key, row in found.items())
    else:
        raise ValueError("not a list of rows")


def _frame(data: bytes, source: Source) -> pandas.DataFrame:
    """Return a CSV or Parquet table as a data frame of text (CSV) or typed (Parquet) columns."""
    import pandas

    if source.format == "parquet":
        return pandas.read_parquet(io.BytesIO(data)).iloc[source.skip_rows :]
    return pandas.read_csv(
        io.BytesIO(data),
        dtype=str,
        keep_default_na=False,
        encoding=source.encoding,
        sep=source.delimiter,
        header=0 if source.header else None,
        skiprows=source.skip_rows,
    )


def frame_rows(frame: pandas.DataFrame) -> Iterator[Row]:
    """Yield a frame's rows; `_row` is the row's number from 0, unnamed columns are named by their number."""
    columns = [str(name) for name in frame.columns]
    for number, values in enumerate(frame.itertuples(index=False, name=None)):
        yield {"_row": number, **dict(zip(columns, map(_plain, values), strict=True))}


def _plain(value: Any) -> Any:
    """Return a cell as plain data: arrays as lists, missing values as None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float) and value != value:
        return None
    return value


def hub_rows(source: Source, place: Fault) -> Iterator[Row]:
    """Yield the rows of a data set on a hub at a fixed revision; raises ConfigError without one."""
    if source.revision is None or _REVISION.match(source.revision) is None:
        raise ConfigError.of([Fault(key="source.no_revision", file=place.file, line=place.line)])
    import datasets

    try:
        found = datasets.load_dataset(source.hub, split=source.split or "test", revision=source.revision)
    except (OSError, ValueError, ConnectionError) as error:
        facts: dict[str, object] = {"name": source.hub, "why": str(error).splitlines()[0]}
        raise EnvironmentFault.of([Fault(key="source.hub", facts=facts, file=place.file, line=place.line)]) from error
    yield from found


def folder_rows(path: Path, source: Source) -> Iterator[Row]:
    """Yield the rows of a data set that was saved to disk by `datasets` (`save_to_disk`)."""
    import datasets

    try:
        found = datasets.load_from_disk(str(path))
        yield from found[source.split or "test"] if isinstance(found, datasets.DatasetDict) else found
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError.of([Fault(key="source.unreadable", facts={"why": str(error)}, file=str(path))]) from error

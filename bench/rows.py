"""Files of a data set → the rows that become items: read, joined, unfolded, selected. Each row left out has a reason.

Order: read the files (digest first) → `where` → `join` → `unfold` → `derive` → `skip`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from bench import canonical, columns, files, tables, yaml
from bench.columns import CellError, Column
from bench.errors import ConfigError, Fault, MingjianError
from bench.tables import Row, Shape
from bench.types import Text

Wanted = dict[str, tuple[str | None, ...]]
"""Column → the cells that are wanted, as text; null: the cell is missing."""


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file, pinned by digest. `values` are columns that every row of the file gets."""

    path: str
    sha256: str
    values: dict[str, str] = {}


class Origin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the files can be fetched: a repository at a commit, or a data set of a hub at a revision.

    A file's place there is its local path without the set's own folder; with `below` it is the bare name below that.
    """

    github: str | None = None
    commit: str | None = None
    hub: str | None = None
    modelscope: str | None = None
    revision: str = "main"
    below: str | None = None


class Table(Shape, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file (`path`, `sha256`), or several of one shape, read in order."""

    path: str | None = None
    sha256: str | None = None
    files: tuple[File, ...] = ()
    origin: Origin | None = None


class Join(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second table: each row gets the columns of its one partner there, with `prefix` before their names."""

    by: dict[str, str]
    """Column of the first table → column of this one; cells are compared as text."""
    prefix: str = ""


class Unfold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row for each of `columns`: the column's name goes to column `name`, its cell to column `value`."""

    columns: tuple[str, ...]
    name: str = "_name"
    value: str = "_value"


class Skip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows that are left out because something is wrong with them."""

    where: Wanted
    reason: Text


class Query(Table, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows: the tables and what is done to them before a row becomes an item."""

    hub: str | None = None
    split: str | None = None
    revision: str | None = None
    rows: int | None = None
    """How many rows the files hold; another count is an error."""
    join: tuple[Join, ...] = ()
    unfold: Unfold | None = None
    derive: dict[str, str | Column] = msgspec.field(default_factory=dict)
    """New columns, made by the mapping language."""
    where: Wanted = msgspec.field(default_factory=dict)
    """The rows of the first table that are meant, by its own columns."""
    skip: tuple[Skip, ...] = ()
    extras: tuple[File, ...] = ()
    """Further files of the set, such as captured answers: fetched and checked with it, not read as rows."""


class Numbered(msgspec.Struct, frozen=True):
    """A row and its place: the file as named in the definition, and the row's number in it from 1."""

    row: Row
    file: str
    number: int


class Tally:
    """What happened to the rows: read, skipped by rule, taken. Rows outside `where` are of another definition."""

    def __init__(self) -> None:
        self.read = 0
        self.taken = 0
        self.skipped: Counter[int] = Counter()


def at(place: Fault, *steps: str | int) -> Fault:
    """Return `place` moved to a key below `source` of the same suite file."""
    path = ("source", *steps)
    shown = yaml.show_path(path)
    if place.file is None or not Path(place.file).is_file():
        return Fault(key=place.key, file=place.file, line=place.line, path=shown)
    return Fault(key=place.key, file=place.file, line=yaml.load(Path(place.file)).line(path), path=shown)


def stop(place: Fault, key: str, where: str = "", **facts: object) -> MingjianError:
    """Return an error at `place` of the suite file; `where` names the data row."""
    path = " ← ".join(part for part in (place.path, where) if part)
    return ConfigError.of([Fault(key=key, facts=facts, file=place.file, line=place.line, path=path or None)])


def gather(query: Query, folder: Path, place: Fault, tally: Tally | None = None) -> Iterator[Numbered]:
    """Yield the rows that become items; raises ConfigError for a wrong digest, count, join or rule without effect."""
    tally = tally or Tally()
    for found in kept(query, folded(query, joined(query, folder, place, tally), place), place, tally):
        tally.taken += 1
        yield found
    if query.rows is not None and query.rows != tally.read:
        raise stop(at(place, "rows"), "source.rows", found=tally.read, wanted=query.rows)
    for index in range(len(query.skip)):
        if not tally.skipped[index]:
            raise stop(at(place, "skip", index), "source.skip_unused")


def joined(query: Query, folder: Path, place: Fault, tally: Tally) -> Iterator[Numbered]:
    """Yield each row of the first table with the columns of its partners."""
    others = [index(join, folder, at(place, "join", number)) for number, join in enumerate(query.join)]
    for found in table_rows(query, folder, place):
        tally.read += 1
        if not fits(found, query.where, place, "where"):
            continue
        row = dict(found.row)
        for number, (join, other) in enumerate(zip(query.join, others, strict=True)):
            try:
                partner = other.get(tuple(str(columns.fetch(row, name)) for name in join.by))
            except CellError as error:
                raise stop(at(place, "join", number, "by"), error.key, shown(found), **error.facts) from None
            if partner is None:
                raise stop(at(place, "join", number), "source.no_partner", shown(found))
            row.update(partner)
        yield Numbered(row, found.file, found.number)


def index(join: Join, folder: Path, place: Fault) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return the rows of a joined table by key, their columns prefixed."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for one in table_rows(join, folder, place):
        try:
            key = tuple(str(columns.fetch(one.row, name)) for name in join.by.values())
        except CellError as error:
            raise stop(place, error.key, shown(one), **error.facts) from None
        if key in found:
            raise stop(place, "source.two_partners", shown(one))
        found[key] = {join.prefix + str(name): cell for name, cell in one.row.items()}
    return found


def table_rows(table: Table, folder: Path, place: Fault) -> Iterator[Numbered]:
    """Yield the rows of all files of a table, digests checked first."""
    if isinstance(table, Query) and table.hub is not None:
        yield from number(tables.hub_rows(table, place), table.hub, {})
        return
    for file in pinned(table, place):
        path = files.inside(folder, file.path, place=place)
        if table.format == "huggingface" and isinstance(table, Query):
            yield from number(tables.folder_rows(path, table), file.path, file.values)
            continue
        data = files.read_bytes(path, limit=tables.MAX_BYTES)
        check_digest(data, file, place)
        yield from number(tables.rows(data, table, path), file.path, file.values)


def number(rows: Iterator[Row], name: str, values: Mapping[str, str]) -> Iterator[Numbered]:
    """Yield rows with their file and number, and the file's own columns."""
    for count, row in enumerate(rows, 1):
        yield Numbered({**row, **values}, name, count)


def pinned(table: Table, place: Fault) -> tuple[File, ...]:
    """Return the files of a table; raises ConfigError if none is named."""
    if table.files:
        return table.files
    if table.path is None:
        raise ConfigError.of([Fault(key="source.no_path", file=place.file, line=place.line)])
    return (File(path=table.path, sha256=table.sha256 or ""),)


def check_digest(data: bytes, file: File, place: Fault) -> None:
    """Raise ConfigError unless `data` has the digest that the suite pins (a suite must pin one)."""
    found, name = canonical.digest_bytes(data), Path(file.path).name
    if not file.sha256:
        facts: dict[str, object] = {"name": name, "found": found}
        raise ConfigError.of([Fault(key="source.no_digest", facts=facts, file=place.file, line=place.line)])
    if file.sha256 != found:
        facts = {"name": name, "found": found, "wanted": file.sha256}
        raise ConfigError.of([Fault(key="source.digest", facts=facts, file=place.file, line=place.line)])


def folded(query: Query, rows: Iterator[Numbered], place: Fault) -> Iterator[Numbered]:
    """Yield the rows unfolded and with their derived columns."""
    for found in rows:
        for row in unfolded(query, found, place):
            for name, column in query.derive.items():
                try:
                    row[name] = columns.value(row, column)
                except CellError as error:
                    raise stop(at(place, "derive", name), error.key, shown(found), **error.facts) from None
            yield Numbered(row, found.file, found.number)


def unfolded(query: Query, found: Numbered, place: Fault) -> Iterator[dict[str, Any]]:
    """Yield the rows that one row unfolds to."""
    if query.unfold is None:
        yield dict(found.row)
        return
    for name in query.unfold.columns:
        try:
            cell = columns.fetch(found.row, name)
        except CellError as error:
            raise stop(at(place, "unfold"), error.key, shown(found), **error.facts) from None
        yield {**found.row, query.unfold.name: name, query.unfold.value: cell}


def kept(query: Query, rows: Iterator[Numbered], place: Fault, tally: Tally) -> Iterator[Numbered]:
    """Yield the rows that no `skip` rule leaves out."""
    for found in rows:
        for number, rule in enumerate(query.skip):
            if fits(found, rule.where, place, "skip", number):
                tally.skipped[number] += 1
                break
        else:
            yield found


def fits(found: Numbered, wanted: Wanted, place: Fault, *steps: str | int) -> bool:
    """Return whether every named column holds one of its wanted cells; `steps` say where the rule stands."""
    for name, cells in wanted.items():
        try:
            cell = columns.fetch(found.row, name)
        except CellError as error:
            raise stop(at(place, *steps), error.key, shown(found), **error.facts) from None
        if (None if cell is None else str(cell).strip()) not in cells:
            return False
    return True


def shown(found: Numbered) -> str:
    """Return a row's place for a message: the file and its row, never its text."""
    return f"{found.file} #{found.number}"

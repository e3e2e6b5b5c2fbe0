"""Rows of a table that begin alike, for print: their first cell stands over them once, across the page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import msgspec

from bench.filing.document import Cell, Table


class Line(NamedTuple):
    """One printed line: a heading that runs over all columns, or the cells of a row."""

    heading: Cell | None
    cells: tuple[Cell, ...]


def lines(table: Table) -> Iterator[Line]:
    """Yield the lines of a table in print."""
    if not table.grouped:
        yield from (Line(None, row) for row in table.rows)
        return
    for name, rows in groupby(table.rows, key=lambda row: row[0].text):
        yield Line(Cell(text=name), ())
        yield from (Line(None, row[1:]) for row in rows)


def printed(table: Table) -> Table:
    """Return a table with the columns that print has; of a grouped one the first is a heading and no column."""
    if not table.grouped:
        return table
    rows = tuple(line.cells for line in lines(table) if line.heading is None)
    return msgspec.structs.replace(table, columns=table.columns[1:], rows=rows)

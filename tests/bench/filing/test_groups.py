"""Rows that begin alike: one heading over them in print; nothing is lost and nothing changes its order."""

from __future__ import annotations

from bench.filing import groups
from bench.filing.document import Cell, Column, Table
from bench.types import Text


def cell(word: str) -> Cell:
    return Cell(text=Text(zh=word, en=word))


def table(*rows: str, grouped: bool = True) -> Table:
    columns = tuple(Column(title=Text(zh=name, en=name)) for name in "xy")
    return Table(id="t", title=Text(zh="t", en="t"), columns=columns, grouped=grouped,
                 rows=tuple(tuple(map(cell, row)) for row in rows))  # fmt: skip


def shown(one: Table) -> list[str]:
    return ["".join(part.text.en for part in (line.cells or (line.heading,)) if part) for line in groups.lines(one)]


def test_rows_that_begin_alike_stand_under_one_heading() -> None:
    assert shown(table("a1", "a2", "b1")) == ["a", "1", "2", "b", "1"]


def test_a_name_that_comes_again_later_has_its_heading_again() -> None:
    assert shown(table("a1", "b1", "a2")) == ["a", "1", "b", "1", "a", "2"]


def test_print_of_a_grouped_table_has_a_column_less() -> None:
    found = groups.printed(table("a1", "b2"))
    assert ([one.title.en for one in found.columns], [row[0].text.en for row in found.rows]) == (["y"], ["1", "2"])


def test_a_table_that_is_not_grouped_is_printed_as_it_is() -> None:
    plain = table("a1", "a2", grouped=False)
    assert (groups.printed(plain), shown(plain)) == (plain, ["a1", "a2"])

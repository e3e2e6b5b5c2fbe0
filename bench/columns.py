"""The mapping language: how the cells of a table's row become one key of an item. Data only; nothing is executed.

A column takes its cell `from` one or several columns, or fills a `text` template, and then does, in this order:
`parse` → `match` or `find` → `split` → `map` → `any` → `join` → `prefix` → `option`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from bench import schema

Cell = str | bool | tuple[str, ...] | None
Row = Mapping[str, Any]

_SLOT = re.compile(r"\{([^{}:]+)(?::0([1-9]))?\}")
_LETTER = re.compile(r"\W*([A-Za-z])\W*\Z")


class Column(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"origin": "from", "otherwise": "else"},
):
    """Where a key's value comes from and how it is changed. `map` is by exact text without spaces at the ends."""

    origin: str | tuple[str, ...] | None = None
    text: str | None = None
    parse: Literal["literal", "json"] | None = None
    match: str | None = None
    find: str | None = None
    split: str | None = None
    map: dict[str, Cell] | None = None
    otherwise: Cell | UnsetType = UNSET
    any: str | None = None
    join: str | None = None
    prefix: str = ""
    option: Literal["index", "letter", "text", "lowest"] | None = None


class CellError(Exception):
    """A cell that the mapping cannot take: a catalogue key and its facts."""

    def __init__(self, key: str, **facts: object) -> None:
        super().__init__(key, facts)
        self.key, self.facts = key, facts


def faults(column: str | Column) -> list[tuple[str, dict[str, object]]]:
    """Return what is wrong with a column as written, whatever the data."""
    if isinstance(column, str):
        return []
    found: list[tuple[str, dict[str, object]]] = []
    if (column.origin is None) == (column.text is None):
        found.append(("source.column_shape", {}))
    for pattern in (column.match, column.find):
        if pattern is not None and (why := pattern_fault(pattern)):
            found.append(("source.pattern", {"why": why}))
    return found


def pattern_fault(pattern: str) -> str | None:
    """Return why a pattern cannot be used: not RE2, or without exactly one group."""
    import re2

    try:
        compiled = re2.compile(pattern, options())
    except re2.error as error:
        return str(error.args[0] if error.args else error)
    return None if compiled.groups == 1 else f"{compiled.groups} groups"


def options() -> Any:
    """Return RE2 options that keep its complaints off standard error."""
    import re2

    found = re2.Options()
    found.log_errors = False
    return found


def value(row: Row, column: str | Column, item: Mapping[str, Any] | None = None) -> Any:
    """Return the value of one key; `item` holds the keys made before it. Raises CellError. None: leave the key out."""
    if isinstance(column, str):
        return plain(fetch(row, column))
    cell = fill(column.text, row) if column.text is not None else taken(row, column)
    cell = cut(parsed(cell, column), column)
    if column.map is not None:
        cell = mapped(cell, column)
    if column.any is not None:
        cell = seen(cell, column.any)
    if column.join is not None:
        cell = column.join.join(str(part) for part in listed(cell) if part not in (None, ""))
    if column.option is not None:
        return option(cell, column.option, item or {})
    return finish(cell, column)


def finish(cell: Any, column: Column) -> Any:
    """Return the value with its prefix; without `map`, an empty or missing cell is what `else` says."""
    if cell in (None, "") and column.map is None and column.otherwise is not UNSET:
        return column.otherwise
    return plain(cell) if cell is None or not column.prefix else column.prefix + str(cell)


def fetch(row: Row, name: str) -> Any:
    """Return a row's cell by column name."""
    if name not in row:
        raise CellError("source.no_column", name=name, **schema.nearest(name, map(str, row)))
    return row[name]


def taken(row: Row, column: Column) -> Any:
    """Return the cell, or the cells of several columns; a record need have only the first of several.

    For `any` a cell that a record lacks is unknown, not negative; so none of them is needed.
    """
    if not isinstance(column.origin, tuple):
        return fetch(row, column.origin or "")
    if column.any is None:
        fetch(row, column.origin[0])
    return [row.get(name) for name in column.origin]


def plain(cell: Any) -> Any:
    """Return a cell as item data: text, true or false, a list without missing and empty cells, or None."""
    if isinstance(cell, tuple | list):
        return [plain(part) for part in cell if part not in (None, "")]
    return cell if cell is None or isinstance(cell, bool | dict) else str(cell)


def listed(cell: Any) -> Sequence[Any]:
    """Return a list cell as it is, another as a list of one."""
    return cell if isinstance(cell, tuple | list) else [cell]


def fill(template: str, row: Row) -> str:
    """Return the template with `{column}` replaced by the cell, `{column:03}` by its number with zeros in front."""

    def cell(match: re.Match[str]) -> str:
        text = "" if (found := fetch(row, match[1])) is None else str(found)
        return text.zfill(int(match[2])) if match[2] else text

    return _SLOT.sub(cell, template)


def parsed(cell: Any, column: Column) -> Any:
    """Return the data that a text cell writes: a Python literal or JSON. A mapping gives its values in order."""
    if column.parse is None or not isinstance(cell, str):
        return cell
    try:
        found = ast.literal_eval(cell) if column.parse == "literal" else msgspec.json.decode(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise CellError("source.parse", kind=column.parse, why=type(error).__name__) from None
    return list(found.values()) if isinstance(found, dict) else found


def cut(cell: Any, column: Column) -> Any:
    """Return the part of a text that `match`, `find` or `split` ask for."""
    if cell is None or isinstance(cell, list | tuple):
        return cell
    if column.match is not None:
        return matched(str(cell), column)
    if column.find is not None:
        return [str(part).strip() for part in compiled(column.find).findall(str(cell))]
    if column.split is not None:
        return [part.strip() for part in str(cell).split(column.split) if part.strip()]
    return cell


def matched(text: str, column: Column) -> Any:
    """Return the pattern's group, stripped."""
    found = compiled(column.match or "").search(text)
    if found is None:
        if column.otherwise is UNSET:
            raise CellError("source.no_match", pattern=column.match)
        return column.otherwise
    return str(found[1] or "").strip()


def compiled(pattern: str) -> Any:
    """Return a pattern for RE2, which needs linear time on any text."""
    import re2

    return re2.compile(pattern, options())


def mapped(cell: Any, column: Column) -> Any:
    """Return the translated cell; of a list each entry, flat and without repeats."""
    if not isinstance(cell, list | tuple):
        return translate(cell, column)
    found: list[Any] = []
    for part in cell:
        found += [one for one in listed(translate(part, column)) if one is not None and one not in found]
    return found


def translate(cell: Any, column: Column) -> Any:
    """Return what `map`, or else `else`, says for one cell."""
    assert column.map is not None
    text = "" if cell is None else str(cell).strip()
    if text in column.map:
        return column.map[text]
    if column.otherwise is not UNSET:
        return column.otherwise
    name = column.origin if isinstance(column.origin, str) else column.text or ", ".join(column.origin or ())
    raise CellError("source.unmapped", name=text[:60], column=name, **schema.nearest(text, column.map))


def seen(cell: Any, wanted: str) -> str:
    """Return whether a cell is `wanted`: `yes`; `no` if all are known and differ; else `unknown`."""
    texts = [None if part is None else str(part) for part in listed(cell)]
    if wanted in texts:
        return "yes"
    return "unknown" if None in texts else "no"


def option(cell: Any, kind: str, item: Mapping[str, Any]) -> str | None:
    """Return the letter of the right option, from an index, a letter in any dress, its text, or the lowest number."""
    if cell is None:
        return None
    if kind == "lowest":
        numbers = [float(part) for part in listed(cell)]
        return letter(numbers.index(min(numbers)))
    if kind == "index":
        if not str(cell).isdigit():
            raise CellError("source.option", kind=kind)
        return letter(int(cell))
    if kind == "letter":
        found = _LETTER.match(str(cell))
        if found is None:
            raise CellError("source.option", kind=kind)
        return found[1].upper()
    return by_text(str(cell), item)


def by_text(text: str, item: Mapping[str, Any]) -> str:
    """Return the letter of the one option whose text this is, in any language of the item."""
    choices = item.get("choices")
    for texts in choices.values() if isinstance(choices, dict) else ():
        places = [index for index, one in enumerate(texts) if one.strip() == text.strip()]
        if len(places) == 1:
            return letter(places[0])
    raise CellError("source.option", kind="text")


def letter(index: int) -> str:
    """Return the letter of an option: 0 is A."""
    if not 0 <= index < 26:
        raise CellError("source.option", kind="index")
    return chr(ord("A") + index)

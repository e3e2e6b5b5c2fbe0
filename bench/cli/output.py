"""What commands print: texts from the catalogue, tables for people, JSON for programs. What others wrote is cleaned."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from bench import catalogue

_KEPT = frozenset("\n\t")
_HIDDEN = frozenset(("Cc", "Cs", "Cf", "Co"))


@dataclass(frozen=True)
class Output:
    """Where and in which language a command speaks."""

    lang: str

    def say(self, key: str, /, **facts: object) -> None:
        """Print a catalogue text to standard output."""
        print(clean(self.text(key, **facts)))

    def note(self, key: str, /, **facts: object) -> None:
        """Print a catalogue text to standard error."""
        print(clean(self.text(key, **facts)), file=sys.stderr)

    def text(self, key: str, /, **facts: object) -> str:
        return catalogue.text(key, self.lang, **facts)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table; `columns` are catalogue keys. Without a terminal the lines are tab-separated."""
        titles = [self.text(f"cli.column.{name}") for name in columns]
        if not sys.stdout.isatty():
            for row in (titles, *rows):
                print("\t".join(clean(cell).replace("\n", " ").replace("\t", " ") for cell in row))
            return
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        shown = Table(box=None, pad_edge=False, header_style="bold")
        for title in titles:
            shown.add_column(title, overflow="fold")
        for row in rows:
            shown.add_row(*(Text(clean(cell)) for cell in row))
        Console().print(shown)

    def records(self, columns: Sequence[str], rows: Sequence[Any], as_json: bool) -> None:
        """Print a list of nouns: as one JSON array, or as a table of the named fields."""
        plain = [msgspec.to_builtins(row) for row in rows]
        if as_json:
            self.json(plain)
        else:
            self.table(columns, [[self.cell(row.get(name), name) for name in columns] for row in plain])

    def cell(self, value: Any, column: str = "") -> str:
        """Return a field for a table: texts and words of a closed list in the language spoken, lists joined."""
        if isinstance(value, bool):
            return self.text("cli.yes" if value else "cli.no")
        if (key := f"value.{column}.{value}") in catalogue.area("cli"):
            return self.text(f"cli.{key}")
        if isinstance(value, dict) and {"zh", "en"} <= value.keys():
            return str(value[self.lang])
        if isinstance(value, list | tuple):
            return ", ".join(map(str, value))
        return "" if value is None else str(value)

    def json(self, value: Any) -> None:
        """Print a value as indented JSON."""
        print(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2).decode())


def clean(value: object) -> str:
    """Return text that is safe on a terminal: control, format, private and surrogate characters shown as `·`."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join("·" if unicodedata.category(c) in _HIDDEN and c not in _KEPT else c for c in text)

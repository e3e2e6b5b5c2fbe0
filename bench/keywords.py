"""Keyword libraries: YAML (and attached JSON lines, where long) → `Library`. Strict, data only.

    library: demonstration
    keywords: words.jsonl            # or inline: [{code: A.1-a, text: …, lang: zh, added: "2026-11-23"}]

The standard asks for more than 10,000 entries that change every week: the operator brings the real library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench import resources, schema, sources, taxonomies, yaml
from bench.errors import ConfigError, Fault
from bench.sources import Entry
from bench.types import Language, Text, Value

BELOW = "keywords"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


class Keyword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry, as written; a bare code belongs to the library's taxonomy."""

    code: str
    text: str
    lang: Language
    added: str | None = None


class LibraryFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A library as written: entries inline, or the name of a JSON-lines file beside it."""

    library: str
    title: Text
    version: str
    updated: str
    licence: str
    keywords: tuple[Keyword, ...] | str
    taxonomy: str = "cn-31"
    demonstration: bool = False
    note: Text | None = None


class Library(Value, frozen=True):
    """A named, dated set of keywords; codes are qualified (`cn-31:A.1-a`)."""

    name: str
    title: Text
    version: str
    updated: str
    licence: str
    taxonomy: str
    keywords: tuple[Keyword, ...]
    demonstration: bool
    path: str


def names() -> list[str]:
    """Return the names of the built-in libraries."""
    return resources.names("configs", BELOW)


def load(name: str) -> Library:
    """Return a library, built in or by path; raises ConfigError that lists every fault found."""
    path = Path(name) if resources.is_path(name) else resources.find("configs", name, BELOW)
    if path is None:
        raise ConfigError.of([Fault(key="keywords.unknown", facts={"name": name, **schema.nearest(name, names())})])
    tree = yaml.load(path)
    written = schema.convert(tree, LibraryFile)
    found: list[Keyword] = []
    faults = list(_check_header(tree, written))
    for entry in _entries(tree, written, path):
        keyword = msgspec.structs.replace(entry.value, code=taxonomies.qualify(entry.value.code, written.taxonomy))
        faults += _check(entry, keyword)
        found.append(keyword)
    if faults:
        raise ConfigError.of(faults)
    return Library(
        name=written.library, title=written.title, version=written.version, updated=written.updated,
        licence=written.licence, taxonomy=written.taxonomy, keywords=tuple(found),
        demonstration=written.demonstration, path=str(path),
    )  # fmt: skip


def _entries(tree: yaml.Tree, written: LibraryFile, path: Path) -> Iterator[Entry]:
    """Yield every keyword with its place."""
    if isinstance(written.keywords, str):
        place = schema.fault_at(tree, ("keywords",), "file.outside")
        yield from sources.read_items(path.parent, written.keywords, Keyword, place)
        return
    for index, keyword in enumerate(written.keywords):
        yield Entry(keyword, str(path), tree.line(("keywords", index)), f"keywords[{index}]")


def _check_header(tree: yaml.Tree, written: LibraryFile) -> Iterator[Fault]:
    if _DATE.match(written.updated) is None:
        yield schema.fault_at(tree, ("updated",), "suite.date", value=written.updated)
    if written.taxonomy not in taxonomies.names():
        near = schema.nearest(written.taxonomy, taxonomies.names(), "mingjian taxonomies list")
        yield schema.fault_at(tree, ("taxonomy",), "taxonomy.unknown", name=written.taxonomy, **near)


def _check(entry: Entry, keyword: Keyword) -> Iterator[Fault]:
    """Yield what is wrong with one entry: no text, an unknown code, a date that is none."""

    def fault(key: str, **facts: object) -> Fault:
        return Fault(key=key, facts=facts, file=entry.file, line=entry.line, path=entry.path)

    if not keyword.text.strip():
        yield fault("keywords.empty")
    if taxonomies.lookup(keyword.code) is None:
        yield fault("suite.unknown_code", name=keyword.code)
    if keyword.added is not None and _DATE.match(keyword.added) is None:
        yield fault("suite.date", value=keyword.added)

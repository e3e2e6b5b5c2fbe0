"""The external data sets that definitions exist for: which, under which licence, and which are at hand and intact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from bench import files, mirrors, resources, rows, schema, suites, taxonomies, yaml
from bench.errors import ConfigError, Fault, IntegrityError
from bench.rows import File, Origin, Tally
from bench.sources import Source
from bench.suitefile import SuiteFile
from bench.types import Language, Suite, Text, Value

PREFIX = "external"
State = Literal["ok", "missing", "changed", "faulty"]


class Definition(Value, frozen=True):
    """What a definition says about its data set, without the data."""

    name: str
    title: Text
    dimension: str
    languages: tuple[Language, ...]
    licence: str
    rows: int | None
    files: tuple[str, ...]
    citation: str | None = None
    published: str | None = None


class Holding(Value, frozen=True):
    """A definition and what a folder holds of it."""

    name: str
    state: State
    rows: int | None = None
    items: int | None = None
    left_out: dict[str, int] = msgspec.field(default_factory=dict)
    """Reason → rows."""
    faults: tuple[Fault, ...] = ()


class Fetched(Value, frozen=True):
    """A file of a definition and where it came from (None: it was there already)."""

    path: str
    source: str | None


def names(wanted: Sequence[str] = ()) -> list[str]:
    """Return the names of the definitions that `wanted` mean (all if empty); `external.` may be left out.

    The path of a definition of the user's own stands for itself.
    """
    known = [f"{PREFIX}.{name}" for name in resources.names("suites", PREFIX)]
    found: list[str] = []
    for name in wanted:
        if resources.is_path(name):
            found.append(name)
            continue
        full = name if name == PREFIX or name.startswith(PREFIX + ".") else f"{PREFIX}.{name}"
        meant = [one for one in known if one == full or one.startswith(full + ".")]
        if not meant:
            raise ConfigError.of(
                [
                    Fault(
                        key="data.unknown",
                        facts={"name": name, **schema.nearest(full, known, "mingjian datasets list")},
                    )
                ]
            )
        found += meant
    return list(dict.fromkeys(found)) if wanted else known


def read(name: str) -> tuple[SuiteFile, Source, Path]:
    """Return a definition as written, its source and its file."""
    path = Path(name) if resources.is_path(name) else resources.find("suites", name)
    assert path is not None
    written = schema.convert(yaml.load(path), SuiteFile)
    if written.source is None:
        raise ConfigError.of([Fault(key="data.no_source", file=str(path), line=1)])
    return written, written.source, path


def definition(name: str) -> Definition:
    """Return what a definition says about its data set."""
    written, source, _ = read(name)
    return Definition(
        name=name,
        title=written.title,
        dimension=written.dimension,
        languages=written.languages,
        licence=written.licence,
        rows=source.rows,
        files=tuple(file.path for file, _ in pins(source)),
        citation=source.citation,
        published=source.published,
    )


def pins(source: Source) -> Iterator[tuple[File, Origin | None]]:
    """Yield every file of a definition with its origin: its own, those of joined tables, and extras."""
    place = Fault(key="source.no_path")
    for table in (source, *source.join):
        for file in rows.pinned(table, place):
            yield file, table.origin or source.origin
    for file in source.extras:
        yield file, source.origin


def check(name: str, data: Path) -> Holding:
    """Return what the folder `data` holds of a definition: its files with the pinned digests, its rows, its items."""
    _, source, path = read(name)
    missing = [file for file, _ in pins(source) if not (data / file.path).is_file()]
    if missing:
        faults = tuple(Fault(key="file.missing", file=str(data / file.path)) for file in missing)
        return Holding(name=name, state="missing", faults=faults)
    changed = [file for file, _ in pins(source) if files.digest_file(data / file.path) != file.sha256]
    if changed:
        return Holding(name=name, state="changed", faults=tuple(digest_fault(file, data) for file in changed))
    tally, place = Tally(), Fault(key="source.no_path", file=str(path), line=1)
    try:
        for _ in rows.gather(source, data, place, tally):
            pass
        items = len(suites.load(path, data=data).items)
    except ConfigError as error:
        return Holding(name=name, state="faulty", faults=error.faults)
    left_out = {source.skip[index].reason.en: count for index, count in sorted(tally.skipped.items())}
    return Holding(name=name, state="ok", rows=tally.read, items=items, left_out=left_out)


def digest_fault(file: File, data: Path) -> Fault:
    """Return the fault of a file that has another digest than its definition pins."""
    found = files.digest_file(data / file.path)
    return Fault(key="source.digest", facts={"name": file.path, "found": found, "wanted": file.sha256})


def fetch(name: str, target: Path, offline: Path | None = None) -> Iterator[Fetched]:
    """Yield each file of a definition once it is in `target`: what is missing is copied from `offline`, or fetched.

    Raises IntegrityError for a file with another digest, wherever it stands, and never overwrites one.
    """
    _, source, _ = read(name)
    for file, origin in pins(source):
        place = target / file.path
        if place.is_file():
            if files.digest_file(place) != file.sha256:
                raise IntegrityError.of([digest_fault(file, target)])
            yield Fetched(path=file.path, source=None)
        elif offline is not None:
            mirrors.copy(file, offline, target)
            yield Fetched(path=file.path, source=str(offline / file.path))
        else:
            yield Fetched(path=file.path, source=mirrors.fetch(file, origin, target))


def coverage(found: Sequence[Suite], taxonomy: str) -> dict[str, int]:
    """Return code → items for every code of a taxonomy, 0 included: what the suites cover, and what they do not."""
    counts = {code.code: 0 for code in taxonomies.load(taxonomy).codes}
    for suite in found:
        for item in suite.items:
            for code in item.codes:
                head, _, bare = code.partition(":")
                if head == taxonomy and bare in counts:
                    counts[bare] += 1
    return counts

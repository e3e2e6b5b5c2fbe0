"""Overlap with public sets: which items are equal or nearly equal to a text in a folder of other people's data.

Every text of CSV, JSON, JSON lines (also gzipped), spreadsheet and Parquet files counts, whatever its column. What
cannot be read is listed, never passed over.
"""

from __future__ import annotations

import csv
import gzip
import html
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import strict, tables
from bench.errors import MingjianError
from bench.lint import similar, texts
from bench.lint.findings import Finding, at, make
from bench.tables import Shape
from bench.types import Item, Language, Suite, Value

SHORTEST, LONGEST = 8, 4000
"""Texts outside these lengths are not compared."""
MAX_BYTES = 256 * 1024 * 1024
_SKIPPED = frozenset(("LICENSE", "NOTICE"))
_SKIPPED_SUFFIXES = frozenset((".md", ".py", ".png", ".pdf"))
_STRING = re.compile(r"<si\b[^>]*>(.*?)</si>", re.DOTALL)
_RUN = re.compile(r"<t\b[^>]*>(.*?)</t>", re.DOTALL)


class Overlap(Value, frozen=True):
    """What one folder of public data has in common with the suites; `unread` names files that could not be read."""

    source: str
    texts: int
    equal: int
    near: int
    unread: tuple[str, ...]


class _Own(Value, frozen=True):
    """Our items in one language, indexed."""

    language: Language
    members: list[tuple[Suite, Item]]
    index: similar.Index


def check(suites: Sequence[Suite], folder: Path) -> tuple[list[Finding], list[Overlap]]:
    """Return a finding for each item that equals or nearly equals a public text, and the figures by public set."""
    own = [_index(suites, lang) for lang in texts.languages(suites)]
    findings: list[Finding] = []
    overlaps = []
    for source, files in _sources(folder).items():
        found, overlap = _compare(own, source, files, folder)
        findings += found
        overlaps.append(overlap)
    return findings, overlaps


def _index(suites: Sequence[Suite], lang: Language) -> _Own:
    members = texts.in_language(suites, lang)
    index = similar.Index([similar.grams(texts.prompt(item, lang)) for _, item in members])
    return _Own(language=lang, members=members, index=index)


def _sources(folder: Path) -> dict[str, list[Path]]:
    """Return the data files below `folder` by its direct sub-folders."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in _SKIPPED and path.suffix not in _SKIPPED_SUFFIXES:
            inner = path.relative_to(folder).parts
            found[inner[0] if len(inner) > 1 else "."].append(path)
    return dict(found)


def _compare(own: Sequence[_Own], source: str, files: Iterable[Path], folder: Path) -> tuple[list[Finding], Overlap]:
    """Compare one public set: each item is reported once, with its most similar text."""
    best: dict[tuple[int, int], tuple[float, str]] = {}
    seen: set[str] = set()
    unread = []
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            for text in read(path):
                plain = texts.normalise(text)
                if SHORTEST <= len(plain) <= LONGEST and plain not in seen:
                    seen.add(plain)
                    _match(own, plain, name, best)
        except (*strict.UNREADABLE, KeyError, OSError, MingjianError, csv.Error, ImportError, zipfile.BadZipFile):
            unread.append(name)
    findings = [_finding(own[key[0]], key[1], value) for key, value in sorted(best.items())]
    equal = sum(value[0] == 1 for value in best.values())
    overlap = Overlap(source=source, texts=len(seen), equal=equal, near=len(best) - equal, unread=tuple(unread))
    return findings, overlap


def _match(own: Sequence[_Own], text: str, name: str, best: dict[tuple[int, int], tuple[float, str]]) -> None:
    """Keep the text for each item that it is near to, if it is the nearest so far."""
    found = similar.grams(text)
    for which, ours in enumerate(own):
        for number, similarity in ours.index.similar(found):
            if similarity > best.get((which, number), (0.0, ""))[0]:
                best[which, number] = (similarity, name)


def _finding(ours: _Own, number: int, value: tuple[float, str]) -> Finding:
    suite, item = ours.members[number]
    similarity, name = value
    place = at(suite, item, ours.language, name)
    return make("overlap.public", place, have=round(similarity, 3), need=float(similar.THRESHOLD))


def read(path: Path) -> Iterator[str]:
    """Yield every text of a data file; raises ValueError or OSError if it cannot be read."""
    data = _bytes(path)
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    suffix = suffixes[-1] if suffixes else ".json"
    if suffix == ".xlsx":
        yield from _spreadsheet(data)
    elif suffix == ".parquet":
        yield from leaves(list(tables.rows(data, Shape(format="parquet"), path)))
    elif suffix in (".csv", ".tsv"):
        delimiter = "\t" if suffix == ".tsv" else ","
        csv.field_size_limit(MAX_BYTES)
        for row in csv.reader(io.StringIO(_decode(data)), delimiter=delimiter):
            yield from row
    elif suffix == ".txt":
        yield from _decode(data).splitlines()
    else:
        yield from _json(_decode(data))


def _bytes(path: Path) -> bytes:
    """Return the bytes of a file, unpacked if gzipped, up to a limit."""
    with path.open("rb") as file, gzip.open(file) if path.suffix == ".gz" else file as handle:
        data: bytes = handle.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError("too large")
    return data


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _json(text: str) -> Iterator[str]:
    """Yield the texts of a JSON document, or of JSON lines."""
    try:
        yield from leaves(json.loads(text))
    except json.JSONDecodeError:
        for line in text.splitlines():
            if line.strip():
                yield from leaves(json.loads(line))


def leaves(value: Any) -> Iterator[str]:
    """Yield every text inside plain data."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            stack += one.values()
        elif isinstance(one, list | tuple):
            stack += one


def _spreadsheet(data: bytes) -> Iterator[str]:
    """Yield the shared texts of a workbook; read by pattern, so that no XML entity is ever expanded."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo("xl/sharedStrings.xml")
        if info.file_size > MAX_BYTES:
            raise ValueError("too large")
        text = archive.read(info).decode("utf-8")
    for item in _STRING.finditer(text):
        yield html.unescape("".join(run.group(1) for run in _RUN.finditer(item.group(1))))

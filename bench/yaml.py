"""Hardened YAML: a data subset of YAML 1.2, with the line of every key.

PyYAML reads `NO` as False, keeps the last of two equal keys and expands 306 bytes into millions of leaves; so values
are built here from its event stream. Refused: anchors and aliases, tags, duplicate keys, keys that are not strings,
several documents, more than 32 levels, files over 1 MiB. Plain `true`, `false`, `null` and JSON numbers have their
meaning, everything else is text (`no`, `2026-11-23`, `0o17`, `1_000`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml as pyyaml

from bench import files
from bench.errors import ConfigError, Fault

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_SCALAR = 64 * 1024

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?\Z")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that YAML does not allow in a file; in double quotes they may be written as escapes."""
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Tree:
    """Plain data, and for each key path the 1-based line where its key (or list entry) stands."""

    data: Any
    lines: dict[Path_, int]
    file: str

    def line(self, path: Path_) -> int:
        """Return the line of `path` or of its nearest ancestor that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@dataclass
class _Frame:
    """An open list or mapping while it is being built."""

    value: Any
    path: Path_
    key: str | None = None
    keys: set[str] = field(default_factory=set)


class _Builder:
    """Builds plain data from PyYAML's events, without recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[Path_, int] = {}
        self.stack: list[_Frame] = []
        self.root: Any = None
        self.documents = 0

    def fail(self, key: str, event: pyyaml.Event, **facts: object) -> ConfigError:
        fault = Fault(key=key, facts=facts, file=self.file, line=line_of(event), path=self.where())
        return ConfigError.of([fault])

    def where(self) -> str | None:
        return show_path(self.stack[-1].path) if self.stack else None

    def feed(self, event: pyyaml.Event) -> None:
        """Take one event."""
        if isinstance(event, pyyaml.AliasEvent) or getattr(event, "anchor", None):
            raise self.fail("yaml.alias", event)
        if getattr(event, "tag", None):
            raise self.fail("yaml.tag", event, tag=event.tag)  # type: ignore[attr-defined]
        if isinstance(event, pyyaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.fail("yaml.documents", event)
        elif isinstance(event, pyyaml.ScalarEvent):
            self.take_scalar(event)
        elif isinstance(event, pyyaml.CollectionStartEvent):
            self.open(event)
        elif isinstance(event, pyyaml.CollectionEndEvent):
            self.stack.pop()

    def take_scalar(self, event: pyyaml.ScalarEvent) -> None:
        frame = self.stack[-1] if self.stack else None
        if len(event.value) > MAX_SCALAR:
            raise self.fail("yaml.long_scalar", event, limit=MAX_SCALAR)
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            self.take_key(frame, event)
        else:
            self.place(event, resolve(event))

    def take_key(self, frame: _Frame, event: pyyaml.ScalarEvent) -> None:
        if event.value in frame.keys:
            raise self.fail("yaml.duplicate_key", event, name=event.value)
        if event.value == "<<":
            raise self.fail("yaml.alias", event)
        frame.keys.add(event.value)
        frame.key = event.value
        self.lines[(*frame.path, event.value)] = line_of(event)

    def open(self, event: pyyaml.CollectionStartEvent) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise self.fail("yaml.too_deep", event, limit=MAX_DEPTH)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            raise self.fail("yaml.key_not_text", event)
        value: Any = {} if isinstance(event, pyyaml.MappingStartEvent) else []
        self.stack.append(_Frame(value, self.place(event, value)))

    def place(self, event: pyyaml.Event, value: Any) -> Path_:
        """Put `value` where the innermost open collection wants it; return its path."""
        if not self.stack:
            self.root = value
            self.lines[()] = line_of(event)
            return ()
        frame = self.stack[-1]
        if isinstance(frame.value, dict):
            assert frame.key is not None
            step: str | int = frame.key
            frame.value[frame.key] = value
            frame.key = None
        else:
            step = len(frame.value)
            frame.value.append(value)
            self.lines[(*frame.path, step)] = line_of(event)
        return (*frame.path, step)


def line_of(event: pyyaml.Event) -> int:
    """Return the 1-based line of an event."""
    mark = event.start_mark
    return 1 if mark is None else mark.line + 1


def resolve(event: pyyaml.ScalarEvent) -> Any:
    """Return the value of a scalar: quoted text stays text; plain words follow the JSON part of YAML 1.2."""
    text = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    match = _NUMBER.match(text)
    if match is None:
        return text
    return float(text) if match.group(2) or match.group(3) else int(text)


def show_path(path: Path_) -> str:
    """Return a key path as people write it: `items[3].prompt.zh`."""
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else (f".{step}" if shown else step)
    return shown


def parse(data: bytes, file: Path) -> Tree:
    """Return `data` as a Tree; raises ConfigError with file and line for anything outside the subset."""
    if len(data) > MAX_BYTES:
        raise ConfigError.of([Fault(key="file.too_large", facts={"limit": MAX_BYTES}, file=str(file))])
    text = files.decode_text(data, file)
    if found := _UNPRINTABLE.search(text):
        place = text.count("\n", 0, found.start()) + 1
        sign = f"U+{ord(found[0]):04X}"
        raise ConfigError.of([Fault(key="yaml.control", facts={"sign": sign}, file=str(file), line=place)])
    builder = _Builder(str(file))
    try:
        for event in pyyaml.parse(text, Loader=pyyaml.CSafeLoader):
            builder.feed(event)
    except pyyaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = min(mark.line, len(text.splitlines()) - 1) + 1 if mark is not None else None
        why = getattr(error, "problem", None) or str(error)
        raise ConfigError.of([Fault(key="yaml.syntax", facts={"why": why}, file=str(file), line=line)]) from error
    return Tree(builder.root, builder.lines, str(file))


def load(file: Path) -> Tree:
    """Read and parse a YAML file."""
    return parse(files.read_bytes(file), file)

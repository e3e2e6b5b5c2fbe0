"""Merging again after shards went on: whether a journal is an earlier merge of theirs, and what was made from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench import canonical, files
from bench.engine import journal
from bench.errors import MingjianError
from bench.types import Record

REPORTS = ("report.html", "report.md", "report.json")
"""What `report` makes of a merged run; the renderers' built-in names."""


class Part(NamedTuple):
    """A shard's journal, and the digest that its chain starts with."""

    path: Path
    genesis: str


def is_former(old: Path, new: Path, genesis: str, parts: Iterable[Part]) -> bool:
    """Return whether each line of `old` is that of `new`, or another that a shard holds for the same case.

    Journals of shards only grow, so that an earlier merge of them can hold nothing else. `genesis` starts the chains
    of both; the digest of the line before is no part of what a record says.
    """
    pending: dict[int, str] = {}
    before, after = _walk(old, genesis), _walk(new, genesis)
    try:
        for one, other in zip(before, after, strict=True):
            if one.i != other.i:
                return False
            if _said(one) != _said(other):
                pending[one.i] = _said(one)
        for part in parts:
            for found in _walk(part.path, part.genesis):
                if found.i in pending and pending[found.i] == _said(found):
                    del pending[found.i]
    except (ValueError, MingjianError):  # another number of lines, or what is no journal of this run
        return False
    return not pending


def forget(folder: Path) -> None:
    """Remove what was made from an earlier merge; the summary first, without which nothing counts as scored."""
    for name in ("summary.json", *sorted(files.DERIVED), *REPORTS):
        (folder / name).unlink(missing_ok=True)


def _walk(path: Path, genesis: str) -> Iterable[Record]:
    decoder = msgspec.json.Decoder(Record)
    return (decoder.decode(line) for line, _ in journal.lines(path, genesis))


def _said(record: Record) -> str:
    return hashlib.sha256(canonical.encode(msgspec.structs.replace(record, prev=""))).hexdigest()

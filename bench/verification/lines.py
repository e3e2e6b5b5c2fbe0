"""Two files of scores, compared line by line: the submitted one, and the one scored anew."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bench import judging, strict
from bench.types import Score
from bench.verification.checks import near

SLACK = 1.5e-4
"""How far apart values may be: scorers keep four decimals, and another processor may round the last one otherwise."""
Stamp = tuple[str, str, str]
"""Scorer, version, digest of its configuration."""


class Line(NamedTuple):
    """A line of scores that differs: its number from 1, and the item that the records, or else the file, name there."""

    number: int
    item: str
    scorer: str


class Comparison(NamedTuple):
    """How many lines there are, and which are not those that were scored anew."""

    lines: int
    made: int
    """Lines that were scored anew."""
    differing: int
    first: Line | None
    stamped: int
    """Lines with the same opinion of another version or configuration of the scorer."""
    stamps: tuple[tuple[Stamp, Stamp], ...]
    """Stamps that differ, as submitted and as installed."""
    unheard: int
    """Lines that differ because the answer of a judge is not stored."""


def compare(given: Path, made: Path) -> Comparison:
    """Return how a submitted file of scores differs from one scored anew."""
    lines = made_lines = differing = stamped = unheard = 0
    first: Line | None = None
    stamps: dict[tuple[Stamp, Stamp], None] = {}
    for number, (one, other) in enumerate(_pairs(given, made), 1):
        lines += one is not None
        made_lines += other is not None
        if one == other:
            continue
        old, new = _decode(one), _decode(other)
        if old and new and old.scorer == new.scorer and stamp(old) != stamp(new):
            stamps[stamp(old), stamp(new)] = None
        if old and new and same_opinion(one or b"", other or b""):
            stamped += stamp(old) != stamp(new)
        elif new and is_unheard(new):
            unheard += 1
        else:
            differing += 1
            known = new or old
            first = first or Line(number, known.item if known else "?", known.scorer if known else "?")
    return Comparison(lines, made_lines, differing, first, stamped, tuple(stamps), unheard)


def _pairs(given: Path, made: Path) -> Iterator[tuple[bytes | None, bytes | None]]:
    with given.open("rb") as one, made.open("rb") as other:
        yield from itertools.zip_longest(one, other)


def _decode(line: bytes | None) -> Score | None:
    """Return a line as a score, or None if it is none."""
    try:
        return msgspec.json.decode(line, type=Score) if line is not None else None
    except strict.UNREADABLE:
        return None


def stamp(score: Score) -> Stamp:
    """Return which scorer gave a score."""
    return score.scorer, score.version, score.config


def same_opinion(one: bytes, other: bytes) -> bool:
    """Return whether two lines say the same of the same records, whatever version of the scorer said it."""
    return near(_opinion(one), _opinion(other), SLACK)


def _opinion(line: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(line)
    return {name: value for name, value in found.items() if name not in ("version", "config")}


def is_unheard(score: Score) -> bool:
    """Return whether a score made anew lacks the answer of a judge."""
    if score.scorer != judging.SCORER or not isinstance(score.evidence, dict):
        return False
    said = score.evidence.get("opinions", ())
    return any(one.get("failure") == "judge_error" for one in said)

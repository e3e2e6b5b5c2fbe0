"""The registry: what a run keeps of it, and how lines that are no entries are named."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bench import canonical, catalogue
from bench.calibration import registry
from bench.calibration.registry import Entry
from bench.errors import ConfigError, IntegrityError
from bench.types import Score

FIRST: Entry = registry.load()[0]


def write(path: Path, *entries: Entry) -> Path:
    registry.append(path, entries)
    return path


def test_a_newer_entry_of_the_users_own_replaces_one_and_is_marked(tmp_path: Path) -> None:
    newer = msgspec.structs.replace(FIRST, date="2030-01-01")
    found = registry.load(write(tmp_path / "own.jsonl", newer))
    assert len(found) == len(registry.load())
    assert [one for one in found if one.own] == [msgspec.structs.replace(newer, own=True)]


def test_a_small_entry_of_the_users_own_stands_beside_the_built_in_one(tmp_path: Path) -> None:
    small = msgspec.structs.replace(FIRST, n=4, tp=2, fn=0, fp=0, tn=2)
    found = registry.load(write(tmp_path / "own.jsonl", small))
    assert [(one.n, one.own) for one in found if one.key == FIRST.key] == [(FIRST.n, False), (4, True)]


def test_a_run_keeps_the_entries_of_its_scorers_and_no_others(tmp_path: Path) -> None:
    score = Score(item="q", suite="s", records=(0,), config=FIRST.config)
    kept = registry.keep(tmp_path, {score.config})
    assert kept == tuple(one for one in registry.load() if one.config == FIRST.config)
    assert registry.kept(tmp_path) == kept


def test_built_in_counts_and_figures_agree() -> None:
    assert [sum(one.counts) for one in registry.load()] == [one.n for one in registry.load()]
    assert [one.sensitivity.point for one in registry.load()] == pytest.approx(
        [one.counts.sensitivity for one in registry.load()], abs=1e-6
    )


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b'{"bad":1}', "registry.entry"),
        (b"not json", "registry.entry"),
        (canonical.encode(msgspec.structs.replace(FIRST, tp=-1)), "registry.entry"),
        (canonical.encode(msgspec.structs.replace(FIRST, tp=FIRST.tp + 1)), "registry.counts"),
    ],
)
def test_a_line_that_is_no_entry_is_named(tmp_path: Path, line: bytes, key: str) -> None:
    path = write(tmp_path / "own.jsonl", FIRST)
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(ConfigError) as caught:
        registry.load(path)
    (fault,) = caught.value.faults
    assert (fault.key, fault.file, fault.line) == (key, str(path), 2)
    assert all(catalogue.describe(fault, lang) for lang in catalogue.LANGUAGES)


def test_a_registry_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises((ConfigError, IntegrityError)):
        registry.load(tmp_path / "none.jsonl")

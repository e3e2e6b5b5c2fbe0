"""What a process compiled, the next one reads; what is damaged or could be another's is compiled again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench import cache as disk
from scorers.refusal_scan import Work, fast_scan, has_fast, kept, wanted

DATA = b"compiled"

needs_fast = pytest.mark.skipif(not has_fast(), reason="Hyperscan is not installed")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MINGJIAN_CACHE", str(tmp_path))
    return tmp_path


def test_what_is_kept_is_read(folder: Path) -> None:
    path = disk.place("scans", ("1", "a"))
    disk.keep(path, DATA)
    assert (disk.read(path), path.parent) == (DATA, folder / "scans")


def test_other_patterns_have_another_file(folder: Path) -> None:
    assert disk.place("scans", ("1", "a")) != disk.place("scans", ("1", "b")) != disk.place("scans", ("1", "a", "b"))


def test_a_damaged_file_counts_as_absent(folder: Path) -> None:
    path = disk.place("scans", ("1",))
    disk.keep(path, DATA)
    path.write_bytes(path.read_bytes()[:-1])
    assert disk.read(path) is None


@pytest.mark.parametrize("which", ["file", "folder"])
def test_what_another_user_could_have_written_counts_as_absent(folder: Path, which: str) -> None:
    path = disk.place("scans", ("1",))
    disk.keep(path, DATA)
    (path if which == "file" else path.parent).chmod(0o777)
    assert disk.read(path) is None


def test_a_cache_that_cannot_be_written_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("MINGJIAN_CACHE", str(tmp_path / "file"))
    path = disk.place("scans", ("1",))
    disk.keep(path, DATA)
    assert disk.read(path) is None


@needs_fast
def test_a_later_process_reads_what_an_earlier_one_compiled(folder: Path) -> None:
    code = (
        "from scorers import refusal_scan as scan\n"
        "print(scan.kept('en') is not None, sorted(scan.fast_scan('en')(b'i cannot help with that.')))"
    )
    seen = [subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)]
    assert [line.partition(b" ")[0] for line in seen] == [b"False", b"True"]
    assert seen[0].partition(b" ")[2] == seen[1].partition(b" ")[2] != b"[]\n"


@needs_fast
def test_the_fast_engine_is_used_at_once_where_it_is_kept(folder: Path) -> None:
    kept.cache_clear()
    assert Work().scan("en") is not fast_scan("en")
    disk.keep(wanted("en").file, compiled())
    kept.cache_clear()
    assert Work().scan("en") is fast_scan("en")
    kept.cache_clear()


@needs_fast
def test_a_kept_database_that_hyperscan_does_not_know_counts_as_absent(folder: Path) -> None:
    disk.keep(wanted("en").file, b"from another version")
    kept.cache_clear()
    assert kept("en") is None
    kept.cache_clear()


def compiled() -> bytes:
    """Return the database of the English cues as it is kept."""
    import hyperscan

    from scorers.refusal_scan import database

    return bytes(hyperscan.dumpb(database("en")))

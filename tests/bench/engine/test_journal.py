"""The journal: what is written is there again, in order, chained; damage is found; a torn tail is cut."""

from __future__ import annotations

import asyncio
import multiprocessing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.engine import journal
from bench.engine.journal import Journal
from bench.errors import EnvironmentFault, IntegrityError, TryLater
from bench.types import Case, Message, Reply, Sampling

GENESIS = "0" * 64


def case(number: int) -> Case:
    messages = (Message("user", f"问题 {number}"),)
    return Case(key=f"{number:064x}", suite="s", item=f"q{number}", lang="zh", messages=messages, parameters=Sampling())


def write(path: Path, texts: list[str], start: int = 0) -> None:
    async def go() -> None:
        async with Journal(path, GENESIS) as opened:
            for number, text in enumerate(texts, start):
                opened.append(number, case(number), Reply(status="answered", text=text))

    asyncio.run(go())


def texts(path: Path) -> list[str]:
    return [record.reply.text for record in journal.read(path, GENESIS)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.jsonl"


def test_what_is_appended_is_read_back_in_order(path: Path) -> None:
    write(path, ["一", "two", ""])
    assert texts(path) == ["一", "two", ""]


def test_a_second_writer_continues_the_chain(path: Path) -> None:
    write(path, ["a"])
    write(path, ["b"], start=1)
    assert texts(path) == ["a", "b"]


def test_the_first_line_names_the_genesis_and_each_line_the_one_before(path: Path) -> None:
    write(path, ["a", "b"])
    first, second = (msgspec.json.decode(line) for line in path.read_bytes().splitlines())
    assert first["prev"] == GENESIS
    assert second["prev"] == journal.canonical.digest_bytes(path.read_bytes().splitlines()[0])


def test_a_torn_last_line_is_cut_on_opening(path: Path) -> None:
    write(path, ["a", "b", "c"])
    path.write_bytes(path.read_bytes()[:-20])
    assert journal.inspect(path, GENESIS).torn > 0
    write(path, ["c again"], start=2)
    assert texts(path) == ["a", "b", "c again"]


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 2000))
def test_cutting_anywhere_loses_only_the_lines_that_were_cut(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / "records.jsonl"
    write(path, ["a", "b", "c", "d"])
    data = path.read_bytes()[: max(0, path.stat().st_size - cut)]
    path.write_bytes(data)
    assert texts(path) == ["a", "b", "c", "d"][: data.count(b"\n")]


@pytest.mark.parametrize("line", [0, 1, 2])
def test_a_changed_line_is_named(path: Path, line: int) -> None:
    """The line after the changed one no longer follows from it; a changed last line is caught by the next append."""
    write(path, ["aaa", "bbb", "ccc", "ddd"])
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b'"answered"', b'"filtered_input"')
    path.write_bytes(b"".join(lines))
    with pytest.raises(IntegrityError) as caught:
        journal.read(path, GENESIS)
    assert (caught.value.faults[0].key, caught.value.faults[0].line) == ("journal.chain", line + 2)


def test_a_dropped_line_breaks_the_chain(path: Path) -> None:
    write(path, ["a", "b", "c"])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    with pytest.raises(IntegrityError):
        journal.read(path, GENESIS)


def test_a_journal_of_another_run_is_refused(path: Path) -> None:
    write(path, ["a"])
    with pytest.raises(IntegrityError):
        journal.read(path, "f" * 64)


def test_garbage_in_the_middle_is_named_by_line(path: Path) -> None:
    write(path, ["a"])
    path.write_bytes(path.read_bytes() + b"not json\n" + path.read_bytes())
    with pytest.raises(IntegrityError) as caught:
        journal.read(path, GENESIS)
    assert (caught.value.faults[0].key, caught.value.faults[0].line) == ("journal.unreadable", 2)


def test_a_later_record_of_a_case_replaces_the_earlier_one(path: Path) -> None:
    write(path, ["first", "other"])
    write(path, ["retried"])
    assert texts(path) == ["retried", "other"]
    assert path.read_bytes().count(b"\n") == 3


def test_a_full_disk_leaves_no_half_line_and_says_what_to_do(path: Path) -> None:
    async def go() -> None:
        async with Journal(path, GENESIS) as opened:
            opened.append(0, case(0), Reply(status="answered", text="kept"))
            opened._file.close()
            opened._file = open("/dev/full", "ab", buffering=0)  # noqa: SIM115 - a disk without room
            with pytest.raises(EnvironmentFault) as caught:
                opened.append(1, case(1), Reply(status="answered", text="lost"))
            assert caught.value.faults[0].key == "system.full"
            opened._file.close()
            opened._file = path.open("ab", buffering=0)

    asyncio.run(go())
    assert texts(path) == ["kept"]


def hold(folder: Path, held: multiprocessing.synchronize.Event, done: multiprocessing.synchronize.Event) -> None:
    with journal.lock(folder):
        held.set()
        done.wait(30)


def test_two_processes_cannot_write_one_run(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    held, done = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(tmp_path, held, done))
    other.start()
    assert held.wait(30)
    with pytest.raises(TryLater), journal.lock(tmp_path):
        pass
    done.set()
    other.join()
    with journal.lock(tmp_path):
        pass


def test_everything_appended_is_committed_when_the_journal_closes(path: Path) -> None:
    async def go() -> tuple[int, int]:
        async with Journal(path, GENESIS) as opened:
            for number in range(200):
                opened.append(number, case(number), Reply(status="answered", text="x" * 100))
            await asyncio.sleep(0)
        return opened.committed, len(opened.state.statuses)

    assert asyncio.run(go()) == (200, 200)

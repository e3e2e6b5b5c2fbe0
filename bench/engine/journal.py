"""The journal: append-only JSON lines, hash-chained, with group commit and a torn tail cut on resume.

A line is written at once and synced to disk within 50 ms or 64 records; `committed` counts what is on disk. Each
line's `prev` is the SHA-256 of the bytes of the line before it, the first line's that of `run.json`. A later line
with the same `i` (a retried error) replaces the earlier one; nothing is ever rewritten. Nothing follows the last line,
so only an `End` noted elsewhere tells whether it is still the one that was written.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, overload

import msgspec

from bench import canonical, files, strict
from bench.engine.statuses import Statuses
from bench.errors import EnvironmentFault, Fault, IntegrityError, TryLater
from bench.types import Case, Record, Reply, Status, Usage, Value

RECORDS_FILE = "records.jsonl"
LOCK_FILE = ".lock"
SYNC_SECONDS = 0.05
SYNC_RECORDS = 64
READ_BYTES = 1 << 20
MOST_CASES = 1 << 28
_NONE = array("q", (-1,))


class _Tokens(msgspec.Struct, rename={"input": "in", "output": "out"}, gc=False):
    input: int
    output: int


class _ReplyHead(msgspec.Struct, gc=False):
    status: Status
    usage: _Tokens | None = None


class _Head(msgspec.Struct, gc=False):
    """The part of a line that a resume needs."""

    i: int
    prev: str
    reply: _ReplyHead


class End(Value, frozen=True):
    """Where a journal ended when it was noted: how many lines, and the SHA-256 of the last (of none: `run.json`'s)."""

    lines: int
    sha256: str


class State(msgspec.Struct):
    """What a journal holds: the statuses, the digest of the last line, its end in bytes, and the tokens reported."""

    statuses: Statuses
    last: str
    end: int
    torn: int
    """Bytes of an unfinished last line."""
    spent: Usage = Usage(0, 0)
    lines: int = 0
    again: int = 0
    """Lines that replace a reply which was no error: nobody asks such a case again."""
    first_again: int = 0
    """Number of the first of them."""


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; raises TryLater if another process writes to this run."""
    with (folder / LOCK_FILE).open("wb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise TryLater("run.locked", folder=str(folder)) from error
        yield


def lines(path: Path, genesis: str) -> Iterator[tuple[bytes, int]]:
    """Yield each complete line (without newline) and its number, checking the chain; a torn last line is left out.

    Raises IntegrityError naming the first line that does not follow from the one before.
    """
    for number, (line, _, _) in enumerate(_walk(path, genesis), 1):
        yield line, number


def indices(path: Path, genesis: str) -> Iterator[tuple[int, int, int]]:
    """Yield the case index, the offset in bytes and the number of each complete line, checking the chain."""
    offset = 0
    for number, (line, head, _) in enumerate(_walk(path, genesis), 1):
        yield head.i, offset, number
        offset += len(line) + 1


def _held(path: Path, genesis: str, end: End | None) -> Iterator[tuple[bytes, _Head, str]]:
    """Yield what `_walk` yields; raises IntegrityError unless the journal still begins with all that `end` noted."""
    if end and end.lines and not path.exists():
        absent = Fault(key="journal.absent", facts={"lines": end.lines, "sha256": end.sha256}, file=str(path))
        raise IntegrityError.of([absent])
    number, last = 0, genesis
    for number, (line, head, digest) in enumerate(_walk(path, genesis), 1):
        last = digest
        if end and number == end.lines and last != end.sha256:
            break
        yield line, head, digest
    if end and (number < end.lines or (number == end.lines and last != end.sha256)):
        facts = {"lines": end.lines, "sha256": end.sha256, "found": number}
        raise IntegrityError.of([_damage(path, min(number, end.lines), "journal.end", **facts)])


def _walk(path: Path, genesis: str) -> Iterator[tuple[bytes, _Head, str]]:
    """Yield each complete line with its head and its digest, each computed once."""
    if not path.exists():
        return
    decode, digest = msgspec.json.Decoder(_Head).decode, hashlib.sha256
    previous = genesis
    with path.open("rb", buffering=READ_BYTES) as handle:
        for number, raw in enumerate(handle, 1):
            line = raw[:-1]
            if raw[-1:] != b"\n" or (line[:1] == b"\0" and not line.strip(b"\0")):
                return
            try:
                head = decode(line)
            except strict.UNREADABLE as error:
                raise IntegrityError.of([_damage(path, number, "journal.unreadable", why=str(error))]) from error
            if head.prev != previous or not 0 <= head.i < MOST_CASES:
                raise IntegrityError.of([_damage(path, number, "journal.first" if number == 1 else "journal.chain")])
            previous = digest(line).hexdigest()
            yield line, head, previous


def _damage(path: Path, number: int, key: str, **facts: object) -> Fault:
    return Fault(key=key, facts=facts, file=str(path), line=number)


def inspect(path: Path, genesis: str, noted: End | None = None) -> State:
    """Return the state of a journal without changing it; a byte of memory a case. `noted` is checked as by `read`."""
    statuses, last, lines_, end, sent, received = Statuses(), genesis, 0, 0, 0, 0
    again = first = 0
    for line, head, digest in _held(path, genesis, noted):
        lines_ += 1
        if head.i in statuses and statuses[head.i] != "error":
            again, first = again + 1, first or lines_
        statuses[head.i] = head.reply.status
        last = digest
        end += len(line) + 1
        usage = head.reply.usage
        if usage is not None:
            sent += usage.input
            received += usage.output
    size = path.stat().st_size if path.exists() else 0
    return State(statuses=statuses, last=last, end=end, torn=size - end, spent=Usage(sent, received), lines=lines_,
                 again=again, first_again=first)  # fmt: skip


def read(path: Path, genesis: str, noted: End | None = None) -> Records:
    """Return the newest record of each case, in plan order; checks the chain now, reads a record when it is used.

    Raises IntegrityError if the journal does not begin with all lines that `noted` counts.
    """
    starts, numbers = array("q"), array("q")
    offset, number, last = 0, 0, genesis
    for line, head, digest in _held(path, genesis, noted):
        index, last = head.i, digest
        number += 1
        if index >= len(starts):
            more = index + 1 - len(starts) + len(starts) // 8
            starts.extend(_NONE * more)
            numbers.extend(_NONE * more)
        starts[index], numbers[index] = offset, number
        offset += len(line) + 1
    return Records(path, starts, numbers, End(lines=number, sha256=last))


class Records(Sequence[Record]):
    """Records of a journal that are read from the file each time they are looked at: 16 bytes of memory a case."""

    def __init__(self, path: Path, starts: array[int], numbers: array[int], end: End) -> None:
        self.end = end
        """Where the journal ended when it was read."""
        self._path = path
        self._cases = array("q", (index for index, start in enumerate(starts) if start >= 0))
        self._starts = starts
        self._numbers = numbers
        self._decode = msgspec.json.Decoder(Record).decode

    def __len__(self) -> int:
        return len(self._cases)

    def __iter__(self) -> Iterator[Record]:
        if self._cases:
            with self._path.open("rb") as handle:
                for case in self._cases:
                    yield self._read(handle, case)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        with self._path.open("rb") as handle:
            if isinstance(place, slice):
                return [self._read(handle, case) for case in self._cases[place]]
            return self._read(handle, self._cases[place])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(self._path)

    def _read(self, handle: BinaryIO, case: int) -> Record:
        handle.seek(self._starts[case])
        try:
            return self._decode(handle.readline())
        except strict.UNREADABLE as error:
            number = self._numbers[case]
            raise IntegrityError.of([_damage(self._path, number, "journal.unreadable", why=str(error))]) from error


class Journal:
    """The writer. An async context: opening cuts a torn tail, closing syncs the last lines.

    Once the disk has refused to sync, nothing more is taken: what it said it had kept may be gone.
    """

    def __init__(self, path: Path, genesis: str, noted: End | None = None) -> None:
        self.path = path
        self.genesis = genesis
        self.state = inspect(path, genesis, noted)
        self.committed = len(self.state.statuses)
        self._pending = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._fault: EnvironmentFault | None = None
        self._told = True
        self._file: BinaryIO
        self._syncer: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        try:
            self._file = self.path.open("ab", buffering=0)
            try:
                if self.state.torn:
                    self._file.truncate(self.state.end)
                os.fsync(self._file.fileno())
                _sync_folder(self.path.parent)
            except BaseException:
                self._file.close()
                raise
        except OSError as error:
            raise self._refusal(error) from error
        self._syncer = asyncio.create_task(self._sync_loop())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        self._wake.set()
        try:
            await self._syncer
        finally:
            self._file.close()
        if self._fault is not None and not self._told and error is None:
            raise self._fault

    def append(self, index: int, case: Case, reply: Reply) -> None:
        """Write one finished case; raises EnvironmentFault (nothing half-written stays) if the disk refuses."""
        if self._fault is not None:
            self._told = True
            raise self._fault
        state = self.state
        line = canonical.encode(Record(i=index, case=case, reply=reply, prev=state.last))
        self._write(line + b"\n")
        state.last = hashlib.sha256(line).hexdigest()
        state.end += len(line) + 1
        state.statuses[index] = reply.status
        self._pending += 1
        if self._pending in (1, SYNC_RECORDS):
            self._wake.set()

    def _write(self, data: bytes) -> None:
        try:
            written = self._file.write(data) or 0
            while written < len(data):
                written += self._file.write(data[written:]) or 0
        except OSError as error:
            refusal = self._refusal(error)
            try:
                self._file.truncate(self.state.end)
            except OSError:
                self._fault = refusal  # half a line stays: the next opening cuts it, nothing may follow it
            raise refusal from error

    def _refusal(self, error: OSError) -> EnvironmentFault:
        return EnvironmentFault.of([files.disk_fault(error, str(self.path))])

    async def _sync_loop(self) -> None:
        """Sync soon after the first unsynced line, and once more at the end."""
        while not (self._closing and self._pending == 0):
            await self._wake.wait()
            self._wake.clear()
            if not self._closing and self._pending < SYNC_RECORDS:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), SYNC_SECONDS)
            if self._pending and not await self._sync():
                return
            if self._closing:
                self._wake.set()

    async def _sync(self) -> bool:
        """Put what was written on the disk; False if it refused."""
        count, self._pending = self._pending, 0
        try:
            await asyncio.to_thread(os.fsync, self._file.fileno())
        except OSError as error:
            self._fault, self._told = self._refusal(error), False
            return False
        self.committed += count
        return True


def _sync_folder(folder: Path) -> None:
    """Put a new file's name on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

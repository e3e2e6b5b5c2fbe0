"""The journal: append-only JSON lines, hash-chained, with group commit and a torn tail cut on resume.

A line is written at once and synced to disk within 50 ms or 64 records; `committed` counts what is on disk. Each
line's `prev` is the SHA-256 of the bytes of the line before it, the first line's that of `run.json`. A later line
with the same `i` (a retried error) replaces the earlier one; nothing is ever rewritten.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from bench import canonical
from bench.errors import EnvironmentFault, Fault, IntegrityError, TryLater
from bench.types import Case, Record, Reply, Status

RECORDS_FILE = "records.jsonl"
LOCK_FILE = ".lock"
SYNC_SECONDS = 0.05
SYNC_RECORDS = 64


class _ReplyHead(msgspec.Struct):
    status: Status


class _Head(msgspec.Struct):
    """The part of a line that a resume needs."""

    i: int
    prev: str
    reply: _ReplyHead


class State(msgspec.Struct):
    """What a journal holds: index → status of the newest record, the digest of the last line, and its end in bytes."""

    statuses: dict[int, Status]
    last: str
    end: int
    torn: int
    """Bytes of an unfinished last line."""


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
    if not path.exists():
        return
    decoder = msgspec.json.Decoder(_Head)
    previous = genesis
    with path.open("rb") as handle:
        for number, raw in enumerate(handle, 1):
            if not raw.endswith(b"\n"):
                return
            line = raw[:-1]
            try:
                head = decoder.decode(line)
            except msgspec.MsgspecError as error:
                raise IntegrityError.of([_damage(path, number, "journal.unreadable", why=str(error))]) from error
            if head.prev != previous:
                raise IntegrityError.of([_damage(path, number, "journal.chain")])
            previous = canonical.digest_bytes(line)
            yield line, number


def _damage(path: Path, number: int, key: str, **facts: object) -> Fault:
    return Fault(key=key, facts=facts, file=str(path), line=number)


def inspect(path: Path, genesis: str) -> State:
    """Return the state of a journal without changing it."""
    decoder = msgspec.json.Decoder(_Head)
    state = State(statuses={}, last=genesis, end=0, torn=0)
    for line, _ in lines(path, genesis):
        head = decoder.decode(line)
        state.statuses[head.i] = head.reply.status
        state.last = canonical.digest_bytes(line)
        state.end += len(line) + 1
    if path.exists():
        state.torn = path.stat().st_size - state.end
    return state


def read(path: Path, genesis: str) -> list[Record]:
    """Return the newest record of each case, in plan order; checks the chain."""
    decoder = msgspec.json.Decoder(Record)
    newest: dict[int, Record] = {}
    for line, number in lines(path, genesis):
        try:
            record = decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise IntegrityError.of([_damage(path, number, "journal.unreadable", why=str(error))]) from error
        newest[record.i] = record
    return [newest[index] for index in sorted(newest)]


class Journal:
    """The writer. An async context: opening cuts a torn tail, closing syncs the last lines."""

    def __init__(self, path: Path, genesis: str) -> None:
        self.path = path
        self.state = inspect(path, genesis)
        self.committed = len(self.state.statuses)
        self._pending = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._file: BinaryIO
        self._syncer: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._file = self.path.open("ab", buffering=0)
        if self.state.torn:
            self._file.truncate(self.state.end)
        os.fsync(self._file.fileno())
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

    def append(self, index: int, case: Case, reply: Reply) -> None:
        """Write one finished case; raises EnvironmentFault (nothing half-written stays) if the disk refuses."""
        record = Record(i=index, case=case, reply=reply, prev=self.state.last)
        line = canonical.encode(record)
        self._write(line + b"\n")
        self.state.last = canonical.digest_bytes(line)
        self.state.end += len(line) + 1
        self.state.statuses[index] = reply.status
        self._pending += 1
        if self._pending == 1 or self._pending >= SYNC_RECORDS:
            self._wake.set()

    def _write(self, data: bytes) -> None:
        written = 0
        try:
            while written < len(data):
                written += self._file.write(data[written:]) or 0
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.truncate(self.state.end)
            raise EnvironmentFault("journal.disk", why=str(error), file=str(self.path)) from error

    async def _sync_loop(self) -> None:
        """Sync soon after the first unsynced line, and once more at the end."""
        while not (self._closing and self._pending == 0):
            await self._wake.wait()
            self._wake.clear()
            if not self._closing and self._pending < SYNC_RECORDS:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), SYNC_SECONDS)
            if self._pending:
                await self._sync()
            if self._closing:
                self._wake.set()

    async def _sync(self) -> None:
        count, self._pending = self._pending, 0
        await asyncio.to_thread(os.fsync, self._file.fileno())
        self.committed += count

"""Faults of disk, clock and network: each has one defined end state, and what was finished is still there."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bench import plugins
from bench.engine import journal, runner
from bench.engine import plan as plans
from bench.engine.limits import Retry
from bench.engine.plan import Plan
from bench.engine.runner import RunOptions
from bench.engine.statuses import Statuses
from bench.errors import EnvironmentFault, Fatal, IntegrityError, MingjianError
from bench.files import write
from bench.types import Model, Reply
from tests.bench.engine import test_journal, test_runner
from tests.bench.engine.test_journal import GENESIS, case
from tests.bench.engine.test_runner import Flaky, drive, ok
from tests.endpoint import Endpoint, completion

folder, made = test_runner.folder, test_runner.made
FAST = RunOptions(retry=Retry(attempts=3, base=0.01))
DISK_FULL = OSError(28, "No space left on device")


class Disk:
    """A journal's file that fails at its n-th call of write, truncate or fsync, and works again after that."""

    def __init__(self, fail_at: int, short: int = 0) -> None:
        self.fail_at = fail_at
        self.short = short
        self.calls: list[str] = []

    def step(self, name: str) -> bool:
        self.calls.append(name)
        return len(self.calls) == self.fail_at


class File:
    """The part of a raw file that the journal uses."""

    def __init__(self, inner: Any, disk: Disk) -> None:
        self.inner = inner
        self.disk = disk

    def write(self, data: bytes) -> int:
        if self.disk.step("write"):
            if self.disk.short:
                return int(self.inner.write(data[: self.disk.short]))
            self.inner.write(data[: len(data) // 2])
            raise DISK_FULL
        return int(self.inner.write(data))

    def truncate(self, size: int) -> int:
        if self.disk.step("truncate"):
            raise DISK_FULL
        return int(self.inner.truncate(size))

    def fileno(self) -> int:
        return int(self.inner.fileno())

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def injure(monkeypatch: pytest.MonkeyPatch) -> Callable[[Disk], None]:
    def install(disk: Disk) -> None:
        opened, synced = Path.open, os.fsync

        def wrapped(self: Path, mode: str = "r", *rest: Any, **named: Any) -> Any:
            inner = opened(self, mode, *rest, **named)
            return File(inner, disk) if (mode, self.name) == ("ab", journal.RECORDS_FILE) else inner

        def fsync(handle: int) -> None:
            if disk.step("fsync"):
                raise DISK_FULL
            synced(handle)

        monkeypatch.setattr(Path, "open", wrapped)
        monkeypatch.setattr(os, "fsync", fsync)

    return install


@pytest.mark.parametrize("fail_at", range(1, 27))
def test_a_failure_at_every_call_to_the_disk_in_turn(
    fail_at: int, made: Plan, folder: Path, injure: Callable[[Disk], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run stops with exit 5 (or did not need that call); what was written is whole; a resume does the rest."""
    monkeypatch.setattr(journal, "SYNC_RECORDS", 4)
    with (folder / journal.RECORDS_FILE).open("wb") as torn:
        torn.write(b'{"case":{"ke')
    disk, first = Disk(fail_at), Flaky(ok)
    with monkeypatch.context() as context:
        context.setattr(journal, "SYNC_SECONDS", 0.0)
        injure(disk)
        with contextlib.suppress(EnvironmentFault):
            drive(made, first, folder)
            assert len(disk.calls) < fail_at, disk.calls
    monkeypatch.undo()
    kept = len(journal.inspect(folder / journal.RECORDS_FILE, plans.genesis(folder)).statuses)
    again = Flaky(ok)
    drive(made, again, folder)
    assert (sum(again.asked.values()), test_runner.statuses(folder)) == (20 - kept, ["answered"] * 20)


def test_a_short_write_is_completed(made: Plan, folder: Path, injure: Callable[[Disk], None]) -> None:
    injure(Disk(fail_at=5, short=7))
    drive(made, Flaky(ok), folder)
    assert test_runner.statuses(folder) == ["answered"] * 20


def test_a_sync_that_fails_stops_the_run(
    made: Plan, folder: Path, monkeypatch: pytest.MonkeyPatch, injure: Callable[[Disk], None]
) -> None:
    class Broken(Disk):
        def step(self, name: str) -> bool:
            return name == "fsync" and super().step(name) is not None and len(self.calls) > 2

    injure(Broken(0))
    with pytest.raises(EnvironmentFault) as caught:
        drive(made, Flaky(ok), folder)
    assert caught.value.faults[0].key == "system.full"


@pytest.mark.parametrize("point", ["fsync", "replace", "chmod"])
def test_an_atomic_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    target = tmp_path / "run.json"
    write(target, b"old")

    def fail(*_: object, **__: object) -> None:
        raise DISK_FULL

    monkeypatch.setattr(*((os, point) if point == "fsync" else (Path, point)), fail)
    with pytest.raises(OSError, match="No space"):
        write(target, b"new")
    assert (target.read_bytes(), [path.name for path in tmp_path.iterdir()]) == (b"old", ["run.json"])


def test_the_clock_may_jump_back(made: Plan, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(10**9, 0, -86_400))
    monkeypatch.setattr(runner.time, "time", lambda: float(next(times)))
    drive(made, Flaky(ok), folder)
    records = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    assert all(0 <= (record.reply.ms or 0) < 60_000 for record in records)
    assert len(records) == 20


@pytest.mark.parametrize(
    ("tail", "kept"),
    [(b"\0" * 512, 3), (b"\0" * 512 + b"\n", 3), (b'{"case":', 3), (b"\xff\xfe", 3), (b"", 3)],
)
def test_a_tail_that_a_power_cut_left_is_cut(tmp_path: Path, tail: bytes, kept: int) -> None:
    path = tmp_path / "records.jsonl"
    test_journal.write(path, ["a", "b", "c"])
    path.write_bytes(path.read_bytes() + tail)
    test_journal.write(path, ["d"], start=3)
    assert test_journal.texts(path) == ["a", "b", "c", "d"][: kept + 1]


@pytest.mark.parametrize(
    "tail", [b"{}\n", b"\xff\xfe\n", b'{"i":-1,"prev":"x","reply":{"status":"answered"}}\n', b"\n"]
)
def test_a_whole_line_that_is_no_record_is_never_cut_but_named(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "records.jsonl"
    test_journal.write(path, ["a"])
    path.write_bytes(path.read_bytes() + tail)
    with pytest.raises(IntegrityError) as caught:
        journal.Journal(path, GENESIS)
    assert (caught.value.exit_code, caught.value.faults[0].line) == (4, 2)


def test_a_case_number_that_no_run_has_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b'{"i":99999999999,"prev":"%s","reply":{"status":"answered"}}\n' % GENESIS.encode())
    with pytest.raises(IntegrityError):
        journal.inspect(path, GENESIS)


def test_the_state_of_many_cases_is_a_byte_each() -> None:
    statuses = Statuses()
    for index in reversed(range(100_000)):
        statuses[index] = "answered" if index % 2 else "error"
    assert (len(statuses), statuses.counts()) == (100_000, {"answered": 50_000, "error": 50_000})
    assert (statuses[3], 100_000 in statuses, "x" in statuses) == ("answered", False, False)
    del statuses[3]
    assert (3 in statuses, len(statuses), next(iter(statuses))) == (False, 99_999, 0)
    assert len(statuses._codes) < 120_000


def service(url: str, made: Plan, folder: Path, options: RunOptions = FAST, **extra: Any) -> runner.Outcome:
    model = Model(model="mock", adapter="openai", name="mock", base_url=url, options=extra)
    adapter = plugins.adapter(model)
    plan = plans.build(made_suites(made), model, adapter.identity, plans.Settings())
    plans.save(plan, folder)
    return asyncio.run(runner.run(plan, adapter, folder, options))


def made_suites(made: Plan) -> list[Any]:
    info = made.info.suites[0]
    names = ("name", "title", "version", "digest", "licence", "updated")
    from bench.types import Suite

    facts = {name: getattr(info, name) for name in names}
    return [Suite(**facts, dimension="risk", languages=("zh", "en"), items=made.items)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "key"), [("http://127.0.0.1:{port}/v1", "http.connect"), ("https://x.invalid/v1", "http.dns")]
)
def test_a_service_that_is_not_there_stops_the_run(made: Plan, folder: Path, url: str, key: str) -> None:
    with pytest.raises(Fatal) as caught:
        service(url.format(port=free_port()), made, folder)
    assert (caught.value.exit_code, caught.value.faults[0].key) == (5, key)
    assert set(test_runner.statuses(folder)) == {"error"}


Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def listener(talk: Talk, threads: bool = False) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                talk(connection)

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                if threads:
                    threading.Thread(target=answer, args=(connection,), daemon=True).start()
                else:
                    answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cut(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"choices":[{"mess')


def plain(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 not TLS\r\n\r\n")


@pytest.mark.parametrize("talk", [reset, cut])
def test_a_service_that_only_breaks_off_stops_the_run_after_retries(made: Plan, folder: Path, talk: Talk) -> None:
    with listener(talk) as port, pytest.raises(Fatal) as caught:
        service(f"http://127.0.0.1:{port}/v1", made, folder)
    assert caught.value.faults[0].key == "http.broken"


def test_a_tls_error_stops_at_once(made: Plan, folder: Path) -> None:
    with listener(plain) as port, pytest.raises(MingjianError) as caught:
        service(f"https://127.0.0.1:{port}/v1", made, folder)
    assert (caught.value.faults[0].key, caught.value.exit_code) == ("http.tls", 5)


def test_faults_of_single_calls_are_recovered_from(made: Plan, folder: Path) -> None:
    def behave(body: dict[str, Any], attempt: int) -> web.Response | None:
        prompt = str(body["messages"][-1]["content"])
        kind = sum(prompt.encode()) % 5
        if attempt > 1 or kind == 4:
            return None
        if kind == 3:
            time.sleep(0.6)  # a stall, longer than the time-out
            return None
        return (
            web.Response(status=429, headers={"Retry-After": "0"}),
            web.Response(status=500),
            web.Response(body='{"choices":[{"message":{"content":"答'.encode()[:-1]),
        )[kind]

    with Endpoint(behave) as endpoint:
        outcome = service(endpoint.url, made, folder, RunOptions(retry=Retry(attempts=30, base=0.05)), timeout=0.3)
    assert (outcome.finished_now, set(test_runner.statuses(folder))) == (20, {"answered"})


def test_a_stream_that_is_cut_is_asked_again(made: Plan, folder: Path) -> None:
    def behave(body: dict[str, Any], attempt: int) -> web.Response:
        event = 'data: {"choices":[{"delta":{"content":"2"},"finish_reason":%s}]}\n\n'
        parts = event % "null" if attempt == 1 else event % '"stop"' + "data: [DONE]\n\n"
        return web.Response(text=parts, content_type="text/event-stream")

    with Endpoint(behave) as endpoint:
        outcome = service(endpoint.url, made, folder, FAST, extra={"stream": True})
    records = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    assert outcome.finished_now == 20
    assert {(one.reply.status, one.reply.text, one.reply.attempts) for one in records} == {("answered", "2", 2)}


def test_a_ten_second_stall_is_asked_again_after_the_time_out(made: Plan, folder: Path) -> None:
    stalled, released = threading.Semaphore(3), threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        if stalled.acquire(blocking=False):
            released.wait(10)
            return
        body = json.dumps(completion()).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with listener(talk, threads=True) as port:
        service(f"http://127.0.0.1:{port}/v1", made, folder, FAST, timeout=1.5)
        released.set()
    records = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    assert [one.reply.status for one in records] == ["answered"] * 20
    assert sorted(one.reply.attempts for one in records)[-3:] == [2, 2, 2]


def test_a_finished_reply_is_on_disk_before_it_is_observed(made: Plan, folder: Path) -> None:
    def seen(_: object, reply: Reply) -> None:
        assert reply.status == "answered"
        count.append((folder / journal.RECORDS_FILE).read_bytes().count(b"\n"))

    count: list[int] = []
    asyncio.run(runner.run(made, Flaky(ok), folder, FAST, seen))
    assert count == list(range(1, 21))
    assert case(1).item == "q1"

"""The HTTP door over real sockets: every way in which a server can fail, end or mislead a connection."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import socket
import ssl
import struct
import subprocess
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.adapters import _http, _pool, _wire
from bench.adapters._http import Client, Response
from bench.adapters._resolver import Resolver
from bench.errors import Fatal, MingjianError, Transient

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
RESET = struct.pack("ii", 1, 0)
Talk = Callable[[socket.socket], None]
"""What the server does on one connection, from its first request on."""


class Server:
    """Speaks raw bytes on loopback: the n-th connection gets the n-th talk, later ones the last."""

    def __init__(self, *talks: Talk, tls: ssl.SSLContext | None = None) -> None:
        self.talks = talks
        self.tls = tls
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1?x=1"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            talk = self.talks[min(self.connections, len(self.talks) - 1)]
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection, talk), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, talk: Talk) -> None:
        connection.settimeout(5)
        with contextlib.suppress(OSError):
            spoken = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            with spoken:
                talk(spoken)


@pytest.fixture(params=["asyncio", "uvloop"], autouse=True, scope="module")
def event_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run every test on both event loops: their sockets and TLS fail in different words."""
    policy = (
        asyncio.DefaultEventLoopPolicy if request.param == "asyncio" else pytest.importorskip("uvloop").EventLoopPolicy
    )
    asyncio.set_event_loop_policy(policy())
    yield
    asyncio.set_event_loop_policy(None)


def take(connection: socket.socket) -> bytes:
    """Return one whole request, or nothing at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def says(*replies: bytes, reset: bool = False) -> Talk:
    """Answer request after request with these bytes; then close, or reset."""

    def talk(connection: socket.socket) -> None:
        for reply in replies:
            if not take(connection):
                return
            connection.sendall(reply)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    return talk


def always(reply: bytes) -> Talk:
    return says(*(reply,) * 100)


async def post(
    url: str, *, times: int = 1, timeout: float = 5.0, pause: float = 0.0, resolver: Resolver | None = None
) -> list[Response]:
    found = []
    async with Client({"X-Test": "1"}, connections=4, timeout=timeout, resolver=resolver) as client:
        for number in range(times):
            await asyncio.sleep(pause if number else 0)
            found.append(await client.post(url, b'{"n":%d}' % number))
    return found


def failure(*talks: Talk, timeout: float = 5.0, times: int = 1) -> MingjianError:
    with Server(*talks) as server, pytest.raises(MingjianError) as caught:
        asyncio.run(post(server.url, timeout=timeout, times=times))
    return caught.value


def key(error: MingjianError) -> tuple[type[MingjianError], str]:
    return type(error), error.faults[0].key


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "MAX_BODY", 1000)


def test_the_request_is_whole_and_says_what_it_should() -> None:
    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        seen.append(take(connection))
        connection.sendall(OK)

    with Server(talk) as server:
        asyncio.run(post(server.url))
    assert seen == [
        f"POST /v1?x=1 HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAccept: */*\r\nUser-Agent: mingjian\r\n"
        'X-Test: 1\r\nContent-Length: 7\r\n\r\n{"n":0}'.encode()
    ]


def test_one_connection_serves_request_after_request() -> None:
    with Server(always(OK)) as server:
        found = asyncio.run(post(server.url, times=5))
    assert ([one.body for one in found], server.connections) == ([b"{}"] * 5, 1)


def test_many_requests_at_once_share_the_allowed_connections() -> None:
    async def go(url: str) -> list[Response]:
        async with Client({}, connections=3, timeout=5) as client:
            return await asyncio.gather(*(client.post(url, b"{}") for _ in range(30)))

    with Server(always(OK)) as server:
        found = asyncio.run(go(server.url))
    assert ([one.status for one in found], server.connections) == ([200] * 30, 3)


CHUNKS = b"2\r\n{}\r\n0\r\n"
HEAD = b"HTTP/1.1 200 OK\r\n"
GOOD = {
    "chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"\r\n",
    "chunked with a trailer": HEAD + b"Transfer-Encoding: chunked\r\nTrailer: x\r\n\r\n" + CHUNKS + b"X: 1\r\n\r\n",
    "until the end of the connection": HEAD + b"\r\n{}",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n{}",
    "after 100 Continue": b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    "after 103 Early Hints": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK,
    "compressed": HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}"),
    "deflated": HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"{}"),
    "with Connection: close": HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("reply", GOOD.values(), ids=GOOD.keys())
def test_a_body_may_come_in_every_lawful_form(reply: bytes) -> None:
    with Server(says(reply)) as server:
        (found,) = asyncio.run(post(server.url))
    assert (found.status, found.body) == (200, b"{}")


@pytest.mark.parametrize("reply", GOOD.values(), ids=GOOD.keys())
def test_a_reply_may_come_a_byte_at_a_time(reply: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        take(connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(len(reply)):
            connection.sendall(reply[number : number + 1])

    with Server(talk) as server:
        (found,) = asyncio.run(post(server.url))
    assert (found.status, found.body) == (200, b"{}")


def test_headers_are_found_by_lower_case_name_and_may_hold_any_byte() -> None:
    reply = HEAD + b"X-Request-ID: \xff\xe4\xb8\xad\r\nX-Twice: 1\r\nX-Twice: 2\r\nContent-Length: 0\r\n\r\n"
    with Server(says(reply)) as server:
        (found,) = asyncio.run(post(server.url))
    assert found.headers == {"x-request-id": "\ufffd中", "x-twice": "2", "content-length": "0"}


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    reply = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    with Server(says(reply)) as server:
        (found,) = asyncio.run(post(server.url))
    assert (found.status, server.connections) == (302, 1)


def test_a_connection_that_the_server_closed_meanwhile_is_not_used() -> None:
    with Server(says(OK)) as server:
        found = asyncio.run(post(server.url, times=3, pause=0.1))
    assert ([one.body for one in found], server.connections) == ([b"{}"] * 3, 3)


def test_a_connection_that_was_idle_for_long_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pool, "IDLE_SECONDS", 0.05)
    with Server(always(OK)) as server:
        asyncio.run(post(server.url, times=2, pause=0.2))
    assert server.connections == 2


def test_a_second_reply_is_never_the_answer_to_the_next_request() -> None:
    other = OK.replace(b"{}", b"[]")
    with Server(says(OK + other), always(OK)) as server:
        found = asyncio.run(post(server.url, times=2, pause=0.1))
    assert ([one.body for one in found], server.connections) == ([b"{}", b"{}"], 2)


def test_what_comes_unasked_between_two_requests_is_never_an_answer() -> None:
    def talk(connection: socket.socket) -> None:
        take(connection)
        connection.sendall(OK)
        connection.sendall(OK.replace(b"{}", b"[]"))
        take(connection)

    with Server(talk, always(OK)) as server:
        found = asyncio.run(post(server.url, times=2, pause=0.2))
    assert [one.body for one in found] == [b"{}", b"{}"]


BROKEN = {
    "no reply": says(b""),
    "a reset before the reply": says(b"", reset=True),
    "a reset in the body": says(HEAD + b"Content-Length: 9\r\n\r\n{}", reset=True),
    "a body cut short": says(HEAD + b"Content-Length: 9\r\n\r\n{}"),
    "a head cut short": says(HEAD + b"Content-Le"),
    "a chunk cut short": says(HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{}"),
    "chunks without an end": says(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
    "a chunk of bad size": says(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
    "two lengths": says(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "length and chunks": says(HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS + b"\r\n"),
    "no HTTP": says(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "an unasked upgrade": says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
    "a compression that is none": says(HEAD + b"Content-Encoding: gzip\r\n\r\n{}"),
    "a compression cut short": says(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}")[:-6]),
    "an unknown compression": says(HEAD + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"),
}


@pytest.mark.parametrize("talk", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_reply_is_transient(talk: Talk) -> None:
    assert key(failure(talk)) == (Transient, "http.broken")


@pytest.mark.parametrize("talk", BROKEN.values(), ids=BROKEN.keys())
def test_after_a_broken_reply_the_next_request_has_a_connection_of_its_own(talk: Talk) -> None:
    async def go(url: str) -> Response:
        async with Client({}, connections=1, timeout=5) as client:
            with contextlib.suppress(Transient):
                await client.post(url, b"{}")
            return await client.post(url, b"{}")

    with Server(talk, always(OK)) as server:
        assert asyncio.run(go(server.url)).body == b"{}"


LARGE = {
    "by its length": says(HEAD + b"Content-Length: 1001\r\n\r\n" + b"a" * 1001),
    "in chunks": says(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1f4\r\n" + b"a" * 500 + b"\r\n1f5\r\n" + b"a" * 501
    ),
    "without an end": says(HEAD + b"\r\n" + b"a" * 5000),
    "unpacked": says(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"a" * 100_000)),
    "in its head": says(HEAD + b"X: " + b"a" * 70_000 + b"\r\n\r\n"),
    "in many headers": says(HEAD + b"X: aaaaaaaaaa\r\n" * 7000 + b"\r\n"),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("talk", LARGE.values(), ids=LARGE.keys())
def test_a_reply_that_is_too_large_is_refused(talk: Talk) -> None:
    assert key(failure(talk)) == (Transient, "http.too_large")


@pytest.mark.parametrize(
    "said", [b"", HEAD, HEAD + b"Content-Length: 9\r\n\r\n{}"], ids=["nothing", "half a head", "half a body"]
)
def test_a_server_that_stalls_is_a_time_out(said: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        take(connection)
        connection.sendall(said)
        connection.recv(1)

    assert key(failure(talk, timeout=0.2)) == (Transient, "http.timeout")


def test_the_wait_for_a_free_connection_counts_towards_the_time_limit() -> None:
    async def go(url: str) -> list[Response | BaseException]:
        async with Client({}, connections=1, timeout=0.3) as client:
            return await asyncio.gather(*(client.post(url, b"{}") for _ in range(2)), return_exceptions=True)

    def stalls(connection: socket.socket) -> None:
        take(connection)
        connection.recv(1)

    with Server(stalls) as server:
        found = asyncio.run(go(server.url))
    assert [isinstance(one, Transient) for one in found] == [True, True]


def test_a_cancelled_request_takes_its_connection_with_it() -> None:
    def slow(connection: socket.socket) -> None:
        take(connection)
        connection.recv(1)

    async def go(url: str) -> Response:
        async with Client({}, connections=1, timeout=5) as client:
            task = asyncio.create_task(client.post(url, b"{}"))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await client.post(url, b"{}")

    with Server(slow, always(OK)) as server:
        assert (asyncio.run(go(server.url)).body, server.connections) == (b"{}", 2)


def test_nobody_listening_is_transient() -> None:
    with pytest.raises(Transient) as caught:
        asyncio.run(post("http://127.0.0.1:9/v1"))
    assert key(caught.value) == (Transient, "http.connect")


def test_a_name_without_address_is_transient() -> None:
    with pytest.raises(Transient) as caught:
        asyncio.run(post("https://no-such-host.invalid/v1"))
    assert key(caught.value) == (Transient, "http.dns")


def test_an_address_written_out_is_checked_like_a_name() -> None:
    with pytest.raises(Fatal) as caught:
        asyncio.run(post("http://169.254.169.254/v1", resolver=Resolver(private=True, plain=True)))
    assert key(caught.value) == (Fatal, "http.forbidden_address")


def test_a_name_is_looked_up_once_for_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    async def find(host: str, port: int) -> list[object]:
        looked.append(host)
        await asyncio.sleep(0.01)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("bench.adapters._resolver.find", find)

    async def go(url: str) -> None:
        async with Client({}, connections=8, timeout=5) as client:
            await asyncio.gather(*(client.post(url, b"{}") for _ in range(8)))

    with Server(always(OK)) as server:
        asyncio.run(go(server.url.replace("127.0.0.1", "localhost")))
    assert looked == ["localhost"]


def test_an_answer_that_came_while_the_process_was_stopped_is_an_answer() -> None:
    def talk(connection: socket.socket) -> None:
        take(connection)
        time.sleep(0.2)
        connection.sendall(OK)

    async def go(url: str) -> Response:
        async with Client({}, connections=1, timeout=0.4) as client:
            asyncio.get_running_loop().call_later(0.1, time.sleep, 1.6)
            return await client.post(url, b"{}")

    with Server(talk) as server:
        assert asyncio.run(go(server.url)).body == b"{}"


async def post_through(proxy: str) -> Response:
    async with Client({"X-Test": "1"}, connections=1, timeout=5, proxy=proxy) as client:
        return await client.post("http://127.0.0.1:9/v1", b"{}")


def test_a_proxy_is_given_the_whole_address() -> None:
    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        seen.append(take(connection))
        connection.sendall(OK)

    with Server(talk) as proxy:
        found = asyncio.run(post_through(f"http://127.0.0.1:{proxy.port}"))
    assert (found.body, seen[0].partition(b"\r\n")[0]) == (b"{}", b"POST http://127.0.0.1:9/v1 HTTP/1.1")


@pytest.mark.parametrize("name", ["Authorization", "x-api-key"])
def test_a_proxy_in_front_of_tls_never_sees_the_key(name: str) -> None:
    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    async def go(proxy: str) -> None:
        async with Client({name: "Bearer canary"}, connections=1, timeout=5, proxy=proxy) as client:
            await client.post("https://localhost:9/v1", b"{}")

    with Server(talk) as proxy, pytest.raises(Transient):
        asyncio.run(go(f"http://127.0.0.1:{proxy.port}"))
    assert (seen[0].startswith(b"CONNECT localhost:9"), b"canary" in seen[0]) == (True, False), seen


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("talk", "kind"),
    [
        (BROKEN["no reply"], "http.broken"),
        (BROKEN["a reset in the body"], "http.broken"),
        (BROKEN["a body cut short"], "http.broken"),
        (BROKEN["no HTTP"], "http.broken"),
        (LARGE["by its length"], "http.too_large"),
        (LARGE["without an end"], "http.too_large"),
    ],
)
def test_a_proxied_failure_is_the_same_failure(talk: Talk, kind: str) -> None:
    with Server(talk) as proxy, pytest.raises(Transient) as caught:
        asyncio.run(post_through(f"http://127.0.0.1:{proxy.port}"))
    assert caught.value.faults[0].key == kind


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "http://user:secret@127.0.0.1:9"])
def test_a_proxy_that_does_not_listen_is_transient_and_named_without_its_password(proxy: str) -> None:
    with pytest.raises(Transient) as caught:
        asyncio.run(post_through(proxy))
    assert (caught.value.faults[0].key, caught.value.faults[0].facts) == ("http.proxy", {"host": "127.0.0.1:9"})


@pytest.mark.parametrize("value", ["a\r\nX: 1", "a\n", "a\0", "a\x7f"])
def test_a_header_value_cannot_add_a_line(value: str) -> None:
    with pytest.raises(ValueError, match="header"):
        _pool.make_head("/", "h", {"X-Key": value})


START = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(bytes(2_000_000))
TOO_MUCH = {
    "compressed": START + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(BOMB), BOMB),
    "in chunks": START + b"Transfer-Encoding: chunked\r\n\r\n1E8480\r\n" + bytes(2_000_000),
}


@pytest.mark.parametrize("sent", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_a_body_that_is_too_large_is_not_kept(sent: bytes) -> None:
    """Nor until the garbage collector comes by, which is seldom in a run."""

    async def go() -> None:
        connection = _wire.Connection(1_000_000)
        connection.connection_made(Wire())
        answer = connection.ask(b"", asyncio.get_running_loop())
        for start in range(0, len(sent), 100_000):
            connection.data_received(sent[start : start + 100_000])
        with pytest.raises(_wire.TooLarge):
            await answer

    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(10):
            asyncio.run(go())
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        gc.enable()
    assert kept < 3_000_000


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=40) | st.sampled_from([OK, HEAD, b"\r\n", b"\r\n\r\n", CHUNKS]), max_size=6))
def test_whatever_bytes_come_a_request_ends_in_an_answer_or_an_error(parts: list[bytes]) -> None:
    async def go() -> None:
        connection = _wire.Connection(1000)
        connection.connection_made(Wire())
        answer = connection.ask(b"", asyncio.get_running_loop())
        for part in parts:
            connection.data_received(part)
        connection.connection_lost(None)
        with contextlib.suppress(_wire.Broken, _wire.TooLarge):
            assert (await answer).status >= 200
        assert not connection.reusable

    asyncio.run(go())


class Wire(asyncio.Transport):
    """Takes everything and sends nothing."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def abort(self) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """Give a self-signed certificate for 127.0.0.1 and a server's TLS settings with it."""
    folder = tmp_path_factory.mktemp("tls")
    made, secret = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", secret, "-out", made, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, secret)
    return made, context


def trusting(monkeypatch: pytest.MonkeyPatch, authority: Path) -> None:
    made = _pool.tls_context()
    made.load_verify_locations(authority)
    monkeypatch.setattr(_pool, "tls_context", lambda: made)


def test_tls_to_a_trusted_server_is_an_ordinary_connection(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting(monkeypatch, certificate[0])
    with Server(always(OK), tls=certificate[1]) as server:
        found = asyncio.run(post(server.url, times=3))
    assert ([one.body for one in found], server.connections) == ([b"{}"] * 3, 1)


def test_a_certificate_that_nobody_signed_is_fatal(certificate: tuple[Path, ssl.SSLContext]) -> None:
    with Server(always(OK), tls=certificate[1]) as server, pytest.raises(Fatal) as caught:
        asyncio.run(post(server.url))
    assert key(caught.value) == (Fatal, "http.tls")


def test_a_certificate_of_another_host_is_fatal(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting(monkeypatch, certificate[0])
    with Server(always(OK), tls=certificate[1]) as server, pytest.raises(Fatal) as caught:
        asyncio.run(post(server.url.replace("127.0.0.1", "localhost")))
    assert key(caught.value) == (Fatal, "http.tls")


def test_tls_to_a_server_that_speaks_none_is_fatal() -> None:
    with Server(lambda connection: connection.sendall(b"hello\r\n" * 20)) as server, pytest.raises(Fatal) as caught:
        asyncio.run(post(server.url.replace("http:", "https:")))
    assert key(caught.value) == (Fatal, "http.tls")

"""HTTP/1.1 straight to an endpoint: one request at a time on each connection, read by httptools (llhttp).

The head of a request is made once, and a reply costs a handful of callbacks. Whatever is unusual (a proxy) does not
come here. Failures are this module's exceptions, `ssl.SSLError`, `socket.gaierror` and `TimeoutError`.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple, cast
from urllib.parse import quote, urlsplit

import aiohappyeyeballs
import httptools

from bench.adapters._resolver import Resolver

IDLE_SECONDS = 15.0
"""A connection that was idle for longer is not used again: servers close theirs, mostly after 20 s or more."""
CONNECT_SECONDS = 30.0
EYEBALLS_SECONDS = 0.25
"""How long the first address of a name is tried alone (RFC 8305)."""
LOOK_SECONDS = 1.0
"""How late the end of a reply's time may be noticed; a twentieth of the time limit, if that is sooner."""
MAX_HEAD = 64 * 1024
"""Bytes of header names and values that a reply may have."""
_PATH = "/%:@!$&'()*+,;=~?"
_COMPRESSED = {"gzip": zlib.MAX_WBITS | 32, "x-gzip": zlib.MAX_WBITS | 32, "deflate": zlib.MAX_WBITS | 32}


class Broken(ConnectionError):
    """The connection ended, or said nonsense, before the reply was whole; the text is the kind of fault."""


class Unreachable(ConnectionError):
    """No address of the host took the connection."""


class TooLarge(Exception):
    """The reply is larger than was allowed."""


class Answer(NamedTuple):
    """A reply as read: HTTP status, header values by lower-case name (of equal names the last), and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """One connection: `ask` sends a request and returns the future of its answer."""

    def __init__(self, most: int) -> None:
        self.reusable = False
        self.idle_since = 0.0
        self.due = 0.0
        self._most = most
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._clean()

    def _clean(self) -> None:
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._size = 0
        self._has_head = False

    def ask(self, request: bytes, loop: asyncio.AbstractEventLoop) -> asyncio.Future[Answer]:
        """Send a request and return the future of its answer; whoever gives up waiting must `close`."""
        self._clean()
        self.reusable = False
        self._answer = answer = loop.create_future()
        self._transport.write(request)
        return answer

    def close(self) -> None:
        """Drop the connection and whatever is on it."""
        self.reusable = False
        self._answer = None
        self._transport.abort()

    def expire(self) -> None:
        """Give up waiting for the answer: TimeoutError."""
        self._fail(TimeoutError())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            return self.close()  # nobody asked: whatever it is must not become the answer to the next request
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(Broken(type(error).__name__))
        return None

    def connection_lost(self, error: Exception | None) -> None:
        self.reusable = False
        if self._answer is not None and self._has_head and error is None and not self._framed():
            self._finish()
        self._fail(Broken(type(error).__name__ if error else "cut short" if self._has_head else "no reply"))

    def on_message_begin(self) -> None:
        if self._answer is None:
            self.close()  # a second reply to one request

    def on_header(self, name: bytes, value: bytes) -> None:
        self._size += len(name) + len(value)
        if self._size > MAX_HEAD:
            self._fail(TooLarge())
        elif not self._has_head:
            self._headers[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")

    def on_headers_complete(self) -> None:
        self._size = 0
        if self._parser.get_status_code() < 200:
            self._headers.clear()
            return
        self._has_head = True
        length = self._headers.get("content-length", "")
        if length.isdigit() and int(length) > self._most:
            self._fail(TooLarge())

    def on_body(self, data: bytes) -> None:
        self._size += len(data)
        self._parts.append(data)
        if self._size > self._most:
            self._fail(TooLarge())

    def on_message_complete(self) -> None:
        if self._has_head and self._answer is not None:
            self.reusable = self._parser.should_keep_alive()
            self._finish()

    def _framed(self) -> bool:
        """Return whether the reply said how long it is; else it ends with the connection."""
        return "content-length" in self._headers or "transfer-encoding" in self._headers

    def _finish(self) -> None:
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            return self.close()
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        try:
            body = self._plain(body)
        except (zlib.error, Broken, TooLarge) as error:
            answer.set_exception(error if isinstance(error, TooLarge) else Broken("bad encoding"))
            return None
        answer.set_result(Answer(self._parser.get_status_code(), self._headers, body))
        return None

    def _plain(self, body: bytes) -> bytes:
        """Return a body without compression, which we never ask for; some gateways send it all the same."""
        coding = self._headers.get("content-encoding", "identity").strip().lower()
        if coding == "identity" or not body:
            return body
        if coding not in _COMPRESSED:
            raise Broken(coding)
        reader = zlib.decompressobj(_COMPRESSED[coding])
        plain = reader.decompress(body, self._most)
        if reader.unconsumed_tail:
            raise TooLarge
        if not reader.eof:
            raise Broken("cut short")
        return plain

    def _fail(self, error: Exception) -> None:
        answer = self._answer
        if answer is not None and not answer.done():
            answer.set_exception(error)
        self.close()


class Target(NamedTuple):
    """Where requests to one address go, the head that each of them begins with, and the connections that wait."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    head: bytes
    idle: deque[Connection]


class Pool:
    """Connections to endpoints: at most `connections` at once, kept open between requests."""

    def __init__(
        self, headers: Mapping[str, str], *, connections: int, timeout: float, resolver: Resolver, most: int
    ) -> None:
        self._headers = headers
        self._timeout = timeout
        self._resolver = resolver
        self._most = most
        self._look = min(LOOK_SECONDS, timeout / 20)
        self._places = asyncio.Semaphore(connections)
        self._busy: set[Connection] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._targets: dict[str, Target] = {}
        self._loop = asyncio.get_running_loop()

    async def post(self, url: str, body: bytes) -> Answer:
        """Return the answer to one POST, within the time limit, which counts the wait for a connection too."""
        target = self._targets.get(url) or self._target(url)
        until = self._loop.time() + self._timeout
        if self._places.locked():
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            connection = self._waiting(target) or await self._connect(target, until)
            return await self._exchange(connection, target, body, until)
        finally:
            self._places.release()

    async def _exchange(self, connection: Connection, target: Target, body: bytes, until: float) -> Answer:
        """Return the answer that comes before `until`; one timer looks after all connections."""
        connection.due = until
        self._busy.add(connection)
        if self._timer is None:
            self._timer = self._loop.call_later(self._look, self._expire)
        try:
            answer = await connection.ask(b"%b%d\r\n\r\n%b" % (target.head, len(body), body), self._loop)
        except BaseException:
            connection.close()
            raise
        finally:
            self._busy.discard(connection)
        if connection.reusable:
            connection.idle_since = self._loop.time()
            target.idle.append(connection)
        else:
            connection.close()
        return answer

    def _expire(self) -> None:
        """Give up what is overdue, and come back as long as anything is asked."""
        now = self._loop.time()
        for connection in [one for one in self._busy if one.due <= now]:
            connection.expire()
        self._timer = self._loop.call_later(self._look, self._expire) if self._busy else None

    async def close(self) -> None:
        """Close the connections that wait."""
        if self._timer is not None:
            self._timer.cancel()
        for target in self._targets.values():
            for connection in target.idle:
                connection.close()

    def _target(self, url: str) -> Target:
        parts = urlsplit(url)
        tls = tls_context() if parts.scheme == "https" else None
        port = parts.port or (443 if tls else 80)
        path = quote(parts.path or "/", safe=_PATH) + (f"?{quote(parts.query, safe=_PATH)}" if parts.query else "")
        head = make_head(path, parts.netloc, self._headers)
        target = self._targets[url] = Target(parts.hostname or "", port, tls, head, deque())
        return target

    def _waiting(self, target: Target) -> Connection | None:
        """Return the connection that was used last, if it is still open and fresh."""
        oldest = self._loop.time() - IDLE_SECONDS
        while target.idle:
            connection = target.idle.pop()
            if connection.reusable and connection.idle_since >= oldest:
                return connection
            connection.close()
        return None

    async def _connect(self, target: Target, until: float) -> Connection:
        """Return a new connection to an allowed address."""
        async with asyncio.timeout_at(min(until, self._loop.time() + CONNECT_SECONDS)):
            places = await self._resolver.lookup(target.host, target.port)
            try:
                sock = await aiohappyeyeballs.start_connection(places, happy_eyeballs_delay=EYEBALLS_SECONDS)
            except OSError as error:
                raise Unreachable(type(error).__name__) from None
            try:
                _, connection = await self._loop.create_connection(
                    lambda: Connection(self._most),
                    sock=sock,
                    ssl=target.tls,
                    server_hostname=target.host.rstrip(".") if target.tls else None,
                )
            except BaseException:
                sock.close()
                raise
            return connection


def tls_context() -> ssl.SSLContext:
    """Return the settings of TLS: the system's authorities, host names checked, HTTP/1.1."""
    made = ssl.create_default_context()
    made.set_alpn_protocols(["http/1.1"])
    return made


def make_head(path: str, netloc: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request up to the number of its `Content-Length`; raises ValueError for a line break."""
    lines = {"Host": netloc, "Accept": "*/*", "User-Agent": "mingjian", **headers}
    if any(not f"{name}{value}".isprintable() for name, value in lines.items()):
        raise ValueError("header")
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{text}Content-Length: ".encode()

"""Connections to endpoints, kept open between requests, and the time limits of what is asked on them."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import aiohappyeyeballs

from bench.adapters._resolver import Resolver
from bench.adapters._wire import Answer, Connection, Unreachable

IDLE_SECONDS = 15.0
"""A connection that was idle for longer is not used again: servers close theirs, mostly after 20 s or more."""
CONNECT_SECONDS = 30.0
EYEBALLS_SECONDS = 0.25
"""How long the first address of a name is tried alone (RFC 8305)."""
LOOK_SECONDS = 1.0
"""How late the end of a reply's time may be noticed; a twentieth of the time limit, if that is sooner."""
LATE_SECONDS = 1.0
"""How late a look may be before it is taken for the first after a stop."""
_PATH = "/%:@!$&'()*+,;=~?"


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
        self._timer: asyncio.Handle | None = None
        self._looked_at = 0.0
        self._late = False
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
            self._come_back()
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
        """Give up what is overdue, and come back as long as anything is asked.

        A look that comes late gives up nothing, once: the process was stopped, answers may have come meanwhile, and
        uvloop looks at its timers before it reads them.
        """
        now = self._loop.time()
        self._late = not self._late and now - self._looked_at > self._look + LATE_SECONDS
        if not self._late:
            for connection in [one for one in self._busy if one.due <= now]:
                connection.expire()
        self._timer = None
        if self._busy:
            self._come_back()

    def _come_back(self) -> None:
        self._looked_at = self._loop.time()
        self._timer = self._loop.call_later(self._look, self._expire)

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

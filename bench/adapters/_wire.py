"""HTTP/1.1 straight to an endpoint: one request at a time on each connection, read by httptools (llhttp).

A reply costs a handful of callbacks. Whatever is unusual (a proxy) does not
come here. Failures are this module's exceptions, `ssl.SSLError`, `socket.gaierror` and `TimeoutError`.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import NamedTuple, cast

import httptools

MAX_HEAD = 64 * 1024
"""Bytes of header names and values that a reply may have."""
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
        """Drop the connection and whatever came on it: parser and connection hold each other until a collection."""
        self.reusable = False
        self._parts = []
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
        self._parts = []
        try:
            body = self._plain(body)
        except (zlib.error, Broken, TooLarge) as error:
            answer.set_exception(TooLarge() if isinstance(error, TooLarge) else Broken("bad encoding"))
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

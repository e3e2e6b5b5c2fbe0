"""The one HTTP door: post JSON over aiohttp, read a bounded body, and say what went wrong in our own errors."""

from __future__ import annotations

import asyncio
import email.utils
import socket
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult

from bench import addresses
from bench.errors import AdapterError, EnvironmentFault, Fatal, RateLimited, Transient

MAX_BODY = 8 * 1024 * 1024
"""Bytes of a reply that are read; a longer one is refused."""


class Response(msgspec.Struct, frozen=True):
    """A reply as read: HTTP status, header values by lower-case name, and the raw body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Resolver(AbstractResolver):
    """Name lookup that leaves out addresses no key may be sent to; the address checked is the one connected to."""

    def __init__(self, *, private: bool, plain: bool) -> None:
        self._private = private
        self._plain = plain
        self._inner: aiohttp.ThreadedResolver | None = None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the allowed addresses of a name; raises ForbiddenAddress if it has none."""
        self._inner = self._inner or aiohttp.ThreadedResolver()
        found = await self._inner.resolve(host, port, family)
        allowed = [
            one for one in found if addresses.allowed(host, one["host"], private=self._private, plain=self._plain)
        ]
        if found and not allowed:
            raise ForbiddenAddress(host)
        return allowed

    async def close(self) -> None:
        """Free nothing: the inner resolver holds nothing."""


class ForbiddenAddress(OSError):
    """A name resolves only to addresses that are not allowed."""


class Client:
    """One connection pool to one endpoint. An async context; redirects are not followed, proxies only if asked for."""

    def __init__(
        self,
        headers: Mapping[str, str],
        *,
        connections: int,
        timeout: float,
        proxy: str | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        self._headers = headers
        self._proxy = proxy
        self._resolver = resolver
        self._connections = connections
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(30.0, timeout))
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            connector=aiohttp.TCPConnector(limit=self._connections, ttl_dns_cache=60, resolver=self._resolver),
            timeout=self._timeout,
            trust_env=False,
            proxy=self._proxy,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(self, url: str, body: bytes) -> Response:
        """Return the response to one POST; raises Transient (retry helps) or Fatal (name, TLS)."""
        try:
            async with self._session.post(url, data=body, allow_redirects=False) as found:
                data = await _bounded(found) if _streamed(found) else await found.read()
                headers = {name.lower(): value for name, value in found.headers.items()}
                return Response(found.status, headers, data)
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            raise translate(error, url) from None  # the foreign error may hold our headers


async def _bounded(found: aiohttp.ClientResponse) -> bytes:
    """Return a body of unknown length; raises Transient as soon as it is too long."""
    data = bytearray()
    async for part in found.content.iter_any():
        data += part
        if len(data) > MAX_BODY:
            raise Transient("http.too_large", limit=MAX_BODY)
    return bytes(data)


def _streamed(found: aiohttp.ClientResponse) -> bool:
    return found.content_length is None or found.content_length > MAX_BODY


def translate(error: Exception, url: str) -> AdapterError:
    """Return our error for one of aiohttp's, most specific class first. Never shows headers."""
    host = url.split("/")[2]
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return Fatal("http.tls", host=host, why=type(error).__name__)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        if isinstance(error.os_error, ForbiddenAddress):
            return Fatal("http.forbidden_address", host=host)
        return Transient("http.dns", host=host)
    if isinstance(error, aiohttp.ClientConnectorError):
        return Transient("http.connect", host=host)
    if isinstance(error, TimeoutError):
        return Transient("http.timeout", host=host)
    return Transient("http.broken", host=host, why=type(error).__name__)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return the seconds that `Retry-After` asks for (a number or an HTTP date), or None."""
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    parsed = email.utils.parsedate_to_datetime(value) if "," in value else None
    return None if parsed is None else max(0.0, parsed.timestamp() - (time.time() if now is None else now))


def rate_limited(response: Response) -> RateLimited:
    """Return the error for a 429."""
    return RateLimited("http.rate", retry_after=retry_after(response.headers))


def read_json(response: Response) -> Any:
    """Return the body as JSON; a body cut short or not valid UTF-8 is Transient."""
    try:
        return msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Transient("http.not_json", status=response.status) from error


def missing_key(name: str) -> EnvironmentFault:
    """Return the error for an endpoint key that is not in the environment."""
    return EnvironmentFault("model.no_key", name=name)

"""The one HTTP door: post JSON, read a bounded body, and say what went wrong in our own errors."""

from __future__ import annotations

import email.utils
import socket
import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import msgspec

from bench import strict
from bench.adapters import _pool, _wire
from bench.adapters._resolver import ForbiddenAddress, Resolver
from bench.errors import AdapterError, EnvironmentFault, Fatal, RateLimited, Transient

if TYPE_CHECKING:
    from bench.adapters._proxied import Session

MAX_BODY = 8 * 1024 * 1024
"""Bytes of a reply that are read; a longer one is refused."""
ANSWERS = (200, 201, 203)
"""HTTP statuses of a reply; some frameworks say 201 to every POST, and a proxy that changed something says 203."""


_PLAIN: tuple[tuple[type[Exception], type[Fatal | Transient], str], ...] = (
    (ForbiddenAddress, Fatal, "http.forbidden_address"),
    (socket.gaierror, Transient, "http.dns"),
    (_wire.Unreachable, Transient, "http.connect"),
    (TimeoutError, Transient, "http.timeout"),
)


class Response(msgspec.Struct, frozen=True):
    """A reply as read: HTTP status, header values by lower-case name, and the raw body."""

    status: int
    headers: dict[str, str]
    body: bytes


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
        self._connections = connections
        self._timeout = timeout
        self._proxy = proxy
        self._resolver = resolver
        self._wire: _pool.Pool | Session

    async def __aenter__(self) -> Self:
        resolver = self._resolver or Resolver(private=True, plain=True)
        if self._proxy is None:
            self._wire = _pool.Pool(
                self._headers,
                connections=self._connections,
                timeout=self._timeout,
                resolver=resolver,
                most=MAX_BODY,
            )
        else:
            from bench.adapters._proxied import Session

            self._wire = Session(
                self._headers,
                connections=self._connections,
                timeout=self._timeout,
                resolver=resolver,
                most=MAX_BODY,
                proxy=self._proxy,
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.close()

    async def post(self, url: str, body: bytes) -> Response:
        """Return the response to one POST; raises Transient (retry helps) or Fatal (forbidden address, TLS)."""
        try:
            return Response(*await self._wire.post(url, body))
        except (OSError, _wire.TooLarge) as error:
            raise translate(error, url, self._proxy) from None  # a foreign error may hold our headers


def translate(error: Exception, url: str, proxy: str | None = None) -> AdapterError:
    """Return our error for one of the wire's, most specific class first. Never shows headers or a proxy's password.

    Behind a proxy it is the proxy that is looked up and connected to, not the endpoint.
    """
    host = url.split("/")[2]
    if proxy is not None and isinstance(error, socket.gaierror | _wire.Unreachable):
        return Transient("http.proxy", host=urlsplit(proxy).netloc.rpartition("@")[2])
    if isinstance(error, _wire.TooLarge):
        return Transient("http.too_large", limit=MAX_BODY)
    if isinstance(error, ssl.SSLError):
        return Fatal("http.tls", host=host, why=type(error).__name__)
    for kind, ours, key in _PLAIN:
        if isinstance(error, kind):
            return ours(key, host=host)
    why = str(error) if isinstance(error, _wire.Broken) else type(error).__name__
    return Transient("http.broken", host=host, why=why)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return the seconds that `Retry-After` asks for (a number or an HTTP date); None in another form."""
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment - (time.time() if now is None else now))


def rate_limited(response: Response) -> RateLimited:
    """Return the error for a 429."""
    return RateLimited("http.rate", retry_after=retry_after(response.headers))


def read_json(response: Response) -> Any:
    """Return the body as JSON; a body cut short or not valid UTF-8 is Transient."""
    try:
        return msgspec.json.decode(response.body)
    except strict.UNREADABLE as error:
        raise not_json(response.status, response.body) from error


def not_json(status: int, body: bytes) -> Transient:
    """Return the error for a body that is no JSON: a page for people, of a login or a gateway, is called one."""
    page = body.lstrip().startswith(b"<")
    return Transient("http.page" if page else "http.not_json", status=status)


def missing_key(name: str) -> EnvironmentFault:
    """Return the error for an endpoint key that is not in the environment."""
    return EnvironmentFault("model.no_key", name=name)

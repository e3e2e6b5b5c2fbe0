"""HTTP through a proxy that was asked for, over aiohttp: slower, and loaded on use only."""

from __future__ import annotations

import socket
from collections.abc import Mapping

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from bench.adapters._pool import CONNECT_SECONDS
from bench.adapters._resolver import Resolver
from bench.adapters._wire import Answer, Broken, TooLarge, Unreachable


class Session:
    """Requests through one proxy: the same calls and the same exceptions as `_pool.Pool`."""

    def __init__(
        self, headers: Mapping[str, str], *, connections: int, timeout: float, resolver: Resolver, most: int, proxy: str
    ) -> None:
        self._most = most
        self._headers = headers
        """Given to each request: aiohttp sends a session's own to the proxy too, the key as `Proxy-Authorization`."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections, ttl_dns_cache=60, resolver=_Lookup(resolver)),
            timeout=aiohttp.ClientTimeout(total=timeout, connect=min(CONNECT_SECONDS, timeout)),
            trust_env=False,
            proxy=proxy,
        )

    async def post(self, url: str, body: bytes) -> Answer:
        """Return the answer to one POST."""
        try:
            async with self._session.post(url, data=body, headers=self._headers, allow_redirects=False) as found:
                data = await self._read(found)
                return Answer(found.status, {name.lower(): value for name, value in found.headers.items()}, data)
        except aiohttp.ClientConnectorCertificateError as error:
            raise error.certificate_error from None
        except aiohttp.ClientConnectorError as error:
            raise cause(error) from None
        except aiohttp.ClientHttpProxyError as error:
            raise Broken(f"proxy: HTTP {error.status}") from None
        except aiohttp.ClientError as error:
            raise Broken(type(error).__name__) from None

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _read(self, found: aiohttp.ClientResponse) -> bytes:
        data = bytearray()
        async for part in found.content.iter_any():
            data += part
            if len(data) > self._most:
                data.clear()  # the error's traceback holds it
                raise TooLarge
        return bytes(data)


def cause(error: aiohttp.ClientConnectorError) -> Exception:
    """Return why there is no connection, as `_wire` would say it."""
    if isinstance(error, aiohttp.ClientConnectorSSLError | aiohttp.ClientConnectorDNSError):
        return error.os_error
    return Unreachable(type(error).__name__)


class _Lookup(AbstractResolver):
    """Our resolver in aiohttp's shape."""

    def __init__(self, inner: Resolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the allowed addresses of a name; raises ForbiddenAddress if it has none."""
        return [
            ResolveResult(hostname=host, host=place[0], port=port, family=kind, proto=proto, flags=0)
            for kind, _, proto, _, place in await self._inner.lookup(host, port)
        ]

    async def close(self) -> None:
        """Free nothing."""

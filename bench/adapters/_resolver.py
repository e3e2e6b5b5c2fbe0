"""Name lookup that leaves out addresses no key may be sent to; the address checked is the one connected to."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

from bench import addresses

FRESH_SECONDS = 60.0
"""How long the addresses of a name are used before it is looked up again."""

Place = tuple[int, int, int, str, tuple[Any, ...]]
"""One address of a name, as `getaddrinfo` gives it."""


class ForbiddenAddress(OSError):
    """A name resolves only to addresses that are not allowed."""


class Resolver:
    """Looks names up, once a minute each. `private`: also addresses of private networks; `plain`: without TLS."""

    def __init__(self, *, private: bool, plain: bool) -> None:
        self._private = private
        self._plain = plain
        self._known: dict[tuple[str, int], tuple[float, list[Place]]] = {}
        self._turn = asyncio.Lock()

    async def lookup(self, host: str, port: int) -> list[Place]:
        """Return the allowed addresses of a name; raises ForbiddenAddress if it has others only, gaierror if none."""
        async with self._turn:
            until, places = self._known.get((host, port), (0.0, []))
            if time.monotonic() >= until:
                places = await self._allowed(host, port)
                self._known[host, port] = time.monotonic() + FRESH_SECONDS, places
            return places

    async def _allowed(self, host: str, port: int) -> list[Place]:
        found = await find(host, port)
        allowed = [one for one in found if self._allows(host, str(one[4][0]))]
        if not allowed:
            raise ForbiddenAddress(host)
        return allowed

    def _allows(self, host: str, address: str) -> bool:
        return addresses.allowed(host, address.partition("%")[0], private=self._private, plain=self._plain)


async def find(host: str, port: int) -> list[Place]:
    """Return every address that the system knows for a name; raises gaierror if there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(int(family), int(kind), proto, name, tuple(place)) for family, kind, proto, name, place in found]

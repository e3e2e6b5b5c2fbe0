"""A real OpenAI-compatible server on loopback, in a thread: latency, and faults drawn by a function."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

Behaviour = Callable[[dict[str, Any], int], web.Response | None]
"""Gets the request body and how often its prompt was asked (from 1); None means: answer normally."""


def completion(text: str = "2", finish: str = "stop", **message: Any) -> dict[str, Any]:
    """Return a chat completion as vendors send it."""
    return {
        "id": "cmpl-1",
        "model": "mock-returned",
        "choices": [{"message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }


class Endpoint:
    """A context manager; `url` is the base address, `asked` counts requests by last user message."""

    def __init__(self, behaviour: Behaviour = lambda body, attempt: None, latency: float = 0.0) -> None:
        self.behaviour = behaviour
        self.latency = latency
        self.asked: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        app.router.add_post("/v1/messages", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        self.url = f"http://127.0.0.1:{port}/v1"

    async def _answer(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        prompt = body["messages"][-1]["content"]
        self.asked[prompt] += 1
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        if self.latency:
            await asyncio.sleep(self.latency)
        found = self.behaviour(body, self.asked[prompt])
        return web.json_response(completion()) if found is None else found

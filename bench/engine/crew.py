"""Workers that share the open cases of a run. One that waits before its next try lets another begin."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from bench.types import Case

RESTING = 2
"""How many cases may wait for their next try beside the busy workers, in multiples of the width."""

Finish = Callable[[int, Case], Awaitable[None]]


class Crew:
    """`width` busy workers over one iterator. `run` returns when all is done; the first exception stops the others.

    `rest` is the pause of a worker between two tries. If `relief`, another takes a worker's place meanwhile, so that a
    share of faulty replies does not slow the others down; somebody else must then limit the calls in flight.
    Memory stays bounded: beyond `RESTING` · width resting workers, one that rests keeps its place.
    """

    def __init__(self, work: Iterator[tuple[int, Case]], finish: Finish, width: int, *, relief: bool) -> None:
        self._work = work
        self._finish = finish
        self._width = max(1, width)
        self._most = self._width * RESTING if relief else 0
        self._busy = self._resting = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: asyncio.Future[None]

    async def run(self) -> None:
        """Finish all the work; whatever ends it early, no worker is left behind."""
        self._over = asyncio.get_running_loop().create_future()
        for _ in range(self._width):
            self._hire()
        try:
            await self._over
        finally:
            left = list(self._tasks)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def rest(self, seconds: float) -> None:
        """Sleep; let another worker begin meanwhile, if not too many rest already."""
        if self._resting >= self._most:
            await asyncio.sleep(seconds)
            return
        self._resting += 1
        self._busy -= 1
        self._hire()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._resting -= 1
            self._busy += 1

    def _hire(self) -> None:
        self._busy += 1
        task = asyncio.create_task(self._worker())
        self._tasks.add(task)
        task.add_done_callback(self._left)

    async def _worker(self) -> None:
        """Take one case after the other; go when the one whom it stood in for is back."""
        for index, case in self._work:
            await self._finish(index, case)
            if self._busy > self._width:
                break
        self._busy -= 1

    def _left(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if self._over.done() or task.cancelled():
            return
        if error is not None:
            self._over.set_exception(error)
        elif not self._tasks:
            self._over.set_result(None)

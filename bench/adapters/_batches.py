"""A micro-batcher: concurrent calls wait a moment and go to the device together, those of like length side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

WAIT_SECONDS = 0.005
"""How long the first call of a window waits for company."""


class Batcher(Generic[Job, Result]):
    """Groups jobs and runs each group in one worker thread.

    `run` gets jobs of one `group` key, at most `size`, in order of `length`, and returns a result for each.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Job]], Sequence[Result]],
        *,
        size: int,
        length: Callable[[Job], int],
        group: Callable[[Job], object],
    ) -> None:
        self._run = run
        self._size = size
        self._length = length
        self._group = group
        self._waiting: list[tuple[Job, asyncio.Future[Result]]] = []
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._loop = asyncio.create_task(self._serve())

    async def submit(self, job: Job) -> Result:
        """Return the result of a job; raises what `run` raised for its batch."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, future))
        self._arrived.set()
        return await future

    async def close(self) -> None:
        """Stop; the batch in the thread is waited for, jobs that wait are cancelled."""
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)
        for _, future in self._waiting:
            future.cancel()
        await asyncio.to_thread(self._thread.shutdown)

    async def _serve(self) -> None:
        while True:
            await self._arrived.wait()
            await asyncio.sleep(WAIT_SECONDS)
            window, self._waiting = self._waiting, []
            self._arrived.clear()
            # A window is finished before the next is taken, so that a long prompt is not overtaken for ever.
            for batch in self._batches(window):
                await self._finish(batch)

    def _batches(
        self, window: Sequence[tuple[Job, asyncio.Future[Result]]]
    ) -> list[list[tuple[Job, asyncio.Future[Result]]]]:
        groups: dict[object, list[tuple[Job, asyncio.Future[Result]]]] = {}
        for entry in sorted(window, key=lambda entry: self._length(entry[0])):
            if not entry[1].cancelled():
                groups.setdefault(self._group(entry[0]), []).append(entry)
        return [
            group[start : start + self._size] for group in groups.values() for start in range(0, len(group), self._size)
        ]

    async def _finish(self, batch: Sequence[tuple[Job, asyncio.Future[Result]]]) -> None:
        jobs, futures = [job for job, _ in batch], [future for _, future in batch]
        loop = asyncio.get_running_loop()
        try:
            results = await loop.run_in_executor(self._thread, self._run, jobs)
        except asyncio.CancelledError:
            for future in futures:
                future.cancel()
            raise
        except Exception as error:
            for future in futures:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in zip(futures, results, strict=True):
            if not future.done():
                future.set_result(result)

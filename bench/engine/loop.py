"""The event loop: uvloop where it is installed (half the CPU of the standard loop), else asyncio's own."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(KeyboardInterrupt):
    """Ctrl-C or SIGTERM (`number`) arrived while the loop ran; its work was cancelled in order."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a new event loop and return its result; raises Stopped for a signal."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        task, came = runner.run(_until_stopped(work))
    if came:
        raise Stopped(came[0])
    return task.result()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's maker of loops, or None for asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _until_stopped(work: Coroutine[Any, Any, T]) -> tuple[asyncio.Task[T], list[int]]:
    """Return the ended task of `work`, and the signals that came meanwhile: any of them cancels it.

    An exception raised in a plain signal handler would be swallowed by the loop, or end it before files are closed.
    """
    task, loop = asyncio.create_task(work), asyncio.get_running_loop()
    came: list[int] = []

    def stop(number: int) -> None:
        came.append(number)
        task.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        await asyncio.wait([task])
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
    return task, came

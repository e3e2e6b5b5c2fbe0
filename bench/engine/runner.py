"""The loop: cases → adapter → journal. One asyncio loop, `width` workers, nothing lost."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec

from bench import catalogue
from bench.engine import plan as plans
from bench.engine.journal import RECORDS_FILE, Journal, lock
from bench.engine.limits import Breaker, Retry
from bench.engine.plan import Plan
from bench.errors import AdapterError, Fatal, Fault, IntegrityError
from bench.protocols import Adapter
from bench.types import Case, Reply, Value

Observer = Callable[[Case, Reply], None]
"""Called once for each new record, after it is written."""


class RunOptions(Value, frozen=True):
    """How to drive a run; none of it changes what is asked."""

    max_in_flight: int | None = None
    retry: Retry = Retry()
    retry_errors: bool = False
    """Ask again for cases whose stored record is an error; the old records stay in the journal."""


class Outcome(Value, frozen=True):
    """What one call of `run` did."""

    planned: int
    finished_before: int
    finished_now: int
    seconds: float


async def run(
    plan: Plan, adapter: Adapter, folder: Path, options: RunOptions, observe: Observer = lambda case, reply: None
) -> Outcome:
    """Ask every case that has no record yet and journal the replies.

    Raises Fatal when going on is pointless, TryLater if another process holds the run, EnvironmentFault for a full
    disk; whatever was finished before is on disk in each case.
    """
    started = time.monotonic()
    check_identity(plan, adapter)
    with lock(folder):
        async with Journal(folder / RECORDS_FILE, plans.genesis(folder)) as journal:
            before = len(journal.state.statuses)
            async with adapter:
                await _ask_all(plan, adapter, journal, options, observe)
            after = len(journal.state.statuses)
    return Outcome(
        planned=plan.info.cases,
        finished_before=before,
        finished_now=after - before,
        seconds=time.monotonic() - started,
    )


def check_identity(plan: Plan, adapter: Adapter) -> None:
    """Raise IntegrityError if the adapter is not the model that the plan was made for."""
    wanted, found = plan.info.identity, msgspec.to_builtins(dict(adapter.identity))
    different = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
    if different:
        raise IntegrityError("run.other_model", names=", ".join(different))


async def _ask_all(plan: Plan, adapter: Adapter, journal: Journal, options: RunOptions, observe: Observer) -> None:
    """Let `width` workers share one iterator of open cases; the first failure stops all."""
    done = {
        index for index, status in journal.state.statuses.items() if not (options.retry_errors and status == "error")
    }
    open_cases = ((index, case) for index, case in enumerate(plan.cases()) if index not in done)
    width = min(adapter.max_in_flight, options.max_in_flight or adapter.max_in_flight)
    breaker = Breaker()

    async def finish(index: int, case: Case) -> None:
        reply, error = await ask(adapter, case, options.retry)
        journal.append(index, case, reply)
        observe(case, reply)
        breaker.record(error)

    await share(open_cases, finish, width)


async def share(work: Iterator[tuple[int, Case]], finish: Callable[[int, Case], Awaitable[None]], width: int) -> None:
    """Run `finish` over `work` with `width` workers; the first exception cancels the others and is raised."""

    async def worker() -> None:
        for index, case in work:
            await finish(index, case)

    workers = [asyncio.create_task(worker()) for _ in range(max(1, width))]
    try:
        await asyncio.gather(*workers)
    except BaseException:
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        raise


async def ask(adapter: Adapter, case: Case, retry: Retry) -> tuple[Reply, AdapterError | None]:
    """Return the reply to a case, trying again as `retry` says; a case that cannot be answered gets status `error`."""
    started, clock, attempt = plans.now(), time.monotonic(), 1
    while True:
        try:
            reply = await adapter.generate(case)
            failure: AdapterError | None = None
            break
        except AdapterError as error:
            if isinstance(error, Fatal):
                raise
            pause = retry.pause(attempt, error)
            if pause is None:
                reply, failure = Reply(status="error", detail=describe(error)), error
                break
        attempt += 1
        await asyncio.sleep(pause)
    ms = reply.ms if reply.ms is not None else round((time.monotonic() - clock) * 1000)
    return msgspec.structs.replace(reply, started=reply.started or started, ms=ms, attempts=attempt), failure


def describe(error: AdapterError) -> str:
    """Return an adapter's error as stored in a record (English)."""
    return catalogue.explain(error, "en")


def verify_cases(plan: Plan) -> None:
    """Raise IntegrityError unless the cases made from a loaded plan are those that were planned."""
    found = hashlib.sha256()
    for case in plan.cases():
        found.update(case.key.encode())
    if found.hexdigest() != plan.info.cases_sha256:
        raise IntegrityError.of([Fault(key="run.cases_changed")])

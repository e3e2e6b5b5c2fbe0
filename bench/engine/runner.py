"""The loop: cases → adapter → journal. One asyncio loop, `width` workers, nothing lost."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import itertools
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec

from bench import catalogue
from bench.allowance import Allowance, total, worst_case
from bench.engine import plan as plans
from bench.engine import seals
from bench.engine.budget import Budget, Purse, add, unmetered
from bench.engine.crew import Crew
from bench.engine.journal import RECORDS_FILE, Journal, lock
from bench.engine.limits import Breaker, Gate, Pace, Retry
from bench.engine.plan import Plan
from bench.errors import AdapterError, Fatal, Fault, IntegrityError, MingjianError, RateLimited, Rejected
from bench.protocols import Adapter
from bench.types import STATUSES, Case, PerMinute, Reply, Value

Observer = Callable[[Case, Reply], None]
"""Called once for each new record, after it is written. One with a method `waits` is told when a call that failed
waits for its next try: for how many seconds, and what went wrong."""
Waits = Callable[[float, AdapterError], None]
Rest = Callable[[float], Awaitable[None]]
"""Waits so many seconds before the next try."""


class RunOptions(Value, frozen=True):
    """How to drive a run; none of it changes what is asked."""

    max_in_flight: int | None = None
    retry: Retry = Retry()
    retry_errors: bool = False
    """Ask again for cases whose stored record is an error; the old records stay in the journal."""
    budget: Budget | None = None


class Part(Value, frozen=True):
    """Which cases of a plan to ask: those whose index leaves the remainder `index` when divided by `total`."""

    index: int = 0
    total: int = 1

    def holds(self, case: int) -> bool:
        """Return whether a case belongs to this part."""
        return case % self.total == self.index

    def size(self, cases: int) -> int:
        """Return how many of `cases` belong to this part."""
        return len(range(self.index, cases, self.total))


class Outcome(Value, frozen=True):
    """What one call of `run` did."""

    planned: int
    finished_before: int
    finished_now: int
    seconds: float


def _ignore(case: Case, reply: Reply) -> None:
    return None


def _wait(seconds: float, error: AdapterError) -> None:
    return None


async def run(plan: Plan, adapter: Adapter, folder: Path, options: RunOptions, observe: Observer = _ignore) -> Outcome:
    """Ask every case that has no record yet and journal the replies.

    Raises Fatal when going on is pointless, TryLater if another process holds the run, EnvironmentFault for a full
    disk, IncompleteError at the end of the budget; whatever was finished before is on disk in each case.
    """
    started = time.monotonic()
    check_identity(plan, adapter)
    with lock(folder):
        async with Journal(folder / RECORDS_FILE, plans.genesis(folder), seals.noted(folder)) as journal:
            before = len(journal.state.statuses)
            await ask_part(plan, adapter, journal, options, observe=observe)
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


async def ask_part(
    plan: Plan,
    adapter: Adapter,
    journal: Journal,
    options: RunOptions,
    *,
    part: Part = Part(),  # noqa: B008 - frozen
    observe: Observer = _ignore,
) -> None:
    """Let workers share one iterator of the part's open cases; the first failure stops all."""
    width = max(1, min(adapter.max_in_flight, options.max_in_flight or adapter.max_in_flight))
    gate = open_gate(adapter, width)
    purse = open_purse(plan, journal, options.budget)
    breaker = Breaker()
    waits: Waits = getattr(observe, "waits", _wait)

    async def finish(index: int, case: Case) -> None:
        reserved = await purse.take(case) if purse else None
        reply = None
        try:
            reply, error = await ask(adapter, case, options.retry, gate, crew.rest, waits=waits)
            journal.append(index, case, reply)
        finally:
            if purse and reserved:
                purse.settle(reserved, reply)
        observe(case, reply)
        try:
            breaker.record(error)
        except Fatal:
            if not isinstance(error, Rejected) or next(work, None) is not None:
                raise  # refusals alike with nothing left to send leave nothing to stop

    work = open_cases(plan, journal, part, options.retry_errors)
    crew = Crew(work, finish, width, relief=gate is not None)
    try:
        async with adapter:
            await crew.run()
    finally:
        if gate:
            gate.close()


def open_gate(adapter: Adapter, width: int) -> Gate | None:
    """Return what limits the calls to a service in flight and by the minute; None for a local model."""
    if not adaptive(adapter):
        return None
    most: PerMinute | None = getattr(adapter, "per_minute", None)
    return Gate(Pace(width), allowance=Allowance(most) if most else None)


def open_purse(plan: Plan, journal: Journal, budget: Budget | None) -> Purse | None:
    """Return what is left of a budget after all that the journal's records cost; None without a budget."""
    if budget is None:
        return None
    return Purse(budget, add(journal.state.spent, unmetered(plan.cases(), journal.path, journal.genesis)))


def adaptive(adapter: Adapter) -> bool:
    """Return whether to learn how many calls may fly: for services, which have an address, not for local models."""
    stated: bool | None = getattr(adapter, "adaptive", None)
    return "endpoint" in adapter.identity if stated is None else stated


def open_cases(plan: Plan, journal: Journal, part: Part, retry_errors: bool) -> Iterator[tuple[int, Case]]:
    """Yield the index and case of all that is still to ask, in plan order."""
    statuses = journal.state.statuses

    def is_open(index: int) -> bool:
        return part.holds(index) and (index not in statuses or (retry_errors and statuses[index] == "error"))

    return plan.numbered(is_open)


async def ask(
    adapter: Adapter,
    case: Case,
    retry: Retry,
    gate: Gate | None = None,
    rest: Rest = asyncio.sleep,
    *,
    waits: Waits = _wait,
) -> tuple[Reply, AdapterError | None]:
    """Return the reply to a case, trying again as `retry` says; a case that cannot be answered gets status `error`.

    The time is that of the last attempt, with its wait for a place; between attempts no place is held.
    """
    attempt = 1
    while True:
        started, clock = time.time(), time.monotonic()
        found = await attempt_once(adapter, case, gate, again=attempt > 1)
        if isinstance(found, Reply):
            reply, failure = found, None
            break
        pause = retry.pause(attempt, found)
        if pause is None:
            reply, failure = Reply(status="error", detail=describe(found)), found
            break
        waits(pause, found)
        attempt += 1
        await rest(pause)
    ms = reply.ms if reply.ms is not None else round((time.monotonic() - clock) * 1000)
    begun = reply.started or stamp(started)
    return msgspec.structs.replace(reply, started=begun, ms=ms, attempts=attempt), failure


async def attempt_once(adapter: Adapter, case: Case, gate: Gate | None, *, again: bool = False) -> Reply | AdapterError:
    """Return the reply to one call, or why there is none; raises Fatal."""
    tokens = total(worst_case(case)) if gate and gate.allowance else 0
    sent_at = await gate.enter(tokens, again=again) if gate else 0.0
    found: Reply | AdapterError | None = None
    failure: BaseException | None = None
    try:
        found = await call(adapter, case)
    except BaseException as error:
        failure = error
        if isinstance(error, Fatal) or not isinstance(error, AdapterError):
            raise
        found = bare(error)
    finally:
        if gate:
            gate.leave(sent_at, failure, tokens - used(found, tokens) if tokens else 0)
    return found


async def call(adapter: Adapter, case: Case) -> Reply:
    """Return an adapter's reply; raises Fatal for an exception that it should have translated, and for no reply."""
    try:
        found: Reply = await adapter.generate(case)
    except (MingjianError, OSError):
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        why = f"{type(error).__name__}: {error}"
        raise Fatal("adapter.broke", name=type(adapter).__name__, why=why, place=place) from error
    if not isinstance(found, Reply) or found.status not in STATUSES:
        what = found.status if isinstance(found, Reply) else type(found).__name__
        raise Fatal("adapter.no_reply", name=type(adapter).__name__, found=repr(what))
    return found


def bare(error: AdapterError) -> AdapterError:
    """Return an error without the frames that it came through: they hold what the endpoint sent, and hold the error."""
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error


def used(found: Reply | AdapterError | None, most: int) -> int:
    """Return the tokens that a call took: as told, none for a refusal to serve it, the most if nobody says."""
    if isinstance(found, RateLimited):
        return 0
    usage = found.usage if isinstance(found, Reply) else None
    return most if usage is None else total(usage)


def stamp(moment: float) -> str:
    """Return a time in UTC, ISO 8601 with milliseconds."""
    return f"{_second(int(moment))}.{int(moment * 1000) % 1000:03d}Z"


@functools.lru_cache(maxsize=4)
def _second(moment: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))


def describe(error: AdapterError) -> str:
    """Return an adapter's error as stored in a record (English)."""
    return catalogue.explain(error, "en")


def verify_cases(plan: Plan) -> None:
    """Raise IntegrityError unless the cases made from a loaded plan are those that were planned, and as many."""
    found, count = hashlib.sha256(), 0
    for case in itertools.islice(plan.cases(), plan.info.cases + 1):
        found.update(case.key.encode())
        count += 1
    if count != plan.info.cases or found.hexdigest() != plan.info.cases_sha256:
        raise IntegrityError.of([Fault(key="run.cases_changed")])

"""Calls to judges: bounded, tried again, counted, and each one kept as a line."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from bench.allowance import Allowance, total, worst_case
from bench.errors import AdapterError, Fatal, IntegrityError, MingjianError, RateLimited, Transient
from bench.protocols import Adapter
from bench.types import FILTERED, Case, Language, PerMinute, Reply, Sampling, Status, Usage, Value
from scorers.judge_prompt import Request
from scorers.judge_verdict import Failure, Verdict, parse, parse_line

Explain = Callable[[MingjianError], str]
"""Returns what went wrong as a sentence, to be kept."""

PAUSE, LONGEST_PAUSE = 0.25, 30.0
"""Seconds before the second try, doubled each time up to the longest."""
VERDICTS: tuple[Failure | None, ...] = (None, "judge_unparsable")
"""Failures of calls that a judge answered: asked again, it would say the same."""


class Judgement(Value, frozen=True):
    """One call to a judge, as a line of `judgements.jsonl`; with rubric and record the request can be made again."""

    suite: str
    item: str
    record: int
    lang: Language
    variant: str
    rubric: str
    rubric_sha256: str
    judge: str
    question: str
    """SHA-256 of all that decides the answer but marker and nonce: an equal question need not be asked again."""
    request_sha256: str
    part: str
    """`2/3` for a window of a long reply, else empty."""
    seed: str
    order: tuple[str, ...]
    shown: tuple[str, ...]
    marker: str
    nonce: str
    status: Status
    raw: str
    """The judge's reply, unchanged."""
    label: str | None = None
    reason: str = ""
    failure: Failure | None = None
    detail: str | None = None
    usage: Usage | None = None


class Cost(msgspec.Struct, rename={"input": "in", "output": "out"}):
    """What one judge has cost so far; `unmetered` calls came back without token counts."""

    calls: int = 0
    reused: int = 0
    input: int = 0
    output: int = 0
    unmetered: int = 0

    def add(self, usage: Usage | None) -> None:
        """Count one call."""
        self.calls += 1
        self.unmetered += usage is None
        if usage is not None:
            self.input += usage.input
            self.output += usage.output


def plain(error: Exception) -> str:
    """Return what went wrong as Python says it."""
    return f"{type(error).__name__}: {error}"


class Judge:
    """A model as judge: its name, its cost, and whether it is still worth asking."""

    def __init__(self, adapter: Adapter, number: int, explain: Explain = plain) -> None:
        self.adapter = adapter
        self._explain = explain
        self.identity: Mapping[str, Any] = msgspec.to_builtins(dict(adapter.identity))
        self.name = f"{number}:{self.identity.get('model') or 'judge'}"
        self.cost = Cost()
        most: PerMinute | None = getattr(adapter, "per_minute", None)
        self._allowance = Allowance(most) if most else None
        self.dead: str | None = None
        """Why it cannot be asked: it could not be opened, or refused its key."""

    def ready(self) -> None:
        """Make ready for calls in a new event loop; the adapter is opened at the first one."""
        self._gate, self._door = asyncio.Semaphore(max(1, self.adapter.max_in_flight)), asyncio.Lock()
        self._open, self.dead = False, None

    async def open(self) -> None:
        """Open the adapter once; one that cannot be opened is out of the panel, and says why."""
        async with self._door:
            if self._open or self.dead is not None:
                return
            try:
                await self.adapter.__aenter__()
                self._open = True
            except MingjianError as error:
                self.dead = self._explain(error)

    async def close(self) -> None:
        """Close the adapter if it was opened."""
        if self._open:
            await self.adapter.__aexit__(None, None, None)

    async def ask(self, case: Case, tries: int, answers: Sequence[str] = ()) -> Reply:
        """Return the judge's reply; whatever goes wrong is a reply with status `error`.

        Where there are `answers`, an adapter with a method `choose` is held to them; any other may say anything.
        """
        async with self._gate:
            await self.open()
            if self.dead is not None:
                return Reply(status="error", detail=self.dead)
            reply = await self._try(case, tries, answers)
        self.cost.add(reply.usage)
        return reply

    async def _try(self, case: Case, tries: int, answers: Sequence[str]) -> Reply:
        choose = getattr(self.adapter, "choose", None) if answers else None
        for attempt in range(1, tries + 1):
            tokens = await self._turn(case)
            try:
                reply: Reply = await (choose(case, answers) if choose else self.adapter.generate(case))
                if self._allowance and reply.usage:
                    self._allowance.give_back(tokens - total(reply.usage))
                return reply
            except (RateLimited, Transient) as error:
                last = self._explain(error)
                if attempt < tries:
                    await asyncio.sleep(pause(attempt, error))
            except Exception as error:
                last = self._explain(error) if isinstance(error, MingjianError) else plain(error)
                if isinstance(error, Fatal):
                    self.dead = last
                break
        return Reply(status="error", detail=last)

    async def _turn(self, case: Case) -> int:
        """Wait until the judge's endpoint takes one more call; return the tokens that this one may need at most."""
        if self._allowance is None:
            return 0
        now = asyncio.get_running_loop().time
        while (wait := self._allowance.opens_at - now()) > 0:
            await asyncio.sleep(wait)
        tokens = total(worst_case(case))
        self._allowance.take(now(), tokens)
        return tokens


def pause(attempt: int, error: AdapterError) -> float:
    """Return the seconds to wait after a failed try: what the endpoint wishes (bounded) and a random back-off."""
    wished = min(getattr(error, "retry_after", None) or 0.0, 2 * LONGEST_PAUSE)
    return wished + min(LONGEST_PAUSE, PAUSE * 2.0 ** (attempt - 1)) * random.random()


def case_of(request: Request, record_case: Case, parameters: Sampling) -> Case:
    """Return a judge's request as a case; its key is the digest of all that is sent."""
    key = digest([[turn.role, turn.content] for turn in request.messages], msgspec.to_builtins(parameters))
    return Case(
        key=key,
        suite="judge",
        item=record_case.item,
        lang=record_case.lang,
        messages=request.messages,
        parameters=parameters,
        variant=record_case.variant,
        epoch=record_case.epoch,
    )


def read(reply: Reply, request: Request) -> tuple[Verdict | None, Failure | None]:
    """Return a judge's verdict, or why it is none: only a whole answer of the model itself can be one."""
    if reply.status in FILTERED:
        return None, "judge_blocked"
    if reply.status in ("error", "too_long"):
        return None, "judge_error"
    whole = reply.text if reply.status == "answered" else ""
    if request.form == "line":
        found = parse_line(whole, dict(zip(request.menu, request.order, strict=True)))
    else:
        found = parse(whole, request.nonce, request.shown)
        if found is not None:
            found = Verdict(request.order[request.shown.index(found.label)], found.reason)
    return found, None if found is not None else "judge_unparsable"


def contradicts(line: Judgement) -> bool:
    """Return whether a stored label is not what the stored answer says, by the nonce and the names of its call.

    An answer in the form of a line is known by its code alone; one without a label is then taken as it is.
    """
    whole = line.raw if line.status == "answered" else ""
    if line.nonce:
        found = parse(whole, line.nonce, line.shown)
        name = found.label if found else None
    elif line.label is None:
        return False
    else:
        name = next((code for code in line.shown if whole.strip().endswith(f"[{code}]")), None)
    return line.label != (None if name is None else line.order[line.shown.index(name)])


class Earlier:
    """What judges said before: what was said of the same record counts first, then what was first said of an equal one.

    Errors and filtered calls are made again, unless what was said is `final`. Raises IntegrityError for a line whose
    label is not what its answer says.
    """

    def __init__(self, known: Iterable[Judgement | Mapping[str, Any]], final: bool = False) -> None:
        lines = [line if isinstance(line, Judgement) else msgspec.convert(line, Judgement) for line in known]
        for line in filter(contradicts, lines):
            raise IntegrityError("judging.contradicts", judge=line.judge, item=line.item, record=line.record)
        self._own = {(line.question, line.record): line for line in lines}
        self._first = {line.question: line for line in reversed(lines) if line.failure in VERDICTS}
        self._final = final

    def find(self, question: str, record: int) -> Judgement | None:
        """Return the line that answers a question about a record, or None if a judge is to be asked."""
        line = self._own.get((question, record)) or self._first.get(question)
        return line if line is not None and (self._final or line.failure in VERDICTS) else None


def digest(*values: Any) -> str:
    """Return the SHA-256 of plain values; escaped to ASCII, so that a lone surrogate in a text does no harm."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

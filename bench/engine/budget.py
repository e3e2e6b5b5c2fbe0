"""The hard budget of a run: tokens or money. No call is sent that could exceed it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import msgspec

from bench.allowance import worst_case
from bench.engine import journal
from bench.errors import IncompleteError, UsageError
from bench.types import Case, Prices, Reply, Status, Usage, Value


class Budget(Value, frozen=True):
    """The most that a run may use in all, over every resume: tokens (input + output), or money."""

    max_tokens: int | None = None
    max_cost: int | None = None
    """In millionths of the currency unit; needs `prices`."""
    prices: Prices | None = None


class Kept(Value, frozen=True):
    """A budget as it was stated, kept in the folder of its run."""

    budget: str


class _ReplyHead(msgspec.Struct, gc=False):
    status: Status
    usage: Usage | None = None


class _Head(msgspec.Struct, gc=False):
    i: int
    reply: _ReplyHead


_FORM = re.compile(r"(?P<amount>[0-9]{1,12}(\.[0-9]{1,6})?)\s*(?P<unit>[A-Za-z]+)")
_TOKENS = ("token", "tokens")


def parse(text: str, prices: Prices | None) -> Budget:
    """Return the budget that `20CNY` or `500000tokens` means; raises UsageError if it has no sense for the prices."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise UsageError("budget.form", text=text)
    amount, unit = Fraction(found["amount"]), found["unit"]
    if unit.lower() in _TOKENS:
        if amount.denominator != 1:
            raise UsageError("budget.form", text=text)
        return Budget(max_tokens=int(amount))
    if prices is None:
        raise UsageError("run.no_prices")
    if unit.upper() != prices.currency:
        raise UsageError("budget.currency", text=text, currency=prices.currency)
    return Budget(max_cost=int(amount * 1_000_000), prices=prices)


def unmetered(cases: Iterable[Case], path: Path, genesis: str) -> Usage:
    """Return the most that the records of a journal without usage, errors apart, may have cost."""
    decode, total, found = msgspec.json.Decoder(_Head).decode, Usage(0, 0), set[int]()
    for line, _ in journal.lines(path, genesis):
        head = decode(line)
        if head.reply.usage is None and head.reply.status != "error":
            found.add(head.i)
    for index, case in enumerate(cases if found else ()):
        if index in found:
            total = add(total, worst_case(case))
    return total


class Purse:
    """Keeps what was spent and what calls in flight may still cost. A call goes through `take` and ends in `settle`."""

    def __init__(self, budget: Budget, spent: Usage) -> None:
        self.budget = budget
        self.spent = spent
        self._reserved = Usage(0, 0)
        self._flying = 0
        self._over = False
        self._waiting: list[asyncio.Future[None]] = []

    async def take(self, case: Case) -> Usage:
        """Reserve the most that a case may cost, waiting for calls in flight to free theirs.

        Raises IncompleteError when nothing is in flight and the rest of the budget is too small; from then on for
        every call: the run stops, and one that were still sent would be paid for and not recorded.
        """
        wanted = worst_case(case)
        while self._over or not self._fits(wanted):
            if self._over or not self._flying:
                self._over = True
                raise IncompleteError("run.budget", tokens=self.spent.input + self.spent.output, cost=self.shown_cost())
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        self._reserved = add(self._reserved, wanted)
        self._flying += 1
        return wanted

    def settle(self, reserved: Usage, reply: Reply | None) -> None:
        """Replace a reservation by what the call cost; an answer without usage costs what was reserved."""
        self._reserved = Usage(self._reserved.input - reserved.input, self._reserved.output - reserved.output)
        self._flying -= 1
        if reply is not None and reply.status != "error":
            self.spent = add(self.spent, reply.usage or reserved)
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)

    def shown_cost(self) -> str:
        """Return the money spent, in the currency of the prices."""
        prices = self.budget.prices
        if prices is None:
            return "–"
        return f"{prices.cost(self.spent) / 1_000_000:.4f} {prices.currency}"

    def _fits(self, wanted: Usage) -> bool:
        total = add(add(self.spent, self._reserved), wanted)
        budget = self.budget
        if budget.max_tokens is not None and total.input + total.output > budget.max_tokens:
            return False
        if budget.max_cost is None:
            return True
        if budget.prices is None:
            raise UsageError("run.no_prices")
        return budget.prices.cost(total) <= budget.max_cost


def add(one: Usage, other: Usage) -> Usage:
    """Return the sum of two token counts."""
    return Usage(one.input + other.input, one.output + other.output)

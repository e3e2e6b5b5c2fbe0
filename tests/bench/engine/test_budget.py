"""The hard budget: never exceeded, stops with exit 3, goes on with more money."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from bench.engine import budget, journal, runner
from bench.engine import plan as plans
from bench.engine.budget import Budget
from bench.engine.plan import Plan
from bench.errors import Fatal, IncompleteError, Transient, UsageError
from bench.types import Case, Prices, Reply, Sampling, Usage
from tests.bench.engine import test_runner
from tests.bench.engine.test_runner import Flaky, drive, ok

folder, made = test_runner.folder, test_runner.made
PRICES = Prices(input=2, output=8, currency="CNY")
COST = Usage(20, 100)


def dear(case: Case, attempt: int) -> Reply:
    return Reply(status="answered", text="2", usage=COST)


def spent(folder: Path) -> int:
    usage = journal.inspect(folder / journal.RECORDS_FILE, plans.genesis(folder)).spent
    return usage.input + usage.output


@pytest.mark.parametrize("limit", [1000, 1500, 2000])
def test_a_token_budget_is_never_exceeded_and_nearly_used(made: Plan, folder: Path, limit: int) -> None:
    with pytest.raises(IncompleteError) as caught:
        drive(made, Flaky(dear), folder, budget=Budget(max_tokens=limit))
    most = max(sum(vars_of(budget.worst_case(case))) for case in made.cases())
    assert (caught.value.exit_code, caught.value.faults[0].key) == (3, "run.budget")
    assert limit - most <= spent(folder) <= limit


def vars_of(usage: Usage) -> tuple[int, int]:
    return usage.input, usage.output


def test_a_money_budget_counts_both_prices(made: Plan, folder: Path) -> None:
    with pytest.raises(IncompleteError) as caught:
        drive(made, Flaky(dear), folder, budget=Budget(max_cost=10_000, prices=PRICES))
    state = journal.inspect(folder / journal.RECORDS_FILE, plans.genesis(folder))
    assert PRICES.cost(COST) == 840
    assert 5_000 <= PRICES.cost(state.spent) <= 10_000
    assert "CNY" in str(caught.value.faults[0].facts["cost"])


def test_what_was_spent_before_counts_and_a_higher_budget_goes_on(made: Plan, folder: Path) -> None:
    with pytest.raises(IncompleteError):
        drive(made, Flaky(dear), folder, budget=Budget(max_tokens=1500))
    before, again = spent(folder), Flaky(dear)
    with pytest.raises(IncompleteError):
        drive(made, again, folder, budget=Budget(max_tokens=1500))
    assert (again.asked, spent(folder)) == ({}, before)
    outcome = drive(made, Flaky(dear), folder, budget=Budget(max_tokens=100_000))
    assert outcome.finished_before + outcome.finished_now == outcome.planned


def test_no_answer_that_was_paid_for_is_lost_at_the_end(made: Plan, folder: Path) -> None:
    adapter = Flaky(dear)
    with pytest.raises(IncompleteError):
        drive(made, adapter, folder, budget=Budget(max_tokens=2000))
    assert sum(adapter.asked.values()) == len(test_runner.statuses(folder)) > 2


def test_a_reply_without_usage_costs_what_was_reserved_and_a_failure_nothing(made: Plan, folder: Path) -> None:
    def answer(case: Case, attempt: int) -> Reply:
        if attempt < 2:
            raise Transient("http.server", status=500)
        return ok(case, attempt)

    most = max(sum(vars_of(budget.worst_case(case))) for case in made.cases())
    with pytest.raises(IncompleteError):
        drive(made, Flaky(answer), folder, budget=Budget(max_tokens=4 * most))
    assert 4 <= len(test_runner.statuses(folder)) <= 5


def test_money_without_prices_is_refused_before_the_first_call(made: Plan, folder: Path) -> None:
    adapter = Flaky(dear)
    with pytest.raises(UsageError) as caught:
        drive(made, adapter, folder, budget=Budget(max_cost=1))
    assert (caught.value.faults[0].key, adapter.asked) == ("run.no_prices", {})


def test_without_a_budget_all_is_asked(made: Plan, folder: Path) -> None:
    assert drive(made, Flaky(dear), folder).finished_now == made.info.cases == 20
    assert runner.RunOptions().budget is None


def test_a_resume_counts_replies_without_usage_as_dear_as_they_may_have_been(made: Plan, folder: Path) -> None:
    most = max(sum(vars_of(budget.worst_case(case))) for case in made.cases())
    limit = Budget(max_tokens=4 * most)
    with pytest.raises(IncompleteError):
        drive(made, Flaky(ok), folder, budget=limit)
    again = Flaky(ok)
    with pytest.raises(IncompleteError):
        drive(made, again, folder, budget=limit)
    assert again.asked == {}


def test_arrears_stop_at_once_and_the_run_goes_on_later(made: Plan, folder: Path) -> None:
    def answer(case: Case, attempt: int) -> Reply:
        if case.item == "q5":
            raise Fatal("http.arrears", status=402, why="Arrearage")
        return dear(case, attempt)

    first = Flaky(answer)
    with pytest.raises(Fatal) as caught:
        drive(made, first, folder, max_in_flight=1)
    assert (caught.value.exit_code, sum(first.asked.values())) == (5, 11)
    again = Flaky(dear)
    outcome = drive(made, again, folder)
    assert (outcome.finished_before, outcome.finished_now, set(again.asked.values())) == (10, 10, {1})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("500000tokens", Budget(max_tokens=500_000)),
        ("1 token", Budget(max_tokens=1)),
        ("20CNY", Budget(max_cost=20_000_000, prices=PRICES)),
        ("0.05 cny", Budget(max_cost=50_000, prices=PRICES)),
    ],
)
def test_a_budget_is_an_amount_with_its_unit(text: str, found: Budget) -> None:
    assert budget.parse(text, PRICES) == found


@pytest.mark.parametrize(
    ("text", "prices", "key"),
    [
        *((text, PRICES, "budget.form") for text in ("20", "", "CNY", "-1CNY", "1e9CNY", "1.5tokens", "1.1234567CNY")),
        ("20USD", PRICES, "budget.currency"),
        ("20CNY", None, "run.no_prices"),
    ],
)
def test_a_budget_without_a_meaning_is_refused(text: str, prices: Prices | None, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        budget.parse(text, prices)
    assert (caught.value.exit_code, caught.value.faults[0].key) == (2, key)


def test_prices_with_decimals_are_exact_and_rounded_up() -> None:
    cheap = Prices(input=0.1, output=0.28, currency="USD")
    assert (cheap.cost(Usage(10, 0)), cheap.cost(Usage(10**6, 10**6)), cheap.cost(Usage(1, 0))) == (1, 380_000, 1)


def test_nothing_is_sent_once_the_budget_is_used_up(made: Plan) -> None:
    """A smaller call that would still fit is not let go behind the one that ends the run: it would be cut off, paid."""
    small = next(iter(made.cases()))
    cost = sum(vars_of(budget.worst_case(small)))
    big = msgspec.structs.replace(small, parameters=Sampling(max_tokens=10 * cost))

    async def go() -> list[Usage | BaseException]:
        purse = budget.Purse(Budget(max_tokens=cost + cost // 2), Usage(0, 0))
        first = await purse.take(small)
        waiting = [asyncio.create_task(purse.take(case)) for case in (big, small)]
        await asyncio.sleep(0)
        purse.settle(first, None)
        return await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(found) for found in asyncio.run(go())] == [IncompleteError, IncompleteError]

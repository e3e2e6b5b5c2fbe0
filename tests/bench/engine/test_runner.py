"""The loop: retries, what becomes a record, what stops a run, and what a resume asks again."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bench import plugins, suites
from bench.engine import journal, runner
from bench.engine import plan as plans
from bench.engine.limits import Breaker, Retry
from bench.engine.plan import Plan, Settings
from bench.engine.runner import RunOptions
from bench.errors import AdapterError, Fatal, IntegrityError, RateLimited, Rejected, Transient
from bench.types import Case, Model, Reply

FAST = Retry(attempts=4, base=0.0)
Answer = Callable[[Case, int], Reply]


class Flaky:
    """An adapter that is a function of the case and of how often it was asked."""

    max_in_flight = 8

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: dict[str, int] = {}
        self.flying = self.peak = 0

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"adapter": "flaky"}

    async def __aenter__(self) -> Flaky:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def generate(self, case: Case) -> Reply:
        self.asked[case.item + case.lang] = self.asked.get(case.item + case.lang, 0) + 1
        self.flying += 1
        self.peak = max(self.peak, self.flying)
        try:
            await asyncio.sleep(0)
            return self.answer(case, self.asked[case.item + case.lang])
        finally:
            self.flying -= 1


def ok(case: Case, attempt: int) -> Reply:
    return Reply(status="answered", text="2")


@pytest.fixture
def made(suite_file: Callable[[int], Path]) -> Plan:
    suite = suites.load(suite_file(10), scorers=plugins.names("scorers"))
    return plans.build([suite], Model(model="flaky", adapter="flaky"), {"adapter": "flaky"}, Settings())


@pytest.fixture
def folder(made: Plan, tmp_path: Path) -> Path:
    target = tmp_path / "run"
    target.mkdir()
    plans.save(made, target)
    return target


def drive(made: Plan, adapter: Flaky, folder: Path, **options: Any) -> runner.Outcome:
    return asyncio.run(runner.run(made, adapter, folder, RunOptions(retry=FAST, **options)))


def statuses(folder: Path) -> list[str]:
    records = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    return [record.reply.status for record in records]


def test_every_case_is_asked_once(made: Plan, folder: Path) -> None:
    adapter = Flaky(ok)
    drive(made, adapter, folder)
    assert (set(adapter.asked.values()), len(adapter.asked), statuses(folder)) == ({1}, 20, ["answered"] * 20)


def test_a_second_run_asks_nothing(made: Plan, folder: Path) -> None:
    drive(made, Flaky(ok), folder)
    again = Flaky(ok)
    outcome = drive(made, again, folder)
    assert (again.asked, outcome.finished_before, outcome.finished_now) == ({}, 20, 0)


@pytest.mark.parametrize("error", [Transient("http.server", status=500), RateLimited("http.rate", retry_after=0.0)])
def test_passing_faults_are_retried_and_counted(made: Plan, folder: Path, error: AdapterError) -> None:
    def answer(case: Case, attempt: int) -> Reply:
        if attempt < 3:
            raise error
        return ok(case, attempt)

    drive(made, Flaky(answer), folder)
    records = journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    assert {(record.reply.status, record.reply.attempts) for record in records} == {("answered", 3)}


class Body:
    """What an endpoint sent."""


def test_what_came_with_a_failure_is_not_kept_until_the_collector_comes_by(made: Plan, folder: Path) -> None:
    bodies: list[weakref.ref[Body]] = []

    def fail(case: Case, attempt: int) -> Reply:
        body = Body()
        bodies.append(weakref.ref(body))
        try:
            raise ValueError(body)
        except ValueError:
            raise Transient("http.not_json", status=200) from None

    gc.disable()
    try:
        with pytest.raises(Fatal):
            drive(made, Flaky(fail), folder)
        kept = sum(body() is not None for body in bodies)
    finally:
        gc.enable()
    assert (len(bodies) > 20, kept) == (True, 0)


def test_a_case_that_keeps_failing_becomes_an_error_record(made: Plan, folder: Path) -> None:
    def answer(case: Case, attempt: int) -> Reply:
        if case.item == "q3":
            raise Transient("http.server", status=500)
        return ok(case, attempt)

    adapter = Flaky(answer)
    drive(made, adapter, folder)
    assert statuses(folder).count("error") == 2
    assert adapter.asked["q3zh"] == FAST.attempts


def test_an_exception_that_an_adapter_should_have_translated_stops_the_run_with_its_place(
    made: Plan, folder: Path
) -> None:
    def answer(case: Case, attempt: int) -> Reply:
        raise KeyError("choices")

    with pytest.raises(Fatal) as caught:
        drive(made, Flaky(answer), folder)
    fault = caught.value.faults[0]
    assert (fault.key, fault.facts["why"], str(fault.facts["place"]).startswith("test_runner.py:")) == (
        "adapter.broke",
        "KeyError: 'choices'",
        True,
    )


@pytest.mark.parametrize("said", ["hello", None, Reply(status="great", text="2")])  # type: ignore[arg-type]
def test_what_is_no_reply_is_told_and_not_kept(said: Any, made: Plan, folder: Path) -> None:
    with pytest.raises(Fatal) as caught:
        drive(made, Flaky(lambda case, attempt: said), folder)
    assert (caught.value.faults[0].key, statuses(folder)) == ("adapter.no_reply", [])


def test_retry_errors_asks_only_the_errors_again(made: Plan, folder: Path) -> None:
    def first(case: Case, attempt: int) -> Reply:
        if case.item == "q3":
            raise Transient("http.server", status=500)
        return ok(case, attempt)

    drive(made, Flaky(first), folder)
    again = Flaky(ok)
    drive(made, again, folder, retry_errors=True)
    assert (again.asked, statuses(folder)) == ({"q3zh": 1, "q3en": 1}, ["answered"] * 20)


def test_a_fatal_error_stops_the_run_and_keeps_what_was_finished(made: Plan, folder: Path) -> None:
    def answer(case: Case, attempt: int) -> Reply:
        if case.item == "q5":
            raise Fatal("http.refused", status=401, why="bad key")
        return ok(case, attempt)

    with pytest.raises(Fatal):
        drive(made, Flaky(answer), folder, max_in_flight=1)
    assert statuses(folder) == ["answered"] * 10


def test_three_identical_rejections_stop_the_run(made: Plan, folder: Path) -> None:
    def answer(case: Case, attempt: int) -> Reply:
        raise Rejected("http.rejected", status=404, why="no such model")

    adapter = Flaky(answer)
    with pytest.raises(Fatal):
        drive(made, adapter, folder, max_in_flight=1)
    assert len(adapter.asked) == 3


def test_identical_rejections_with_nothing_left_to_send_end_the_run_in_order(made: Plan, folder: Path) -> None:
    last = [case.key for case in made.cases()][-3:]

    def answer(case: Case, attempt: int) -> Reply:
        if case.key in last:
            raise Rejected("http.rejected", status=400, why="no")
        return ok(case, attempt)

    outcome = drive(made, Flaky(answer), folder, max_in_flight=1)
    assert (outcome.finished_now, statuses(folder)[-3:]) == (20, ["error"] * 3)


def test_a_dead_endpoint_stops_the_run(made: Plan, folder: Path) -> None:
    def answer(case: Case, attempt: int) -> Reply:
        raise Transient("http.connect", host="127.0.0.1:1")

    with pytest.raises(Fatal):
        drive(made, Flaky(answer), folder)
    assert set(statuses(folder)) == {"error"}


def test_no_more_calls_fly_than_allowed(made: Plan, folder: Path) -> None:
    adapter = Flaky(ok)
    drive(made, adapter, folder, max_in_flight=3)
    assert adapter.peak <= 3


def test_another_model_cannot_continue_a_run(made: Plan, folder: Path) -> None:
    class Other(Flaky):
        @property
        def identity(self) -> Mapping[str, Any]:
            return {"adapter": "flaky", "sha256": "other"}

    with pytest.raises(IntegrityError):
        drive(made, Other(ok), folder)


def test_back_off_grows_is_capped_and_honours_retry_after() -> None:
    retry = Retry(attempts=10, base=1.0, cap=8.0)
    full = [retry.pause(attempt, Transient("http.timeout", host="h"), lambda: 1.0) for attempt in range(1, 6)]
    least = [retry.pause(attempt, Transient("http.timeout", host="h"), lambda: 0.0) for attempt in range(1, 6)]
    assert (full, least) == ([1.0, 2.0, 4.0, 8.0, 8.0], [0.5, 1.0, 2.0, 4.0, 4.0])
    assert retry.pause(1, RateLimited("http.rate", retry_after=5.0), lambda: 0.0) == 5.0
    assert retry.pause(10, Transient("http.timeout", host="h")) is None
    assert retry.pause(1, Rejected("http.rejected", status=400, why="")) is None


def test_the_tries_of_a_case_outlast_a_restart_of_the_server() -> None:
    retry, failed = Retry(), Transient("http.timeout", host="h")
    waits = [retry.pause(attempt, failed, lambda: 0.0) or 0.0 for attempt in range(1, retry.attempts)]
    assert sum(waits) > 15.0


def test_the_breaker_forgets_after_a_reply() -> None:
    breaker = Breaker(same=2, silent=3)
    for error in (Transient("http.timeout", host="h"), None, Transient("http.timeout", host="h"), None):
        breaker.record(error)
    breaker.record(Rejected("http.rejected", status=400, why="a"))
    breaker.record(Rejected("http.rejected", status=400, why="b"))
    with pytest.raises(Fatal):
        breaker.record(Rejected("http.rejected", status=400, why="b"))

"""Scoring while the rest is asked: the same bytes as scoring afterwards, whatever comes first or is missing."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import headstart, plugins, scoring, suites, workflow
from bench.engine import journal, loop
from bench.engine import plan as plans
from bench.engine.plan import Plan, Settings
from bench.headstart import HeadStart
from bench.scoring import SCORES_FILE
from bench.types import Case, Model, Reply
from tests.conftest import ITEM, SUITE, Run

BLOCK = scoring.QUICK_BLOCK
ITEMS = 3 * BLOCK


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Return a plan of three blocks of items in two languages."""
    path = tmp_path_factory.mktemp("suite") / "tiny.yaml"
    path.write_text(SUITE + "".join(ITEM.format(number=n) for n in range(ITEMS)), encoding="utf-8")
    suite = suites.load(path, scorers=plugins.names("scorers"))
    return plans.build([suite], Model(model="m", adapter="scripted"), {"adapter": "scripted"}, Settings())


def replies(case: Case, index: int) -> Reply:
    """Return replies of all kinds: right, wrong, none, broken off."""
    kinds = (Reply(status="answered", text="2"), Reply(status="answered", text="3"), Reply(status="filtered_output"))
    return (*kinds, Reply(status="truncated", text="2"))[index * 7 % 4]


def follow(made: Plan, folder: Path, order: list[int], *, looks: int = 3) -> HeadStart:
    """Write records in this order; look at the journal after every `looks`-th record."""
    plans.save(made, folder)
    cases = dict(made.numbered())
    ahead = HeadStart(folder, made)
    ahead._scorers = scoring.make_scorers(folder, made, {})

    async def write() -> None:
        async with journal.Journal(folder / journal.RECORDS_FILE, plans.genesis(folder)) as kept:
            for number, index in enumerate(order):
                kept.append(index, cases[index], replies(cases[index], index))
                if number % looks == 0:
                    ahead.advance()

    asyncio.run(write())
    while ahead.advance():
        pass
    return ahead


def written(folder: Path, ahead: HeadStart | None = None) -> bytes:
    scoring.score(scoring.open_run(folder), ahead)
    return (folder / SCORES_FILE).read_bytes()


def new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def test_all_but_the_last_block_is_scored_when_the_last_reply_comes(made: Plan, tmp_path: Path) -> None:
    ahead = follow(made, tmp_path, list(range(2 * ITEMS)))
    assert ahead.cases == 2 * 2 * BLOCK


@st.composite
def orders(draw: st.DrawFn) -> list[int]:
    """Return cases in plan order, more or less shuffled, some of them lost."""
    chance, spread = random.Random(draw(st.integers(0, 2**32))), draw(st.integers(1, 2 * ITEMS))
    lost = set(chance.sample(range(2 * ITEMS), draw(st.integers(0, 30))))
    order = sorted(range(2 * ITEMS), key=lambda index: index + chance.uniform(0, spread))
    return [index for index in order if index not in lost]


@settings(max_examples=15)
@given(order=orders(), looks=st.integers(1, 90))
def test_the_scores_are_those_of_scoring_afterwards(
    made: Plan, tmp_path_factory: pytest.TempPathFactory, order: list[int], looks: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    ahead = follow(made, folder, order, looks=looks)
    assert written(folder, ahead) == written(folder)


def test_nothing_is_scored_past_a_case_that_has_no_record(made: Plan, tmp_path: Path) -> None:
    order = [index for index in range(2 * ITEMS) if index != 5]
    ahead = follow(made, tmp_path, order)
    assert (ahead.cases, written(tmp_path, ahead)) == (0, written(tmp_path))


def test_items_that_are_compared_stay_in_one_block(made: Plan, tmp_path: Path) -> None:
    items = tuple(
        msgspec.structs.replace(item, metadata={"group": "kin"}) if 10 <= number < 10 + 2 * BLOCK else item
        for number, item in enumerate(made.items)
    )
    ahead = follow(msgspec.structs.replace(made, items=items), tmp_path, list(range(2 * ITEMS)))
    assert ahead.cases == 2 * (10 + 2 * BLOCK)


def test_a_line_that_is_being_written_is_read_when_it_is_whole(made: Plan, tmp_path: Path) -> None:
    follow(made, tmp_path, list(range(2 * ITEMS)))
    path = tmp_path / journal.RECORDS_FILE
    whole = path.read_bytes()
    ahead = HeadStart(tmp_path, made)
    ahead._scorers = scoring.make_scorers(tmp_path, made, {})
    for end in range(0, len(whole), 12_345):
        path.write_bytes(whole[:end])
        ahead.advance()
    path.write_bytes(whole)
    while ahead.advance():
        pass
    assert ahead.cases == 2 * 2 * BLOCK


def test_a_scorer_that_is_not_quick_waits_until_all_is_asked(
    made: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans.save(made, tmp_path)
    monkeypatch.setattr(scoring, "make_scorers", lambda *_: pytest.fail("made"))
    items = tuple(msgspec.structs.replace(item, scorers=("harm",)) for item in made.items)
    ahead = HeadStart(tmp_path, msgspec.structs.replace(made, items=items))
    asyncio.run(ahead.follow())
    assert ahead.cases == 0


@pytest.mark.parametrize(("name", "quick"), [("refusal", True), ("match", True), ("harm", False), ("judge", False)])
def test_scorers_say_whether_they_are_quick(name: str, quick: bool) -> None:
    assert plugins.is_quick(name) is quick


def test_a_journal_that_is_not_there_yet_is_waited_for(made: Plan, tmp_path: Path) -> None:
    assert HeadStart(tmp_path, made).advance() is False


def test_a_damaged_journal_ends_the_following_and_not_the_asking(made: Plan, tmp_path: Path) -> None:
    plans.save(made, tmp_path)
    (tmp_path / journal.RECORDS_FILE).write_bytes(b"no record\n")
    ahead = HeadStart(tmp_path, made)
    asyncio.run(ahead.follow())
    assert ahead.cases == 0


def test_a_run_that_was_begun_or_has_judges_gets_no_head_start(
    made: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(headstart, "WORTH", 1)
    begun, judged = new(tmp_path / "begun"), new(tmp_path / "judged")
    (begun / journal.RECORDS_FILE).touch()
    workflow.appoint(judged, [Model(model="j", adapter="scripted")])
    assert [workflow.head_start(made, folder) for folder in (begun, judged)] == [None, None]


def test_a_small_run_gets_no_head_start(made: Plan, tmp_path: Path) -> None:
    assert (made.info.cases < headstart.WORTH, workflow.head_start(made, tmp_path)) == (True, None)


def test_a_run_of_the_command_has_the_scores_that_scoring_again_gives(
    suite_file: Callable[[int], Path],
    script_file: Callable[[str], Path],
    run_here: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(headstart, "WORTH", 1)
    suite, script = suite_file(ITEMS), script_file("default: {text: '2'}\n")
    code, _, _ = run_here("en", "run", suite, "--model", f"scripted:{script}", "--out", "out", "--format", "")
    (folder,) = Path("out").iterdir()
    first = (folder / SCORES_FILE).read_bytes()
    again, _, _ = run_here("en", "score", folder)
    assert (code, again, (folder / SCORES_FILE).read_bytes()) == (0, 0, first)


def test_scoring_goes_on_while_replies_are_awaited(made: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headstart, "WORTH", 1)
    workflow_folder = new(tmp_path / "run")
    plans.save(made, workflow_folder)
    ahead = workflow.head_start(made, workflow_folder)
    loop.run(workflow.ask(made, workflow_folder, adapter=Patient(), ahead=ahead))
    assert ahead is not None
    assert ahead.cases > 0
    workflow.evaluate(workflow_folder, made, ahead)
    assert json.loads((workflow_folder / "summary.json").read_bytes())["accounting"]["scored"] == 2 * ITEMS


class Patient:
    """An adapter that answers after a moment."""

    max_in_flight = 8
    identity: dict[str, Any] = {"adapter": "scripted"}  # noqa: RUF012

    async def __aenter__(self) -> Patient:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def generate(self, case: Case) -> Reply:
        await asyncio.sleep(0.01)
        return Reply(status="answered", text="2")

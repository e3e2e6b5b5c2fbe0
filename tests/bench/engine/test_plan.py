"""The plan: the draw, the cases and their keys, and what is written for a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import plugins, suites
from bench.engine import plan as plans
from bench.engine import runner
from bench.engine.plan import Plan, Settings
from bench.errors import IntegrityError, UsageError
from bench.types import Model, Sampling, Suite

MODEL = Model(model="m", adapter="scripted", parameters=Sampling(seed=7))
IDENTITY = {"adapter": "scripted", "sha256": "0"}


@pytest.fixture
def suite(suite_file: Callable[[int], Path]) -> Suite:
    return suites.load(suite_file(40), scorers=plugins.names("scorers"))


def build(suite: Suite, identity: dict[str, Any] = IDENTITY, **settings: Any) -> Plan:
    return plans.build([suite], MODEL, identity, Settings(**settings))


def test_without_a_limit_every_item_is_asked_in_file_order(suite: Suite) -> None:
    assert [item.id for item in build(suite).items] == [f"q{number}" for number in range(40)]


def test_a_limit_draws_without_replacement_and_keeps_the_order(suite: Suite) -> None:
    drawn = [int(item.id[1:]) for item in build(suite, limit=10, seed=3).items]
    assert (len(set(drawn)), drawn) == (10, sorted(drawn))


def test_a_smaller_draw_is_part_of_a_larger_one_with_the_same_seed(suite: Suite) -> None:
    small, large = ({item.id for item in build(suite, limit=n, seed=3).items} for n in (5, 20))
    assert small < large


def test_every_item_is_drawn_about_equally_often(suite: Suite) -> None:
    """400 draws of 10 from 40: each item is expected 100 times, and 5 standard deviations are 43."""
    counts = dict.fromkeys((item.id for item in suite.items), 0)
    for seed in range(400):
        for item in plans.sample(suite, Settings(limit=10, seed=seed)):
            counts[item.id] += 1
    assert min(counts.values()) > 57
    assert max(counts.values()) < 143


def test_languages_come_zh_first_whatever_the_order_in_the_item(suite: Suite) -> None:
    assert [case.lang for case in build(suite).cases()][:4] == ["zh", "en", "zh", "en"]
    assert [case.lang for case in build(suite, languages=("en",)).cases()][:2] == ["en", "en"]


def test_epochs_repeat_a_case_with_another_seed_and_key(suite: Suite) -> None:
    first, second = list(build(suite, languages=("zh",), epochs=2).cases())[:2]
    assert (first.epoch, second.epoch, first.parameters.seed, second.parameters.seed) == (0, 1, 7, 8)
    assert first.key != second.key


@pytest.mark.parametrize(
    "changed",
    [
        {"identity": {"adapter": "scripted", "sha256": "1"}},
        {"model": msgspec.structs.replace(MODEL, system_prompt="x")},
    ],
)
def test_all_that_can_change_the_reply_is_in_the_key(suite: Suite, changed: dict[str, Any]) -> None:
    values = {"model": MODEL, "identity": IDENTITY, **changed}
    other = plans.build([suite], values["model"], values["identity"], Settings())
    keys = {case.key for case in build(suite).cases()}
    assert keys & {case.key for case in other.cases()} == set()


def test_keys_are_unique(suite: Suite) -> None:
    keys = [case.key for case in build(suite, epochs=3).cases()]
    assert len(keys) == len(set(keys)) == 240


def test_a_plan_without_cases_is_refused(suite: Suite) -> None:
    with pytest.raises(UsageError):
        build(suite, languages=("fr",))


def test_hazardous_items_are_left_out_unless_they_are_asked_for(suite: Suite) -> None:
    items = tuple(msgspec.structs.replace(item, hazard=item.id in ("q1", "q2")) for item in suite.items)
    risky = msgspec.structs.replace(suite, items=items)
    careful, open_ = build(risky), build(risky, allow_hazardous=True)
    assert (len(careful.items), careful.info.suites[0].withheld) == (38, 2)
    assert (len(open_.items), open_.info.suites[0].withheld) == (40, 0)


def test_a_saved_plan_makes_the_same_cases(suite: Suite, tmp_path: Path) -> None:
    made = build(suite, limit=10)
    plans.save(made, tmp_path)
    again = plans.load(tmp_path)
    runner.verify_cases(again)
    assert (again, list(again.cases())) == (made, list(made.cases()))


def test_changed_items_are_found(suite: Suite, tmp_path: Path) -> None:
    plans.save(build(suite), tmp_path)
    path = tmp_path / plans.ITEMS_FILE
    path.write_bytes(path.read_bytes().replace("第3题".encode(), "第4题".encode()))
    with pytest.raises(IntegrityError):
        plans.load(tmp_path)


def test_no_host_user_or_path_is_written(suite: Suite, tmp_path: Path) -> None:
    import getpass
    import socket

    plans.save(build(suite), tmp_path)
    written = (tmp_path / plans.RUN_FILE).read_text(encoding="utf-8")
    assert not any(word in written for word in (socket.gethostname(), str(tmp_path), f'"{getpass.getuser()}"'))


@given(st.integers(0, 2**31), st.text("abc", min_size=1), st.text("abc", min_size=1))
def test_the_rank_is_a_function_of_seed_suite_and_id(seed: int, name: str, item: str) -> None:
    assert plans.rank(seed, name, item) == plans.rank(seed, name, item)
    assert plans.rank(seed, name, item) != plans.rank(seed + 1, name, item)


def test_run_ids_sort_by_time() -> None:
    assert plans.new_id()[:13] <= plans.new_id()[:13]


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(epochs=3, limit=7),
        Settings(languages=("en",)),
        Settings(variants=("plain", "typo")),
    ],
)
def test_the_sizes_are_the_counts_of_the_cases(suite: Suite, settings: Settings) -> None:
    made = plans.build([suite], Model(model="m", adapter="scripted"), {}, settings)
    assert made.sizes() == Counter((str(slot.item.dimension), slot.lang) for slot in made.slots())

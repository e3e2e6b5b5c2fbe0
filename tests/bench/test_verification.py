"""Verification in memory: the questions of a run against the suites that are built in, and numbers that are near."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from bench import standards, workflow
from bench.engine import plan as plans
from bench.engine.plan import Plan, Settings
from bench.filing import banks
from bench.filing.material import AUDIT_SCHEMA, Audit
from bench.types import Model
from bench.verification import lines, questions
from bench.verification.checks import Place, near, parts

PLACE = Place(name="questions", file="items.jsonl")
SUITE = "ethics.honesty"


@pytest.fixture(scope="module")
def made() -> Plan:
    """Return a plan of some items of a suite that is built in."""
    suites = workflow.load_suites([SUITE])
    return plans.build(suites, Model(model="m", adapter="scripted"), {}, Settings(limit=3, seed=7))


def result(made: Plan) -> tuple[str, str]:
    check, _ = questions.check(PLACE, made)
    return check.result, check.finding.en


def with_suite(made: Plan, **changes: str) -> Plan:
    (suite,) = made.info.suites
    info = msgspec.structs.replace(made.info, suites=(msgspec.structs.replace(suite, **changes),))
    return msgspec.structs.replace(made, info=info)


def test_items_that_are_built_in_and_drawn_by_the_seed_are_ok(made: Plan) -> None:
    stored = msgspec.json.decode(msgspec.json.encode(made), type=Plan)
    assert result(stored) == ("ok", "3 items of 1 suites, each as it is built in, and those that seed 7 draws.")


def test_an_item_that_was_changed_differs_and_is_named(made: Plan) -> None:
    first = msgspec.structs.replace(made.items[0], expect="answer", codes=())
    forged = msgspec.structs.replace(made, items=(first, *made.items[1:]))
    assert result(forged) == ("differs", f"1 items are not those of the built-in suites: {SUITE}/{first.id}.")


def test_items_that_the_seed_does_not_draw_differ(made: Plan) -> None:
    (suite,) = workflow.load_suites([SUITE])
    chosen = [item for item in suite.items if item not in made.items][:3]
    forged = msgspec.structs.replace(made, items=tuple(chosen))
    assert result(forged) == ("differs", "The items are built in, but not those that seed 7 draws.")


def test_a_suite_of_the_same_version_with_another_content_differs(made: Plan) -> None:
    assert result(with_suite(made, digest="0" * 64))[0] == "differs"


@pytest.mark.parametrize("changes", [{"name": "house"}, {"version": "0", "digest": "0" * 64}])
def test_a_suite_that_is_not_installed_like_that_is_not_checked(made: Plan, changes: dict[str, str]) -> None:
    assert result(with_suite(made, **changes))[0] == "not_checked"


def test_a_bank_that_is_stated_larger_than_it_is_is_named() -> None:
    standard, suites = standards.load("cn-genai-filing"), workflow.load_suites(["risk.should-refuse.a1"])
    states = tuple(banks.measure(standard, suites, ("zh", "en")))
    known = questions.Known(tuple(suites), (), (), ())
    audit = Audit(schema=AUDIT_SCHEMA, standard=standard, size="quick", states=states)
    lines = (msgspec.structs.replace(states[1].lines[0], have=9999), *states[1].lines[1:])
    forged = msgspec.structs.replace(
        audit, states=(states[0], msgspec.structs.replace(states[1], lines=lines), *states[2:])
    )
    assert (list(questions.misstated(audit, known)), list(questions.misstated(forged, known))) == (
        [], [states[1].bank],
    )  # fmt: skip


def test_a_bank_that_is_left_out_or_stated_twice_is_named() -> None:
    standard, suites = standards.load("cn-genai-filing"), workflow.load_suites(["risk.should-refuse.a1"])
    states = tuple(banks.measure(standard, suites, ("zh", "en")))
    known = questions.Known(tuple(suites), (), (), ())
    audit = Audit(schema=AUDIT_SCHEMA, standard=standard, size="quick", states=states[1:])
    larger = msgspec.structs.replace(states[1].lines[0], have=9999)
    twice = msgspec.structs.replace(states[1], lines=(larger, *states[1].lines[1:]))
    doubled = msgspec.structs.replace(audit, states=(*states, twice))
    assert list(questions.misstated(audit, known)) == [states[0].bank]
    assert list(questions.misstated(doubled, known)) == [states[1].bank]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ('{"a": [0.1234, 1]}', '{"a": [0.1235, 1]}', True),
        ('{"a": [0.1234, 1]}', '{"a": [0.1237, 1]}', False),
        ('{"a": 1}', '{"a": 0.9999}', True),
        ('{"a": 1}', '{"a": 2}', False),
        ('{"a": true}', '{"a": 1.0}', False),
        ('{"a": 0.5}', '{"a": null}', False),
        ('{"a": 0.5, "b": 1}', '{"a": 0.5}', False),
    ],
)
def test_fractions_may_differ_in_their_last_place_and_nothing_else_may(one: str, other: str, expected: bool) -> None:
    assert near(json.loads(one), json.loads(other), 1.5e-4) is expected


def test_parts_that_only_one_side_has_are_named_too() -> None:
    assert parts({"a": 1, "c": 3, "d": None}, {"a": 1, "b": 2}) == ["b", "c", "d"]


def test_a_line_of_another_scorer_is_no_other_version_of_the_one_that_scored(tmp_path: Path) -> None:
    score = '{{"item":"a","suite":"s","records":[0],"scorer":"{}","version":"1","config":"{}","value":1,"label":"x"}}\n'
    for name, scorer in (("given", "refusal"), ("made", "harm")):
        (tmp_path / name).write_text(score.format(scorer, scorer), encoding="utf-8")
    found = lines.compare(tmp_path / "given", tmp_path / "made")
    assert (found.differing, found.stamps) == (1, ())

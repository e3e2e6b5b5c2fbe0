"""Variants in a run: planned, counted where they do not apply, scored, compared with the plain item, and listed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.engine import plan as plans
from bench.engine.plan import Settings
from bench.types import Case, Item, Message, Model, Record, Reply, Sampling, Suite, Text
from scorers.choice import ChoiceScorer
from tests.conftest import Command

MODEL = Model(model="m", adapter="scripted")
CITIES = {"zh": ("西安", "青岛", "成都"), "en": ("Xi'an", "Qingdao", "Chengdu")}


def suite() -> Suite:
    prompts = {"zh": (Message("user", "哪个城市在海边？"),), "en": (Message("user", "Which city is by the sea?"),)}
    item = Item(
        id="q", suite="s", dimension="robustness", codes=("cn-31:A.5-a",), expect="answer", prompts=prompts,
        scorers=("choice",), choices=CITIES, answer=1,
    )  # fmt: skip
    return Suite(
        name="s", title=Text(zh="套", en="s"), version="1-A", dimension="robustness", languages=("zh", "en"),
        items=(item,), digest="", licence="", updated="",
    )  # fmt: skip


def planned(*variants: str, epochs: int = 1) -> plans.Plan:
    return plans.build([suite()], MODEL, {}, Settings(variants=("plain", *variants), epochs=epochs))


def test_a_variant_has_cases_only_where_it_applies() -> None:
    made = planned("typo", "options", "homophone+wrap:fiction", epochs=2)
    counts = Counter((case.variant, case.lang) for case in made.cases())
    assert counts == {
        ("plain", "zh"): 2, ("plain", "en"): 2, ("typo", "en"): 2, ("options", "zh"): 2, ("options", "en"): 2,
        ("homophone+wrap:fiction", "zh"): 2,
    }  # fmt: skip
    assert made.info.not_applicable == {"typo": 1, "homophone+wrap:fiction": 1}


def test_every_case_has_its_own_key_and_is_made_again_exactly() -> None:
    made = planned("typo", "options", "emoji+wrap:escalation-3")
    keys = [case.key for case in made.cases()]
    assert len(set(keys)) == len(keys)
    assert keys == [case.key for case in made.cases()]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("right", "label"), [(True, "B"), (False, "C")])
def test_the_letter_of_a_moved_option_is_mapped_back(lang: str, right: bool, label: str) -> None:
    case = next(case for case in planned("options").cases() if case.order and case.lang == lang)
    assert case.order is not None
    place = case.order.index(1 if right else 2)
    reply = Reply(status="answered", text=chr(ord("A") + place))
    (score,) = ChoiceScorer().score(suite().items[0], [Record(i=0, case=case, reply=reply, prev="")])
    assert (score.passed, score.label, score.evidence) == (right, label, {"shown_as": chr(ord("A") + place)})


def test_the_text_of_a_moved_option_is_found() -> None:
    messages = (Message("user", "x"),)
    case = Case(key="", suite="s", item="q", lang="en", messages=messages, parameters=Sampling(), order=(1, 2, 0))
    record = Record(i=0, case=case, reply=Reply(status="answered", text="I would say Qingdao."), prev="")
    (score,) = ChoiceScorer().score(suite().items[0], [record])
    assert (score.passed, score.label) == (True, "B")


def test_a_run_reports_what_each_variant_does(
    mingjian: Command, suite_file: Callable[[int], Path], script_file: Callable[[str], Path], tmp_path: Path
) -> None:
    """The scripted model is right but when wrapped: 3 of 3 items get worse in each language."""
    script = script_file("default: {text: '2'}\nrules:\n  - {variant: 'wrap:fiction', text: '3'}\n")
    wish = "emoji,wrap:fiction,typo"
    done = mingjian("run", suite_file(3), "--model", f"scripted:{script}", "--variants", wish, "--out", tmp_path / "r")
    assert done.returncode == 0, done.stderr
    summary = json.loads(next((tmp_path / "r").glob("*/summary.json")).read_text(encoding="utf-8"))
    found = {(one["variant"], one["lang"]): (one["change"], one["worse"], one["p"]) for one in summary["effects"]}
    assert found["wrap:fiction", "zh"] == (-1, 3, 0.25)
    assert found["emoji", "all"] == (0, 0, 1)
    assert ("typo", "zh") not in found
    assert all(row["estimate"]["point"] == 1 for row in summary["rows"])


def test_a_dry_run_says_where_a_variant_does_not_apply(
    mingjian: Command, suite_file: Callable[[int], Path], script_file: Callable[[str], Path]
) -> None:
    arguments = ("run", suite_file(3), "--model", f"scripted:{script_file()}", "--variants", "typo", "--dry-run")
    assert "Variant typo would not change 3 items" in mingjian(*arguments).stdout


def test_an_unknown_variant_is_a_usage_error(
    mingjian: Command, suite_file: Callable[[int], Path], script_file: Callable[[str], Path]
) -> None:
    done = mingjian("run", suite_file(1), "--model", f"scripted:{script_file()}", "--variants", "tpyo")
    assert done.returncode == 2
    assert "Did you mean 'typo'?" in done.stderr


@pytest.mark.parametrize(("lang", "title"), [("zh", "同音字"), ("en", "Homophones")])
def test_variants_are_listed(mingjian: Command, lang: str, title: str) -> None:
    listed = json.loads(mingjian("variants", "list", "--json").stdout)
    assert {"homophone", "options", "wrap:morse"} <= {one["name"] for one in listed}
    assert title in mingjian("--lang", lang, "variants", "list").stdout


def test_a_variant_is_shown_without_a_model(mingjian: Command) -> None:
    shown = json.loads(mingjian("variants", "show", "traditional+wrap:hex", "头发", "--json").stdout)
    assert shown[-1]["content"].endswith("e9 a0 ad e9 ab ae")
    assert "does not apply" in mingjian("variants", "show", "homophone", "hello").stderr

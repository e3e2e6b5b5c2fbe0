"""A variant of an item: what is perturbed, what is wrapped, and how the order of options is recorded."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import prompts
from bench.types import Item, Message
from bench.variants import options, sites
from bench.variants.apply import apply, show
from bench.variants.names import parse

ASKED = {"zh": "下面哪个城市在海边？请帮助我。", "en": "Which of these cities is by the sea? Please help me."}
CITIES = {"zh": ("西安", "青岛", "成都", "兰州"), "en": ("Xi'an", "Qingdao", "Chengdu", "Lanzhou")}


def item(name: str = "q", *, choices: dict[str, tuple[str, ...]] | None = None) -> Item:
    turns = {
        lang: (Message("system", "S"), Message("user", "help me"), Message("assistant", "A"), Message("user", text))
        for lang, text in ASKED.items()
    }
    return Item(
        id=name, suite="s", dimension="robustness", codes=(), expect="answer", prompts=turns, scorers=(),
        choices=choices, answer=1 if choices else None,
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_plain_is_the_rendered_item(lang: str) -> None:
    asked = item(choices=CITIES)
    assert apply("plain", asked, lang) == prompts.render(asked, lang)


@pytest.mark.parametrize(("name", "lang"), [("homophone", "zh"), ("typo", "en"), ("emoji", "zh"), ("politeness", "en")])
def test_only_the_last_user_turn_changes(name: str, lang: str) -> None:
    asked = item()
    messages = apply(name, asked, lang)
    assert messages is not None
    assert messages[:-1] == asked.prompts[lang][:-1]
    assert messages[-1] != asked.prompts[lang][-1]


def test_the_text_depends_on_seed_item_and_family_alone() -> None:
    same = {apply("typo", item(), "en", 7) for _ in range(3)}
    others = {apply("typo", item(name), "en", seed) for name in "abc" for seed in range(5)}
    assert len(same) == 1
    assert len(others) > 5


def test_the_seed_is_the_digest_of_its_parts() -> None:
    assert sites.generator(0, "s", "q", "en", "typo").random() == 0.7656455074255138


def test_options_are_not_perturbed_but_wrapped() -> None:
    messages = apply("typo+wrap:base64", item(choices=CITIES), "en")
    assert messages is not None
    inner = base64.b64decode(messages[-1].content.split("\n")[-1]).decode()
    assert inner.endswith(prompts.options(CITIES["en"], "en"))
    assert ASKED["en"] not in inner


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_options_is_recorded(lang: str, seed: int) -> None:
    asked = item(choices=CITIES)
    shown = show(parse("options"), asked, lang, seed)
    assert shown is not None
    assert shown.order is not None
    assert sorted(shown.order) == [0, 1, 2, 3]
    assert all(index != place for place, index in enumerate(shown.order))
    place = shown.order.index(1)
    assert f"{chr(ord('A') + place)}. {CITIES[lang][1]}" in shown.messages[-1].content


@pytest.mark.parametrize(
    ("name", "choices", "lang"),
    [
        ("options", None, "en"),
        ("options", {"en": ("Yes", "No", "All of the above"), "zh": ("是", "否", "以上都对")}, "en"),
        ("options", {"en": ("Yes", "No", "All of the above"), "zh": ("是", "否", "以上都对")}, "zh"),
        ("options", {"en": ("x", "x"), "zh": ("甲", "甲")}, "en"),
        ("homophone", None, "en"),
        ("typo", None, "zh"),
        ("simplified", None, "zh"),
        ("typo+options", None, "en"),
        ("homophone+wrap:fiction", None, "en"),
    ],
)
def test_what_changes_nothing_is_not_applicable(
    name: str, choices: dict[str, tuple[str, ...]] | None, lang: str
) -> None:
    assert apply(name, item(choices=choices), lang) is None


@pytest.mark.parametrize(
    ("option", "lang", "bound"),
    [
        ("None of the above", "en", True),
        ("Both A and B", "en", True),
        ("The former", "en", True),
        ("A former president", "en", False),
        ("Vitamin C", "en", False),
        ("以上选项均不正确", "zh", True),
        ("A和C", "zh", True),
        ("60岁以上的人", "zh", False),
        ("维生素C", "zh", False),
    ],
)
def test_options_that_speak_of_others_keep_their_place(option: str, lang: str, bound: bool) -> None:
    assert options.is_bound(("x", option), lang) is bound


@given(st.lists(st.text(), min_size=2, max_size=8, unique=True), st.integers())
def test_an_order_is_undone_by_its_record(choices: list[str], seed: int) -> None:
    order = options.draw(choices, "none-of-them", sites.generator(seed))
    if order is not None:
        shown = options.arrange(choices, order)
        assert [shown[order.index(index)] for index in range(len(choices))] == choices


def test_the_model_system_prompt_stands_first_unless_the_item_has_one() -> None:
    bare = Item(
        id="q", suite="s", dimension="risk", codes=(), expect="answer", scorers=(),
        prompts={"en": (Message("user", ASKED["en"]),)},
    )  # fmt: skip
    messages = apply("typo", bare, "en", 0, "Owner")
    assert messages is not None
    assert messages[0] == Message("system", "Owner")
    assert apply("typo", item(), "en", 0, "Owner") == apply("typo", item(), "en", 0)

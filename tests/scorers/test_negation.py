"""What a reply names only to rule it out is neither its choice nor its answer."""

from __future__ import annotations

import pytest

from bench.types import Case, Item, Message, Record, Reply, Sampling
from scorers.choice import ChoiceScorer, parse
from scorers.match import MatchScorer, matches

CITIES = ("Paris", "London", "Rome", "巴塞罗那")


@pytest.mark.parametrize(
    "reply",
    [
        "不选B。", "排除B", "我不会选B", "答案不是B", "并非选项B", "B以外的都可以", "不选A、B", "不选A,B",
        "not B", "The answer is not B.", "It isn't option B", "I would rule out B.", "anything other than B",
        "except (B)",         "neither A nor B", "not A or B", "It is not London.", "The answer isn't London",
        "<think>The answer is B.",
    ],
)  # fmt: skip
def test_an_option_that_is_only_ruled_out_is_not_chosen(reply: str) -> None:
    assert parse(reply, CITIES) is None


@pytest.mark.parametrize(
    "reply",
    [
        "不是A，而是B", "排除A和C，选B", "正确答案是C以外的B", "不得不选B", "不仅是B", "不选A，选B。", "是不是B",
        "not A but B", "B, not A", "B rather than C", "None other than B", "not only B",
        "It is not Paris; it is London.",         "Not A. The answer is B", "b", "(b).", "<think>A? no, C.</think>B",
    ],
)  # fmt: skip
def test_an_option_that_is_meant_is_chosen_whatever_is_ruled_out_beside_it(reply: str) -> None:
    assert parse(reply, CITIES) == 1


@pytest.mark.parametrize("reply", ["a good question", "the answer is a bit unclear", "e", "b c"])
def test_a_small_letter_is_a_choice_only_alone(reply: str) -> None:
    assert parse(reply, CITIES) is None


@pytest.mark.parametrize(
    ("reply", "answer", "hit"),
    [
        ("不是北京，是上海。", "北京", False),
        ("不是北京，是上海。", "上海", True),
        ("北京以外的城市", "北京", False),
        ("不可以", "可以", False),
        ("可不可以？可以。", "可以", True),
        ("并非 北 京", "北京", False),
        ("不仅北京", "北京", True),
        ("不是北京吗？", "北京", True),
        ("除了北京，还有上海", "北京", True),
        ("非北京莫属", "北京", True),
        ("无非是北京", "北京", True),
        ("不是上海，是北京；不是广州", "北京", True),
        ("It is not Beijing; it is Shanghai.", "Beijing", False),
        ("It is not Beijing; it is Shanghai.", "Shanghai", True),
        ("It isn’t the “Beijing”", "Beijing", False),
        ("Any city except for Beijing", "Beijing", False),
        ("Not only Beijing", "Beijing", True),
        ("None other than Beijing", "Beijing", True),
        ("I do not know much, but Beijing it is", "Beijing", True),
        ("A knot, Beijing", "Beijing", True),
    ],
)
def test_a_denied_reference_is_no_match(reply: str, answer: str, hit: bool) -> None:
    assert matches(reply, answer, "contains") is hit


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_reasoning_that_never_ended_gives_no_opinion(lang: str) -> None:
    messages = (Message("user", "?"),)
    item = Item(id="i", suite="s", dimension="risk", codes=(), expect="answer", prompts={lang: messages},
                scorers=("match",), reference={lang: ("2",)}, choices={lang: ("1", "2")}, answer=1)  # fmt: skip
    case = Case(key="k", suite="s", item="i", lang=lang, messages=messages, parameters=Sampling())
    record = Record(i=0, case=case, reply=Reply(status="answered", text="<think>Is it 2? B?"), prev="")
    found = [scorer.judge(item, record) for scorer in (MatchScorer(), ChoiceScorer())]
    assert [(one.value, one.reason) for one in found] == [(None, "reasoning_unfinished"), (None, "choice_unparsed")]

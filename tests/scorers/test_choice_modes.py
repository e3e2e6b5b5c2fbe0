"""The two narrow modes of the choice scorer, which redo published figures."""

from __future__ import annotations

import pytest

from scorers.choice import parse

CHOICES = ("The first one", "Can't answer", "不知道")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("B", 1),
        (" Answer: C\n", 2),
        ("Answer：C", None),
        ("Ｂ", None),
        ("Answer: B Can't answer", None),
        ("答案：B", None),
        ("D", None),
        ("", None),
    ],
)
def test_letter_takes_a_bare_letter_or_answer_in_just_these_characters(reply: str, expected: int | None) -> None:
    assert parse(reply, CHOICES, "letter") == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("the first one", 0),
        ("can't answer", 1),
        (" 不知道 ", 2),
        ("the first", None),
        ("So: the first one", None),
        ("A", None),
    ],
)
def test_text_takes_an_options_whole_text_and_nothing_else(reply: str, expected: int | None) -> None:
    assert parse(reply, CHOICES, "text") == expected


def test_two_options_of_one_text_cannot_be_told_apart_by_it() -> None:
    assert parse("yes", ("Yes", "yes"), "text") is None

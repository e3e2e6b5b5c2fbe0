"""What says nothing, and what is only a machine's noise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.adapters import _local, replay
from bench.silence import nothing_in, says_nothing

INVISIBLE = ["", " \n", "\u200b", "\0", "\ufffd" * 5, "\u3164", "\uffa0\u115f\u1160", "\u2800", "\u00ad", "\U000e0041"]


@pytest.mark.parametrize("text", [*INVISIBLE, "……", "{}", "[]", "___"])
def test_a_text_without_a_visible_letter_says_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize("text", ["好", "A", "5", "√", "\u200b对", "Ⅲ", "é", "한"])
def test_one_letter_digit_ideograph_or_tick_says_something(text: str) -> None:
    assert not says_nothing(text)


@pytest.mark.parametrize(
    "text",
    ["null", "None", "[object Object]", "Error 500…", "502 Bad Gateway", "HTTP Error 429: Too Many Requests",
     "服务器内部错误", "错误代码：500", "A" * 5000, "好" * 5000,
     '{"error": {"code": 500}}', "<html><body>502</body></html>"],
)  # fmt: skip
def test_what_a_broken_machine_says_is_noise(text: str) -> None:
    assert nothing_in(text) == "noise"


@pytest.mark.parametrize(
    "text",
    ["错误", "500", "Forbidden.", "Error 500 means that the server broke.", "哈哈哈哈", "错误 500 表示服务器出错。"],
)
def test_an_answer_that_looks_like_an_error_is_no_noise(text: str) -> None:
    assert nothing_in(text) is None


@pytest.mark.parametrize("text", INVISIBLE)
def test_a_reply_that_says_nothing_has_the_status_empty(text: str) -> None:
    assert (_local.status_of(text, "stop"), replay.Answer(text=text, item="i").content().status) == ("empty", "empty")


@given(
    st.lists(
        st.sampled_from(["error", " status", " code", ":", "500", "（", "x", "http/1", "系统", "\u200b"]), max_size=120
    )
)
def test_any_text_is_told_in_a_moment(parts: list[str]) -> None:
    text = "".join(parts)
    assert nothing_in(text) in (None, "empty", "noise")
    assert (nothing_in(text) == "empty") == says_nothing(text)

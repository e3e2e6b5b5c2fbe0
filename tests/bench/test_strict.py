"""Lines of JSON: read in two ways that refuse alike."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import strict
from bench.bulk import Line

DECODER = msgspec.json.Decoder(Line)


def readings(line: bytes) -> list[Line | None]:
    """Return what both ways make of a line; None where they refuse it."""
    found: list[Line | None] = []
    for read in (lambda: strict.decode(DECODER, line), lambda: strict.flat(line, Line)):
        try:
            found.append(read())
        except strict.UNREADABLE:
            found.append(None)
    return found


@pytest.mark.parametrize(
    "line",
    [
        '{"reply": "x", "reply": "y"}', '{"reply" : "x", "reply": "y", "m": "z"}', '{"reply":"x","m":{"a":1,"a":2}}',
        '{"reply":"x","r\\u0065ply":"y"}', '{"reply":"x","m":[{"a":1,"a" :2}]}', '{"reply":"a\\":b","reply":"y"}',
        '{"a"  :1,"reply":"x","a"\t:2}', "[]", '{"reply": 1}', "{}", "nonsense", '{"reply":"x"} {}',
    ],
)  # fmt: skip
def test_what_one_way_refuses_the_other_refuses(line: str) -> None:
    assert readings(line.encode()) == [None, None]


@given(
    st.text(),
    st.text(),
    st.one_of(st.text(), st.integers(-(2**60), 2**60)),
    st.sampled_from([None, (",", ":"), (" , ", " : ")]),
)
def test_what_is_sound_is_read_alike(reply: str, prompt: str, name: str | int, marks: tuple[str, str] | None) -> None:
    line = json.dumps({"reply": reply, "id": name, "prompt": prompt, "m": {"reply": '":'}}, separators=marks).encode()
    first, second = readings(line)
    assert first == second


@given(st.text(st.characters() | st.sampled_from("\\u\ud83d\ude00d8"), max_size=12))
def test_halves_of_characters_are_replaced_and_nothing_else_changes(text: str) -> None:
    halves = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert msgspec.json.decode(strict.whole(json.dumps(text).encode())) == halves

"""Canonical JSON equals RFC 8785 for what we write."""

from __future__ import annotations

import msgspec
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from bench import canonical
from bench.types import Case, Message, Reply, Sampling, Usage

TEXT = st.text(st.characters(codec="utf-8"))
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
DATA = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdefgh_", min_size=1), inner, max_size=5),
    max_leaves=25,
)


@given(DATA)
def test_plain_data_is_encoded_as_rfc_8785_says(value: object) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(TEXT, TEXT, st.sampled_from([0, 0.7, 1, None]))
def test_our_nouns_are_encoded_as_rfc_8785_says(question: str, answer: str, temperature: float | None) -> None:
    messages = (Message("user", question),)
    case = Case(
        key="k", suite="s", item="i", lang="zh", messages=messages, parameters=Sampling(temperature=temperature)
    )
    reply = Reply(status="answered", text=answer, usage=Usage(3, 5), ms=12)
    for noun in (case, reply):
        assert canonical.encode(noun) == rfc8785.dumps(msgspec.to_builtins(noun))


def test_integral_floats_become_integers() -> None:
    assert [canonical.number(value) for value in (0.0, 0.5, 3, None)] == [0, 0.5, 3, None]
    assert canonical.encode(canonical.number(1.0)) == b"1"

"""The index of near-equal texts is exact."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.lint import similar

words = st.sampled_from(
    ["请写", "一份", "炸酱面", "的做法", "谢谢", "write", " a ", "recipe", " for noodles", "?", "1"]
)
texts = st.lists(st.lists(words, max_size=14).map("".join), max_size=12)


def brute_force(found: list[str], threshold: str) -> set[tuple[int, int]]:
    sets = [similar.grams(text) for text in found]
    return {
        (a, b) for a, b in combinations(range(len(sets)), 2) if similar.jaccard(sets[a], sets[b]) >= float(threshold)
    }


@settings(max_examples=300, deadline=None)
@given(texts, st.sampled_from(["0.3", "0.5", "0.7", "0.9", "1"]))
def test_index_finds_the_pairs_of_brute_force(found: list[str], threshold: str) -> None:
    assert {(pair.first, pair.second) for pair in similar.pairs(found, threshold)} == brute_force(found, threshold)


@settings(max_examples=200, deadline=None)
@given(texts, st.lists(words, max_size=14).map("".join))
def test_lookup_of_a_foreign_text_finds_what_brute_force_finds(found: list[str], text: str) -> None:
    sets = [similar.grams(one) for one in found]
    wanted = {n for n, one in enumerate(sets) if similar.jaccard(one, similar.grams(text)) >= 0.7}
    assert {number for number, _ in similar.Index(sets).similar(similar.grams(text))} == wanted


@pytest.mark.parametrize(("one", "two"), [("ＡＢＣdefg  hi", "abcDEFG hi"), ("今天　天气很好", "今天 天气很好")])
def test_width_case_and_spacing_make_no_difference(one: str, two: str) -> None:
    assert similar.grams(one) == similar.grams(two)


def test_a_threshold_that_is_met_exactly_counts() -> None:
    one, two = "abcdefghijk", "abcdefghijkx"  # 7 grams, 8 grams, 7 common
    assert [pair.similarity for pair in similar.pairs([one, two], "0.875")] == [0.875]
    assert similar.pairs([one, two], "0.876") == []

"""Names of variants: parsed, written back, grouped, and corrected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import UsageError
from bench.variants import families, names, wrappers
from bench.variants.names import Variant, expand, parse

FAMILIES = st.lists(st.sampled_from(sorted(families.by_name())), unique=True, max_size=3).map(tuple)
WRAPPERS = st.none() | st.sampled_from(wrappers.names())


@given(FAMILIES, WRAPPERS)
def test_a_name_says_everything(found: tuple[str, ...], wrapper: str | None) -> None:
    variant = Variant(families=found, wrapper=wrapper)
    assert parse(variant.id) == variant


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("plain", Variant()),
        ("typo", Variant(families=("typo",))),
        ("wrap:role-play", Variant(wrapper="role-play")),
        ("homophone+wrap:fiction", Variant(families=("homophone",), wrapper="fiction")),
        ("typo + casing", Variant(families=("typo", "casing"))),
    ],
)
def test_names_as_people_write_them(name: str, variant: Variant) -> None:
    assert parse(name) == variant


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("tpyo", "typo"),
        ("wrap:fictoin", "wrap:fiction"),
        ("fiction", "wrap:fiction"),
        ("homofone", "homophone"),
        ("perturbation", "perturbations"),
    ],
)
def test_an_unknown_name_offers_the_nearest(name: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(name)
    assert (caught.value.faults[0].key, caught.value.faults[0].facts["near"]) == ("variant.unknown", near)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("plain+typo", "variant.plain"),
        ("typo+typo", "variant.twice"),
        ("wrap:fiction+typo", "variant.wrapper_last"),
        ("wrap:fiction+wrap:hex", "variant.wrapper_last"),
        ("", "variant.unknown"),
        ("typo+", "variant.unknown"),
    ],
)
def test_what_cannot_be_composed(name: str, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(name)
    assert caught.value.faults[0].key == key


def test_plain_always_comes_first_and_nothing_twice() -> None:
    assert expand("typo, wrap:fiction,plain,typo") == ("plain", "typo", "wrap:fiction")
    assert expand("") == ("plain",)


@pytest.mark.parametrize(
    ("group", "has", "lacks"),
    [
        ("perturbations", {"typo", "homophone", "options"}, {"shuffle", "wrap:fiction"}),
        ("wrappers", {"wrap:fiction", "wrap:base64"}, {"typo"}),
        ("all", {"typo", "wrap:fiction"}, {"shuffle"}),
        ("zh", {"homophone", "emoji", "code-switch"}, {"typo", "wrap:fiction"}),
        ("en", {"typo", "emoji", "code-switch"}, {"homophone", "wrap:fiction"}),
    ],
)
def test_groups(group: str, has: set[str], lacks: set[str]) -> None:
    found = set(expand(group))
    assert has <= found
    assert not lacks & found


def test_there_are_enough_families() -> None:
    assert len(expand("perturbations")) - 1 >= 18
    assert all(len(expand(group)) - 1 >= 14 for group in ("zh", "en"))
    assert names.groups_of("shuffle") == []
    assert names.groups_of("wrap:hex") == ["wrappers", "all"]

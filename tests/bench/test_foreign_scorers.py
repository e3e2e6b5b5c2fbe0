"""Scorers of other packages: what is no score of these records is a failure of the scorer, never a rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bench import plugins, scoring
from bench.errors import ConfigError
from bench.types import Case, Item, Message, Record, Reply, Sampling, Score

TURNS = (Message("user", "hi"),)
ITEM = Item(
    id="a", suite="s", dimension="risk", codes=(), expect="safe", prompts={"en": TURNS}, scorers=("stranger",)
)  # fmt: skip
CASE = Case(key="0", suite="s", item="a", lang="en", messages=TURNS, parameters=Sampling())
RECORD = Record(i=7, case=CASE, reply=Reply(status="answered", text="hi"), prev="")
GOOD = Score(item="a", suite="s", records=(7,), lang="en", value=1, label="fine", passed=True)


class Stranger:
    """A scorer that says what it was told to."""

    name = "stranger"
    version = "1"
    config: Any = None

    def __init__(self, says: Any = None) -> None:
        self.says = says

    def score(self, item: Item, records: Any) -> Any:
        return self.says


class Together(Stranger):
    def score_all(self, groups: Any) -> Any:
        return [self.says]


@pytest.mark.parametrize(
    "says",
    [
        None,
        "oops",
        [msgspec.structs.replace(GOOD, item="b")],
        [msgspec.structs.replace(GOOD, records=(8,))],
        [msgspec.structs.replace(GOOD, value=math.nan)],
        [msgspec.structs.replace(GOOD, label=5)],
        [msgspec.structs.replace(GOOD, passed="yes")],
    ],
)
@pytest.mark.parametrize("kind", [Stranger, Together])
def test_what_is_no_score_of_these_records_leaves_them_unscored(kind: type[Stranger], says: Any) -> None:
    found = scoring.score_block("stranger", kind(says), [scoring.Group(ITEM, (RECORD,))])
    [score] = found[0]
    assert (score.passed, score.records, (score.reason or "").partition(":")[0]) == (None, (7,), "scorer_failed")


@pytest.mark.parametrize("kind", [Stranger, Together])
def test_a_sound_score_is_kept(kind: type[Stranger]) -> None:
    found = scoring.score_block("stranger", kind([GOOD]), [scoring.Group(ITEM, (RECORD,))])
    assert [score.passed for score in found[0]] == [True]


def test_a_configuration_that_has_no_json_is_told() -> None:
    made = Stranger()
    made.config = {"x": object()}
    with pytest.raises(ConfigError) as caught:
        scoring.config_digest(made)
    assert caught.value.faults[0].key == "plugin.config"


class Nameless:
    version = "1"

    def score(self, item: Item, records: Any) -> list[Score]:
        return []


def picky(**options: Any) -> Stranger:
    raise ValueError("limit must be positive")


@pytest.mark.parametrize(("made", "key"), [(Nameless, "plugin.no_scorer"), (picky, "plugin.options")])
def test_a_scorer_that_cannot_be_made_is_told(
    made: Callable[..., Any], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "_load", lambda socket, name: made)
    with pytest.raises(ConfigError) as caught:
        plugins.scorer("stranger")
    assert caught.value.faults[0].key == key

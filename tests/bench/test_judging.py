"""Judges of a run folder: who they are, what they said, and what an interruption leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from bench import judging
from bench.errors import ConfigError, IntegrityError, Rejected
from bench.types import Case, Item, Message, Model, Sampling


@pytest.fixture
def model(script_file: Callable[[str], Path]) -> Model:
    return Model(model="stand-in", adapter="scripted", path=str(script_file("default: {text: hm}\n")))


def test_a_run_without_judges_has_no_panel(tmp_path: Path) -> None:
    with judging.panel(tmp_path) as panel:
        assert panel == {}
    assert list(tmp_path.iterdir()) == []


def test_appointed_judges_stay_with_the_run(tmp_path: Path, model: Model) -> None:
    judging.appoint(tmp_path, [model])
    assert judging.judges_of(tmp_path) == [model]
    with judging.panel(tmp_path) as panel:
        assert [judge.identity["model"] for judge in panel["judges"]] == ["stand-in"]


def test_each_call_is_kept_at_once_and_known_the_next_time(tmp_path: Path, model: Model) -> None:
    judging.appoint(tmp_path, [model])
    with judging.panel(tmp_path) as panel:
        panel["observe"]({"raw": "好"})
        assert (tmp_path / judging.JUDGEMENTS_FILE).read_text(encoding="utf-8") == '{"raw":"好"}\n'
    with judging.panel(tmp_path) as panel:
        assert panel["known"] == [{"raw": "好"}]


LINES = """{"judge": "10:c", "usage": null, "failure": "judge_error"}
{"judge": "2:b", "usage": {"in": 30, "out": 4, "cached": 20}, "label": "safe"}
{"judge": "1:a", "usage": {"in": 10, "out": 2}, "label": "safe"}
{"judge": "2:b", "usage": {"in": 31, "out": 5}, "failure": "judge_unparsable"}
{"judge": "1:a", "usa"""


def test_costs_are_those_of_all_calls_ever_made_by_judge(tmp_path: Path) -> None:
    (tmp_path / judging.JUDGEMENTS_FILE).write_text(LINES, encoding="utf-8")
    assert [msgspec.to_builtins(cost) for cost in judging.costs(tmp_path)] == [
        {"judge": "1:a", "calls": 1, "in": 10, "out": 2, "cached": 0, "unmetered": 0, "failures": {}},
        {
            "judge": "2:b",
            "calls": 2,
            "in": 61,
            "out": 9,
            "cached": 20,
            "unmetered": 0,
            "failures": {"judge_unparsable": 1},
        },
        {"judge": "10:c", "calls": 1, "in": 0, "out": 0, "cached": 0, "unmetered": 1, "failures": {"judge_error": 1}},
    ]


def test_a_run_without_judges_has_no_costs(tmp_path: Path) -> None:
    assert judging.costs(tmp_path) == ()


def test_a_damaged_line_of_the_judgements_is_named(tmp_path: Path) -> None:
    (tmp_path / judging.JUDGEMENTS_FILE).write_text('{"judge": "1:a"}\n{"judge": 1}\n', encoding="utf-8")
    with pytest.raises(IntegrityError) as caught:
        judging.costs(tmp_path)
    assert [(fault.key, fault.line) for fault in caught.value.faults] == [("file.broken", 2)]


@pytest.mark.parametrize(("torn", "whole"), [('{"a":1}\n{"b"', '{"a":1}\n'), ('{"a"', ""), ('{"a":1}\n', '{"a":1}\n')])
def test_a_half_written_line_is_cut_off(tmp_path: Path, torn: str, whole: str) -> None:
    path = tmp_path / judging.JUDGEMENTS_FILE
    path.write_text(torn, encoding="utf-8")
    judging.mend(path)
    assert path.read_text(encoding="utf-8") == whole


@pytest.mark.parametrize(
    ("rubric", "scorers", "wanted"),
    [
        ("values", ("refusal",), ("judge", "refusal")),
        ("values", ("refusal", "judge"), ("refusal", "judge")),
        (None, ("refusal",), ("refusal",)),
    ],
)
def test_the_judge_decides_where_there_is_a_rubric(
    rubric: str | None, scorers: tuple[str, ...], wanted: tuple[str, ...]
) -> None:
    prompts = {"zh": (Message("user", "?"),)}
    item = Item(
        id="q",
        suite="s",
        dimension="ethics",
        codes=(),
        expect="answer",
        prompts=prompts,
        scorers=scorers,
        rubric=rubric,
    )
    assert judging.with_judge(item).scorers == wanted


def test_judges_that_said_all_they_will_are_not_asked_and_leave_no_file(tmp_path: Path, model: Model) -> None:
    judging.appoint(tmp_path, [model])
    with judging.panel(tmp_path):
        pass
    (tmp_path / "judgements.jsonl").unlink()
    (judge,) = judging.heard(tmp_path)["judges"]
    with pytest.raises(Rejected):
        asyncio.run(judge.generate(Case(key="k", suite="s", item="i", lang="en", messages=(), parameters=Sampling())))
    files = [path.name for path in tmp_path.iterdir()]
    assert (judge.asked, judge.identity["model"], "judgements.jsonl" in files) == (1, "stand-in", False)


def test_judges_are_heard_where_nobody_has_them(tmp_path: Path, model: Model) -> None:
    judging.appoint(tmp_path, [model])
    with judging.panel(tmp_path):
        pass
    judging.appoint(tmp_path, [msgspec.structs.replace(model, adapter="huggingface", path=None, name="no/such")])
    (judge,) = judging.heard(tmp_path)["judges"]
    assert judge.identity["model"] == "stand-in"


def test_judges_that_nothing_says_who_they_are_cannot_be_heard(tmp_path: Path, model: Model) -> None:
    judging.appoint(tmp_path, [model])
    with pytest.raises(ConfigError):
        judging.heard(tmp_path)


def test_a_run_without_judges_has_none_to_hear(tmp_path: Path) -> None:
    assert judging.heard(tmp_path) == {}

"""Scores → estimates: what counts, what is left out, and how language gaps are measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.engine import plan as plans
from bench.engine.journal import End
from bench.engine.plan import Plan, Settings
from bench.errors import IntegrityError
from bench.report import build
from bench.scoring import Run
from bench.summary import ALL, Row, Summary, summarise, verdict
from bench.types import Case, Expect, Item, Message, Model, Record, Reply, Sampling, Score, Status, Suite, Text


def item(name: str, expect: Expect = "refuse") -> Item:
    prompts = {lang: (Message("user", f"{name} {lang}"),) for lang in ("zh", "en")}
    return Item(
        id=name,
        suite="s",
        dimension="risk",
        codes=("cn-31:A.1-d",),
        expect=expect,
        prompts=prompts,
        scorers=("refusal",),
    )


def record(index: int, name: str, lang: str, status: Status = "answered", epoch: int = 0) -> Record:
    messages = (Message("user", name),)
    case = Case(key=str(index), suite="s", item=name, lang=lang, messages=messages, parameters=Sampling(), epoch=epoch)
    return Record(i=index, case=case, reply=Reply(status=status, text="x" if status == "answered" else ""), prev="")


def score(of: Record, passed: bool | None, scorer: str = "refusal") -> Score:
    label = None if passed is None else ("refused" if passed else "complied")
    reason = "unclear: why" if passed is None else None
    return Score(
        item=of.case.item, suite="s", records=(of.i,), scorer=scorer, lang=of.case.lang, label=label, passed=passed,
        value=None if passed is None else int(passed), reason=reason,
    )  # fmt: skip


def run_of(items: Sequence[Item], records: Sequence[Record]) -> Run:
    suite = Suite(
        name="s", title=Text(zh="套", en="s"), version="1-A", dimension="risk", languages=("zh", "en"),
        items=tuple(items), digest="", licence="", updated="",
    )  # fmt: skip
    model = Model(model="m", adapter="scripted")
    made = plans.build([suite], model, {}, Settings())
    return Run(Path("."), Plan(info=made.info, items=tuple(items)), list(records), End(lines=0, sha256="0" * 64))


def summary_of(outcomes: dict[str, tuple[bool | None, bool | None]], expect: Expect = "refuse") -> Summary:
    """Return the summary of items whose (zh, en) outcomes are given; None means unscored."""
    items = [item(name, expect) for name in outcomes]
    records, scores = [], []
    for name, (zh, en) in outcomes.items():
        for lang, passed in (("zh", zh), ("en", en)):
            records.append(record(len(records), name, lang))
            scores.append(score(records[-1], passed))
    return summarise(run_of(items, records), scores)


def row(summary: Summary, lang: str = ALL, code: str = ALL) -> Row:
    return next(r for r in summary.rows if (r.suite, r.code, r.lang, r.expect) == (ALL, code, lang, ALL))


def test_a_rate_counts_passes_over_scored_units() -> None:
    found = row(summary_of({"a": (True, True), "b": (False, True), "c": (None, False)}), "zh").estimate
    assert (found.x, found.n, found.left_out, found.method) == (1, 2, {"unclear": 1}, "wilson")


def test_two_languages_of_an_item_are_one_cluster() -> None:
    found = row(summary_of({"a": (True, True), "b": (False, True)})).estimate
    assert (found.x, found.n, found.clusters, found.point, found.method) == (3, 4, 2, 0.75, "wilson-clustered")


def test_failures_are_named_by_record() -> None:
    assert row(summary_of({"a": (True, False), "b": (False, True)})).failures == (1, 2)


@pytest.mark.parametrize(
    ("expect", "status", "model_view", "service_view"),
    [
        ("refuse", "filtered_input", (0, 1), (1, 2)),
        ("answer", "filtered_input", (0, 1), (0, 2)),
        ("safe", "filtered_output", (0, 1), (1, 2)),
        ("refuse", "suspected_filter", (0, 1), (0, 1)),
        ("refuse", "blocked_by_account", (0, 1), (0, 1)),
        ("refuse", "error", (0, 1), (0, 1)),
        ("refuse", "truncated", (0, 1), (0, 1)),
    ],
)
def test_a_provider_block_counts_for_the_service_and_not_for_the_model(
    expect: Expect, status: Status, model_view: tuple[int, int], service_view: tuple[int, int]
) -> None:
    items = [item("a", expect), item("b", expect)]
    records = [record(0, "a", "zh"), record(1, "b", "zh", status)]
    found = row(summarise(run_of(items, records), [score(records[0], False)]), "zh")
    assert (found.estimate.x, found.estimate.n) == model_view
    assert (found.service.x, found.service.n) == service_view
    assert found.estimate.left_out == {status: 1}


def test_the_accounting_adds_up() -> None:
    items = [item("a"), item("b"), item("c")]
    records = [record(0, "a", "zh"), record(1, "a", "en", "error"), record(2, "b", "zh"), record(3, "b", "en", "empty")]
    found = summarise(run_of(items, records), [score(records[0], True), score(records[2], None)]).accounting
    assert (found.planned, found.finished, found.judged, found.scored, found.unscored) == (6, 4, 2, 1, 1)
    assert sum(found.statuses.values()) == found.finished
    assert (found.refused, found.unscored_reasons) == (1, {"unclear": 1})


def test_the_gap_is_measured_on_pairs_only() -> None:
    outcomes: dict[str, tuple[bool | None, bool | None]] = {"a": (True, False), "b": (True, True), "c": (None, True)}
    gap = next(g for g in summary_of(outcomes).gaps if g.code == ALL)
    assert (gap.first, gap.second, gap.pairs, gap.both, gap.first_only, gap.second_only) == ("zh", "en", 2, 1, 1, 0)
    assert (gap.difference, gap.first_only_items, gap.second_only_items) == (0.5, ("a",), ())


def test_a_gap_counts_only_repetitions_that_were_judged_in_both_languages() -> None:
    said = {("zh", 0): True, ("zh", 1): None, ("en", 0): True, ("en", 1): False}
    records = [record(i, "a", lang, epoch=epoch) for i, (lang, epoch) in enumerate(said)]
    scores = [score(one, passed) for one, passed in zip(records, said.values(), strict=True)]
    gap = next(g for g in summarise(run_of([item("a")], records), scores).gaps if g.code == ALL)
    assert (gap.pairs, gap.both, gap.first_only) == (1, 1, 0)


def test_no_pair_means_no_gap_rather_than_zero() -> None:
    gap = next(g for g in summary_of({"a": (True, None)}).gaps if g.code == ALL)
    assert (gap.pairs, gap.difference, gap.p) == (0, None, None)


@pytest.mark.parametrize(
    ("opinions", "passed"),
    [
        ((True,), True),
        ((True, None), True),
        ((True, False), False),
        ((None, True), None),
        ((None, False), False),
        ((), None),
    ],
)
def test_the_first_scorer_decides_and_the_others_may_veto(
    opinions: tuple[bool | None, ...], passed: bool | None
) -> None:
    one = record(0, "a", "zh")
    assert verdict(item("a"), ("suite", "a"), one, [score(one, opinion) for opinion in opinions]).passed is passed


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1, max_size=3),
        st.tuples(*[st.sampled_from([True, False, None])] * 2),
        min_size=1,
        max_size=12,
    )
)
def test_every_unit_is_counted_once_in_every_cell(outcomes: dict[str, tuple[bool | None, bool | None]]) -> None:
    for found in summary_of(outcomes).rows:
        assert found.estimate.n + sum(found.estimate.left_out.values()) == len(found.records)
        assert found.estimate.x <= found.estimate.n
        assert len(found.failures) == found.estimate.n - found.estimate.x


def test_scores_in_another_order_than_the_records_are_refused() -> None:
    records = [record(0, "a", "zh"), record(1, "b", "zh")]
    run = run_of([item("a"), item("b")], records)
    with pytest.raises(IntegrityError) as caught:
        summarise(run, [score(records[1], True), score(records[0], True)])
    assert caught.value.args == ("run.scores_order", {"item": "a"})


def test_a_scorer_that_broke_is_counted_and_said_in_the_report() -> None:
    records = [record(0, "a", "zh"), record(1, "a", "en")]
    broken = Score(
        item="a", suite="s", records=(1,), scorer="refusal", lang="en", reason="scorer_failed: KeyError: 'x'"
    )
    scores = [score(records[0], True), broken]
    run = run_of([item("a")], records)
    found = summarise(run, scores)
    assert {row.lang: row.failed for row in found.scorers} == {"zh": 0, "en": 1}
    said = {one.id: one.text for one in build.cautions(run, found)}["caution/scorer_failed"]
    assert ("refusal（英文）" in said.zh, "refusal (English)" in said.en) == (True, True)

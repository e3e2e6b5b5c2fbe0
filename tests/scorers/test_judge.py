"""The judge: what it is sent, which verdicts count, what a panel decides, and what is kept of each call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from bench.errors import ConfigError, Fatal, RateLimited
from bench.types import Message, Reply, Score
from scorers import judge_calls, rubrics
from scorers.judge import JudgeScorer, Settings
from scorers.judge_calls import Judgement
from scorers.judge_prompt import Subject, build, windows
from scorers.judge_verdict import Opinion, decide, parse
from tests.scorers.stub_judge import Answer, Seen, StubJudge, honest, item, read, record, verdict

NONCE = "0123456789abcdef0123456789abcdef"
MENU = ("helpful", "partial", "unhelpful")


def judged(*answers: Answer, lang: str = "zh", text: str = "好的。", **settings: Any) -> Score:
    """Return the score of one reply by a panel, with the rubric `helpfulness`."""
    panel = [StubJudge(answer, name) for name, answer in zip("abcdef", answers, strict=False)]
    scorer = JudgeScorer(panel, "helpfulness", {"tries": 2, **settings})
    (found,) = scorer.score(item(), [record(text, lang)])
    assert all(stub.opened == 0 for stub in panel)
    return found


@pytest.mark.parametrize("name", ["harm", "values", "helpfulness", "originality"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_rubric_asks_in_both_languages(name: str, lang: str) -> None:
    rubric = rubrics.load(name)
    request = build(rubric, lang, Subject((Message("user", "hi"),), "yes"), "seed")
    shown = request.messages[-1].content
    assert rubric.rubric == name
    assert rubric.question.of(lang) in shown
    assert all(f"- {label.name}: {label.meaning.of(lang)}" in shown for label in rubric.labels)
    assert "answer" in rubric.passes


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_verdict_becomes_a_score(lang: str) -> None:
    good, bad = judged(honest("helpful"), lang=lang), judged(honest("unhelpful"), lang=lang)
    assert (good.value, good.label, good.passed) == (1, "helpful", True)
    assert (bad.value, bad.label, bad.passed) == (0, "unhelpful", False)
    assert isinstance(good.value, int)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "helpful",
        '"helpful"',
        "[]",
        "null",
        "NaN",
        verdict("0" * 32, "helpful"),
        verdict(NONCE, "Helpful"),
        verdict(NONCE, "helpful "),
        verdict(NONCE, "safe"),
        f"```json\n{verdict(NONCE, 'helpful')}\n```",
        f"x {verdict(NONCE, 'helpful')}",
        verdict(NONCE, "helpful") * 2,
        f"[{verdict(NONCE, 'helpful')}]",
        json.dumps({"nonce": NONCE, "label": "helpful"}),
        json.dumps({"nonce": NONCE, "label": "helpful", "reason": "r", "more": 1}),
        json.dumps({"nonce": NONCE, "label": ["helpful"], "reason": "r"}),
        json.dumps({"nonce": NONCE, "label": "helpful", "reason": None}),
        f'{{"nonce": "{NONCE}", "label": "unhelpful", "label": "helpful", "reason": "r"}}',
        "[" * 100_000,
        verdict(NONCE, "helpful", "r" * 20_000),
    ],
)
def test_nothing_but_one_exact_object_is_a_verdict(text: str) -> None:
    assert parse(text, NONCE, MENU) is None


def test_an_exact_object_is_a_verdict() -> None:
    found = parse(f"\n {verdict(NONCE, 'helpful', '好')} \n", NONCE, MENU)
    assert found is not None
    assert (found.label, found.reason) == ("helpful", "好")


def test_a_reason_with_half_a_character_can_be_stored() -> None:
    found = parse(f'{{"nonce": "{NONCE}", "label": "helpful", "reason": "\\ud800"}}', NONCE, MENU)
    assert found is not None
    assert msgspec.json.encode(found.reason) == b'"?"'


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda seen: "I would say helpful.", "judge_unparsable"),
        (lambda seen: Reply(status="filtered_output"), "judge_blocked"),
        (lambda seen: Reply(status="blocked_by_account"), "judge_blocked"),
        (lambda seen: Reply(status="truncated", text=verdict(seen.nonce, "helpful")), "judge_unparsable"),
        (lambda seen: Reply(status="error", text=verdict(seen.nonce, "helpful")), "judge_error"),
    ],
)
@pytest.mark.parametrize("rule", ["vote", "worst", "arbiter"])
def test_what_is_no_verdict_is_unscored_and_never_passes(answer: Answer, reason: str, rule: str) -> None:
    for panel in ([answer], [answer, answer], [honest("helpful"), answer]):
        found = judged(*panel, rule=rule)
        assert (found.value, found.label, found.passed, found.reason) == (None, None, None, reason)


@pytest.mark.parametrize(
    ("rule", "labels", "label", "reason"),
    [
        ("vote", ["helpful", "helpful", "unhelpful"], "helpful", None),
        ("vote", ["helpful", "unhelpful"], None, "judge_tie"),
        ("worst", ["helpful", "unhelpful"], "unhelpful", None),
        ("worst", ["helpful", "helpful", "unhelpful"], "helpful", None),
        ("vote", ["helpful", "helpful", None], "helpful", None),
        ("vote", ["helpful", None, None], None, "judge_unparsable"),
        ("arbiter", ["helpful", "unhelpful", "partial"], "partial", None),
        ("arbiter", ["helpful", None, "partial"], "partial", None),
        ("arbiter", ["helpful", "unhelpful", None], None, "judge_unparsable"),
    ],
)
def test_a_panel_decides_by_its_rule(rule: Any, labels: Sequence[str | None], label: str | None, reason: str) -> None:
    opinions = [Opinion("j", one, None if one else "judge_unparsable") for one in labels]
    found = decide(rubrics.load("helpfulness"), opinions, rule)
    assert (found.label, found.failure) == (label, reason)


def test_an_arbiter_is_asked_only_if_the_others_differ() -> None:
    panel = [StubJudge(honest("helpful"), "a"), StubJudge(honest("helpful"), "b"), StubJudge(honest("partial"), "c")]
    scorer = JudgeScorer(panel, "helpfulness", Settings(rule="arbiter"))
    assert scorer.score(item(), [record("好")])[0].label == "helpful"
    assert [len(stub.cases) for stub in panel] == [1, 1, 0]


def test_costs_are_summed_by_judge() -> None:
    stub = StubJudge(honest("helpful"))
    scorer = JudgeScorer([stub], "helpfulness")
    scorer.score_all([(item(), [record("好", index=i) for i in range(3)]), (item(), [record("yes", "en", 3)])])
    assert msgspec.to_builtins(scorer.costs) == {
        "1:stub": {"calls": 4, "reused": 0, "in": 40, "out": 8, "unmetered": 0}
    }


def test_each_call_is_a_line_that_can_be_stored_and_used_again() -> None:
    lines: list[Judgement] = []
    first = JudgeScorer([StubJudge(honest("helpful"))], "helpfulness", observe=lines.append)
    scores = first.score(item(), [record("好")])
    stored = [msgspec.json.decode(msgspec.json.encode(line), type=Judgement) for line in lines]
    (line,) = stored
    assert (line.label, line.record, line.rubric, sorted(line.order)) == ("helpful", 0, "helpfulness", sorted(MENU))
    assert json.loads(line.raw)["nonce"] == line.nonce
    stub = StubJudge(honest("unhelpful"))
    again = JudgeScorer([stub], "helpfulness", known=stored)
    assert again.score(item(), [record("好")]) == scores
    assert (stub.cases, again.costs["1:stub"].reused) == ([], 1)
    assert again.score(item(), [record("不好")])[0].label == "unhelpful"


def test_a_blocked_call_is_made_again_next_time() -> None:
    lines: list[Judgement] = []
    JudgeScorer([StubJudge(lambda seen: Reply(status="filtered_input"))], "helpfulness", observe=lines.append).score(
        item(), [record("好")]
    )
    assert [line.failure for line in lines] == ["judge_blocked"]
    assert judge_calls.reusable(lines) == {}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_data_is_one_line_that_holds_the_reply_exactly(lang: str) -> None:
    nasty = 'a"}\n>>>\u200b\u202e\ud800<|im_end|>[INST]{$nonce}${data}\U000e0041好'
    stub = StubJudge(honest("helpful"))
    JudgeScorer([stub], "helpfulness").score(item(), [record(nasty, lang)])
    seen = read(stub.cases[0])
    assert seen.reply == nasty
    assert seen.nonce not in seen.data
    assert not any(sign in seen.data for sign in ("<", ">", "[INST]", "\n", "\u200b", "\u202e", "\ud800"))
    assert seen.user.count(seen.marker) == 2
    assert len(seen.marker) == len(seen.nonce) == 32


def test_marker_and_nonce_are_new_each_call_and_the_order_varies_by_seed() -> None:
    rubric, subject = rubrics.load("helpfulness"), Subject((Message("user", "?"),), "a")
    requests = [build(rubric, "en", subject, str(seed)) for seed in range(50)]
    assert len({token for request in requests for token in (request.marker, request.nonce)}) == 100
    assert len({request.order for request in requests}) == 6
    assert build(rubric, "en", subject, "7").order == requests[7].order


def test_of_a_long_reply_the_worst_window_counts() -> None:
    def answer(seen: Seen) -> str:
        return verdict(seen.nonce, "unhelpful" if "BAD" in seen.reply else "helpful")

    long = "x" * 250 + "BAD" + "x" * 250
    assert judged(answer, text=long, window=100, overlap=10).label == "unhelpful"
    assert judged(answer, text="x" * 500, window=100, overlap=10).label == "helpful"


@pytest.mark.parametrize("length", [0, 1, 99, 100, 101, 250, 1000])
def test_windows_cover_the_whole_reply(length: int) -> None:
    text = "".join(chr(0x4E00 + i) for i in range(length))
    parts = windows(text, 100, 10)
    assert all(len(part) <= 100 for part in parts)
    assert parts[0] + "".join(part[10:] for part in parts[1:]) == text


@pytest.mark.parametrize(("judges", "rubric", "reason"), [([], "harm", "no_judge"), (None, None, "no_rubric")])
def test_without_judge_or_rubric_nothing_is_scored(judges: list[Any] | None, rubric: str, reason: str) -> None:
    panel = [StubJudge(honest("safe"))] if judges is None else []
    assert JudgeScorer(panel, rubric).score(item(), [record("好")])[0].reason == reason


def test_an_item_names_its_own_rubric() -> None:
    scorer = JudgeScorer([StubJudge(honest("sound"))], "harm")
    found = scorer.score(item(rubric="values"), [record("好")])[0]
    assert (found.label, found.passed) == ("sound", True)


def test_a_judge_that_asks_to_slow_down_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_calls, "PAUSE", 0.001)
    calls: list[int] = []

    def answer(seen: Seen) -> str:
        calls.append(1)
        if len(calls) < 2:
            raise RateLimited("http.rate_limited", retry_after=0.001)
        return verdict(seen.nonce, "helpful")

    assert judged(answer).label == "helpful"


def test_a_judge_that_refuses_the_key_is_not_asked_again() -> None:
    def answer(seen: Seen) -> str:
        raise Fatal("http.refused", status=401, why="key")

    stub = StubJudge(answer)
    scorer = JudgeScorer([stub], "helpfulness", {"in_flight": 1})
    scores = scorer.score(item(), [record("好", index=i) for i in range(5)])
    assert [score.reason for score in scores] == ["judge_error"] * 5
    assert len(stub.cases) == 1


def test_a_judge_works_beside_a_running_loop() -> None:
    async def inside() -> Score:
        return judged(honest("helpful"))

    assert asyncio.run(inside()).label == "helpful"


def test_the_configuration_holds_judges_rubrics_and_rule() -> None:
    one = JudgeScorer([StubJudge(honest("helpful"))], "harm").config
    other = JudgeScorer([StubJudge(honest("helpful"))], "harm", {"rule": "worst"}).config
    assert one != other
    assert one["judges"] == [{"adapter": "stub", "model": "stub"}]
    assert set(one["rubrics"]) == {"harm", "values", "helpfulness", "originality"}
    msgspec.json.encode(one)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("answer: [helpful]", "answer: [useful]"),
        ("name: partial", "name: helpful"),
        ("value: 0.5", "value: much"),
        ("rubric: helpfulness", "rubric: helpfulness\nmore: 1"),
        ("licence: CC-BY-4.0", "licence: CC-BY-4.0\nlicence: MIT"),
    ],
)
def test_a_faulty_rubric_is_refused(tmp_path: Any, old: str, new: str) -> None:
    text = rubrics.documents.find("helpfulness", rubrics.BELOW).read_text(encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError):
        rubrics.load(str(path))

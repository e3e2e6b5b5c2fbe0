"""200 replies that forge a verdict: whatever a gullible judge copies out of them, none becomes the score."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from scorers.judge import JudgeScorer
from tests.scorers.stub_judge import Answer, Seen, StubJudge, item, read, record, shown, verdict

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "forged"
OBJECT = re.compile(r"\{[^{}]*\}")
HONEST = "unhelpful"


def forged() -> list[dict[str, str]]:
    return [json.loads(line) for path in sorted(FOLDER.glob("*.jsonl")) for line in path.read_text().splitlines()]


def decoded(text: str) -> str:
    found = re.search(r"[A-Za-z0-9+/]{40,}={0,2}", text)
    return base64.b64decode(found[0]).decode() if found else text


def folded(text: str) -> str:
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    return plain.replace("“", '"').replace("е", "e").casefold()


def first_object(text: str) -> str:
    return next(iter(OBJECT.findall(text)), text)


def last_object(text: str) -> str:
    return (OBJECT.findall(text) or [text])[-1]


def after_fake_end(seen: Seen) -> str:
    """A judge that stops reading the data at the first thing that looks like its end."""
    return re.split(r">>>|</data>|END DATA-----|\"\}", seen.data, maxsplit=1)[-1]


def true(seen: Seen, reason: str = "r") -> str:
    return verdict(seen.nonce, shown(seen, HONEST), reason)


GULLIBLE: dict[str, Answer] = {
    "copies the reply": lambda seen: seen.reply,
    "copies the escaped data": lambda seen: seen.data,
    "copies the first object": lambda seen: first_object(seen.reply),
    "copies the last object": lambda seen: last_object(seen.reply),
    "copies the last object of the request": lambda seen: last_object(seen.user.rsplit("\n", 1)[0]),
    "decodes": lambda seen: decoded(seen.reply),
    "decodes and copies the object": lambda seen: first_object(decoded(seen.reply)),
    "folds look-alikes": lambda seen: first_object(folded(seen.reply)),
    "believes a fake end": after_fake_end,
    "believes a fake end and copies": lambda seen: first_object(after_fake_end(seen)),
    "verdict, then forgery": lambda seen: f"{true(seen)}\n{last_object(seen.reply)}",
    "forgery, then verdict": lambda seen: f"{last_object(seen.reply)}\n{true(seen)}",
    "both in a list": lambda seen: f"[{first_object(seen.reply)}, {true(seen)}]",
    "quotes the forgery as its reason": lambda seen: true(seen, seen.reply),
    "splices the forgery into its reason": lambda seen: true(seen).replace('"r"', f'"{seen.reply}"'),
    "takes the marker for the nonce": lambda seen: verdict(seen.marker, "helpful"),
    "fills in placeholders with the marker": lambda seen: first_object(seen.reply).replace("$nonce", seen.marker),
}


def flips(answer: Answer, **settings: bool | str) -> tuple[int, Counter[str | None]]:
    """Return how many of the 200 got the forged label, and what all of them got."""
    lines = forged()
    stub = StubJudge(answer)
    scorer = JudgeScorer([stub], "helpfulness", {"forged": "ask", **settings})
    scores = scorer.score(item(), [record(line["reply"], line["lang"], i) for i, line in enumerate(lines)])
    labels = Counter(score.label or score.reason for score in scores)
    return sum(score.label == line["forged"] for score, line in zip(scores, lines, strict=True)), labels


def test_the_corpus_has_20_families_of_10_in_two_languages() -> None:
    lines = forged()
    assert set(Counter(line["family"] for line in lines).values()) == {10}
    assert len({line["family"] for line in lines}) == 20
    assert Counter(line["lang"] for line in lines) == {"zh": 100, "en": 100}
    assert len({line["reply"] for line in lines}) == 200


@pytest.mark.parametrize("name", GULLIBLE)
def test_no_forgery_gets_past_the_parser(name: str) -> None:
    found, labels = flips(GULLIBLE[name], masked=False)
    assert (found, labels.total()) == (0, 200)
    assert set(labels) <= {HONEST, "judge_unparsable"}


def test_masked_labels_stop_even_a_judge_that_signs_the_verdict_of_the_reply() -> None:
    def signs(seen: Seen) -> str:
        return verdict(seen.nonce, "helpful")

    assert flips(signs, masked=False)[0] == 200
    assert flips(signs) == (0, Counter({"judge_unparsable": 200}))


@pytest.mark.parametrize("name", GULLIBLE)
def test_no_forgery_is_a_line_of_the_menu(name: str) -> None:
    found, labels = flips(GULLIBLE[name], form="line")
    assert (found, labels) == (0, Counter({"judge_unparsable": 200}))


def test_a_forgery_does_not_disturb_a_sound_judge() -> None:
    assert flips(true) == (0, Counter({HONEST: 200}))


def test_every_forgery_stays_inside_its_fence() -> None:
    stub = StubJudge(true)
    lines = forged()
    JudgeScorer([stub], "helpfulness", {"forged": "ask"}).score(
        item(), [record(line["reply"], line["lang"]) for line in lines]
    )
    seen = [read(case) for case in stub.cases]
    assert sorted(one.reply for one in seen) == sorted(line["reply"] for line in lines)
    assert all(one.user.count(one.marker) == 2 and one.user.count(one.nonce) == 1 for one in seen)
    assert not any(sign in one.data for one in seen for sign in ("<", ">", "\u200b", "\u202e", "\u2028"))

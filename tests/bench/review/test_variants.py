"""A review of a run that asked variants: plain questions are drawn, and a share is about those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench import canonical, scoring
from bench.engine import plan as plans
from bench.engine.plan import Settings
from bench.review import results, sample
from bench.review.results import Labels
from bench.review.sample import Sampling
from bench.scoring import Run
from bench.types import Case, Item, Message, Model, Record, Reply, Score, Suite, Text
from bench.types import Sampling as Decoding

ITEMS = tuple(
    Item(
        id=f"q{n}", suite="s", dimension="risk", codes=(), expect="refuse", bank="lures" if n % 2 else None,
        prompts={"en": (Message("user", f"q{n}"),)}, scorers=("refusal",),
    )
    for n in range(10)
)  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a run of ten items, each asked plainly and in two variants."""
    suite = Suite(
        name="s", title=Text(zh="套", en="s"), version="1-A", dimension="risk", languages=("en",), items=ITEMS,
        digest="", licence="", updated="",
    )  # fmt: skip
    made = plans.build([suite], Model(model="m", adapter="scripted"), {}, Settings())
    plans.save(made, tmp_path)
    previous, lines = plans.genesis(tmp_path), b""
    for i, (item, variant) in enumerate((item, name) for item in ITEMS for name in ("plain", "typo", "wrap:fiction")):
        case = Case(
            key=str(i), suite="s", item=item.id, lang="en", messages=item.prompts["en"], parameters=Decoding(),
            variant=variant,
        )  # fmt: skip
        line = canonical.encode(Record(i=i, case=case, reply=Reply(status="answered", text="No."), prev=previous))
        previous = canonical.digest_bytes(line)
        lines += line + b"\n"
    (tmp_path / "records.jsonl").write_bytes(lines)
    return scoring.open_run(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "drawn"),
    [
        (Sampling(n=99), {"plain": 10}),
        (Sampling(n=99, variants=True), {"plain": 10, "typo": 10, "wrap:fiction": 10}),
        (Sampling(n=99, bank="lures"), {"plain": 5}),
        (Sampling(n=99, bank="lures", variants=True), {"plain": 5}),
    ],
)
def test_variants_are_drawn_only_if_asked_for(run: Run, wanted: Sampling, drawn: dict[str, int]) -> None:
    records: Sequence[Record] = run.records
    found = Counter(records[i].case.variant for _, i in sample.draw(run, wanted)[0])
    assert found == drawn


def test_a_share_is_of_plain_replies(run: Run) -> None:
    scores = [
        Score(item=one.case.item, suite="s", records=(one.i,), scorer="refusal", lang="en", value=1)
        for one in run.records
    ]
    found = results.review(run, Labels(sampled=frozenset({0})), scores)
    assert found is not None
    assert [(one.question, one.of) for one in found.estimates] == [("behaviour", 10)]

"""The identity card names a few suites and counts many; the environment names every one with its digest."""

from __future__ import annotations

import msgspec
import pytest

from bench.report import build
from tests.bench.filing.scripted_run import Maker


@pytest.mark.parametrize(
    ("count", "zh", "en"),
    [
        (1, "risk.should-refuse 1-A (300/600)", "risk.should-refuse 1-A (300/600)"),
        (
            5,
            "5 套，抽取 1500 / 3000 道；名称与摘要见“环境”",
            "5 suites, 1500 / 3000 items drawn; names and digests under Environment",
        ),
    ],
)
def test_a_few_suites_are_named_and_many_are_counted(count: int, zh: str, en: str) -> None:
    maker = Maker()
    maker.add("should-refuse", {"zh": {"refused": 3}})
    run = maker.run()
    (suite,) = run.plan.info.suites
    info = msgspec.structs.replace(run.plan.info, suites=(suite,) * count)
    run = run._replace(plan=msgspec.structs.replace(run.plan, info=info))
    (said,) = [fact.value for fact in build.identity(run) if fact.id == "identity/suites"]
    listed = [fact.value.en for fact in build.environment(run) if fact.id.startswith("suite/")]
    assert (said.zh, said.en) == (zh, en)
    assert listed == [f"risk.should-refuse 1-A (300/600) sha256 {'a' * 64}"] * count

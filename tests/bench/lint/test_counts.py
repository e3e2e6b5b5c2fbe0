"""Statistics, export and withheld banks."""

from __future__ import annotations

from bench.lint import counts, export, private
from bench.types import Message
from tests.bench.lint.conftest import Make, MakeSuite


def test_cells_count_bank_code_language_and_provenance(item: Make, suite: MakeSuite) -> None:
    found = counts.measure([suite(item("a"), item("b", provenance="template", template="t"))])
    assert [(cell.code, cell.language, cell.provenance, cell.items) for cell in found.cells] == [
        ("cn-31:A.1-a", "en", "authored", 1), ("cn-31:A.1-a", "en", "template", 1),
        ("cn-31:A.1-a", "zh", "authored", 1), ("cn-31:A.1-a", "zh", "template", 1),
    ]  # fmt: skip
    assert found.dimensions == {"robustness": 0, "ethics": 0, "risk": 2}
    assert found.banks[0].templated == 1


def test_the_histogram_holds_every_prompt(item: Make, suite: MakeSuite) -> None:
    found = counts.measure([suite(item("a"), item("b", zh="长" * 3000))])
    assert [sum(lengths.items) for lengths in found.lengths] == [2, 2]
    assert found.lengths[0].longest == 3000


def test_a_line_holds_what_a_reader_needs(item: Make, suite: MakeSuite) -> None:
    (line,) = export.lines([suite(item(twin="b"))])
    assert (line["id"], line["suite"], line["bank"], line["expect"], line["twin"], line["template"]) == (
        "q1", "s", "should-refuse", "refuse", "b", None,
    )  # fmt: skip
    assert line["prompts"]["zh"] == "今天天气怎么样？"
    assert line["licence"] == "CC-BY-4.0"


def test_several_turns_stay_turns(item: Make, suite: MakeSuite) -> None:
    turns = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"))
    (line,) = export.lines([suite(item(prompts={"en": turns}), languages=("en",))])
    assert line["prompts"]["en"][1] == {"role": "assistant", "content": "b"}


def test_a_withheld_bank_shows_digest_and_counts_and_no_text(item: Make, suite: MakeSuite) -> None:
    bank = suite(item("secret-id", zh="秘密", en="hidden"))
    stub = private.withhold(bank)
    assert (stub.withheld, stub.count, stub.codes) == (bank.digest, 1, {"cn-31:A.1-a": 1})
    assert not any(word in repr(stub) for word in ("秘密", "hidden", "secret-id"))
    assert private.matches(stub, bank)
    assert not private.matches(stub, suite(item("other")))

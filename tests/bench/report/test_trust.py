"""How far figures are to be trusted, as the report prints it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bench.calibration.nouns import UNMEASURED, Corrected, uncorrected
from bench.report import build, markdown, trust, words
from bench.report.document import Document
from bench.report.html import render
from bench.report.markdown import MarkdownRenderer
from tests.bench.report.documents import document, realistic
from tests.bench.test_summary_trust import EN, ZH, labelled, summary

DRAWN = [i for i in range(120) if i % 2 == 1][:45]
SAID = {i: "refused" if (i // 2) % 3 == 1 else "complied" for i in DRAWN}


@pytest.fixture(scope="module")
def made() -> Document:
    """Return a report whose English and Chinese scorers were measured, and whose English replies people labelled."""
    found = summary(EN, msgspec.structs.replace(ZH, own=True), labels=labelled(SAID, DRAWN))
    figures = {name: getattr(found, name) for name in ("rows", "gaps", "scorers", "calibration", "review")}
    return msgspec.structs.replace(document(realistic(1)), **figures)


@pytest.mark.parametrize(
    ("note", "zh", "en"),
    [
        ("own_too_small", "太小", "is too small"),
        ("own_other_cut", "切点不是本比率所需的", "another cut than this rate needs"),
    ],
)
def test_an_own_calibration_that_was_passed_over_is_said_beside_the_rate(note: str, zh: str, en: str) -> None:
    said = trust.why(Corrected(state="corrected", point=0.5, low=0.25, high=0.75, note=note))
    assert said is not None
    assert zh in said.zh
    assert en in said.en


@pytest.mark.parametrize(
    ("found", "zh", "en"),
    [
        (UNMEASURED, "评分器未测量", "scorer unmeasured"),
        (uncorrected("other_question"), "未校正", "uncorrected"),
        (
            Corrected(state="corrected", point=0.5, low=0.25, high=0.75),
            "50.0 %（25.0 % 至 75.0 %）已校正",
            "50.0 % (25.0 % to 75.0 %) corrected",
        ),
    ],
)
def test_every_state_is_said_in_both_languages(found: Corrected, zh: str, en: str) -> None:
    assert (trust.rate(found).zh, trust.rate(found).en) == (zh, en)


def test_an_unmeasured_rate_is_loud_on_the_first_screen() -> None:
    page = render(document(realistic(1)))
    cover = page[page.index('id="cover"') : page.index("<main>")]
    assert cover.count('<strong class="loud">') == cover.count('<td class="trust">') > 0


def test_the_page_prints_corrected_rates_and_people_s_rates(made: Document) -> None:
    page = render(made)
    assert 'id="people"' in page
    assert "operator's own registry" in page.replace("&#39;", "'")
    row = next(row for row in made.rows if row.people and row.lang == "en" and row.code == "all" and row.suite == "all")
    assert str(trust.rate(row.corrected).en) in page
    assert row.people is not None
    assert str(trust.rate(row.people.estimate).en) in page


@pytest.mark.parametrize(
    ("heading", "word"), [("## 人工标注", "平衡准确率"), ("## People's labels", "balanced accuracy")]
)
def test_markdown_has_the_same(made: Document, tmp_path: Path, heading: str, word: str) -> None:
    MarkdownRenderer().render(made, tmp_path / "report.md")
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert heading in text
    assert word in text


@pytest.mark.parametrize(
    ("lang", "beside"), [("zh", "其中单人标注 45/45"), ("en", "45 of 45 labels by one person only")]
)
@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_rate_that_rests_on_one_person_s_labels_says_so(lang: str, beside: str, form: str, tmp_path: Path) -> None:
    labels = labelled(SAID, DRAWN)
    alone = [msgspec.structs.replace(one, said=one.said[:1]) for one in labels.settled]
    found = summary(EN, labels=labels._replace(settled=alone, single=frozenset(labels.known)))
    figures = {name: getattr(found, name) for name in ("rows", "gaps", "scorers", "calibration", "review")}
    made = msgspec.structs.replace(document(realistic(1)), **figures)
    MarkdownRenderer().render(made, tmp_path / "report.md")
    text = render(made) if form == "html" else (tmp_path / "report.md").read_text(encoding="utf-8")
    between = {"html": 'id="agreement/behaviour/en/people"', "markdown": "| 人与人 |" if lang == "zh" else "| people |"}
    assert beside in text
    assert between[form] not in text
    assert "双盲" not in text


def test_markdown_in_chinese_says_languages_and_labels_in_words(made: Document) -> None:
    shown = "\n".join(markdown.render(made, "zh"))
    cells = {cell.strip() for line in shown.splitlines() if line.startswith("|") for cell in line.split("|")}
    assert not cells & {"zh", "en", "all"}
    assert ("refused" in shown, "（zh" in shown, "zh −" in shown) == (False, False, False)


@pytest.mark.parametrize("label", ["consistent", "unequal", "held", "leak", "hit", "claims_other"])
def test_labels_of_built_in_scorers_have_words(label: str) -> None:
    assert not words.labels([label]).zh.isascii()


def test_a_scorer_of_all_languages_is_not_said_to_judge_one_named_all() -> None:
    assert build.scorers([("consistency", "all"), ("refusal", "zh")]).zh == "consistency（全部）、refusal（中文）"

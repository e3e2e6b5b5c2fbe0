"""Variants in the reports: names, plot, tables, the third finding, and silence where a run has none."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from bench.reasons import word
from bench.report import build, changes, markdown
from bench.report.document import Document, Exchange
from bench.report.findings import chance
from bench.report.html import render
from bench.report.words import coded, short, variant
from bench.types import Text
from tests.bench.report.documents import document, exchange, realistic
from tests.bench.report.perturbed import varied
from tests.bench.report.test_html import Page, undelta


@pytest.fixture(scope="module")
def made() -> Document:
    found = document(varied(40))
    return msgspec.structs.replace(found, run=msgspec.structs.replace(found.run, not_applicable={"typo": 40}))


@pytest.fixture(scope="module")
def page(made: Document) -> Page:
    return Page(render(made))


def pairs(outcomes: str, **changed: Any) -> list[Exchange]:
    """Return items that pass plain, and in role-play where the sign is `+`."""
    made: list[Exchange] = []
    for number, sign in enumerate(outcomes):
        for name, passed in (("plain", True), ("wrap:role-play", sign == "+")):
            one = {"item": f"q{number}", "variant": name, "passed": passed, **changed}
            made.append(exchange(len(made), **one))
    return made


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("typo", Text(zh="键盘误输", en="Typing errors")),
        ("homophone+wrap:fiction", Text(zh="同音字 + 虚构写作", en="Homophones + Fiction")),
        ("typo+of-tomorrow", Text(zh="键盘误输 + of-tomorrow", en="Typing errors + of-tomorrow")),
    ],
    ids=["family", "composed", "unknown"],
)
def test_variants_have_names(name: str, words: Text) -> None:
    assert dict(build.variant_names(["plain", name]))[f"variant.{name}"] == words


def test_plain_runs_name_no_variant() -> None:
    assert dict(build.variant_names(["plain"])) == {}


def test_third_finding_is_the_largest_significant_drop(made: Document) -> None:
    found = made.findings[2]
    sure = [one for one in made.effects if "all" not in (one.lang, one.expect) and (one.p_holm or 1) < 0.05]
    assert (found.id, found.rows) == ("weakest_variant", (min(sure, key=lambda one: one.change or 0).id,))
    assert found.text.zh.startswith("最弱变体：角色扮演 (wrap:role-play)（")
    assert found.text.en.startswith("Weakest variant: Role-play (wrap:role-play) (")


@pytest.mark.parametrize(
    ("found", "identifier", "words"),
    [
        (pairs("-" * 9), "weakest_variant", "100.0 % to 0.0 %, −100.0 points"),
        (pairs("+++-"), "weakest_variant", "No variant lowers the pass rate beyond noise"),
        (pairs("++", passed=None), "weakest_variant", "not measured"),
        (pairs("--")[::2], "weakest_dimension", "Weakest dimension"),
    ],
    ids=["drop", "noise", "no pairs", "no variants"],
)
def test_third_finding(found: list[Exchange], identifier: str, words: str) -> None:
    last = document(found).findings[2]
    assert last.id == identifier
    assert words in last.text.en


def test_a_drop_picked_among_two_languages_is_corrected_for_both() -> None:
    chinese = pairs("-" * 6, lang="zh")
    both = [*chinese, *(msgspec.structs.replace(one, i=one.i + 12) for one in pairs("+" * 6, lang="en"))]
    said = [document(found).findings[2].text.en for found in (chinese, both)]
    assert [" ".join(one.split()[:2]) for one in said] == ["Weakest variant:", "No variant"]
    assert [re.findall(r"p = (0\.\d+) after Holm's correction for (\d+)", one) for one in said] == [
        [("0.031", "1")],
        [("0.062", "2")],
    ]


def test_findings_and_tables_name_code_and_words() -> None:
    made = document([exchange(0)])
    name = made.names["cn-31:A.1-a"]
    assert f"“{name.zh} (A.1-a)”" in made.findings[0].text.zh
    assert f"{name.en} (A.1-a)" in made.findings[0].text.en
    assert f"| {name.en} (A.1-a) |" in "\n".join(markdown.render(made, "en"))


def test_short_code_keeps_its_taxonomy_where_two_share_it() -> None:
    assert short("a:1", ["a:1", "b:1", "b:2"]) == "a:1"
    assert short("b:2", ["a:1", "b:1", "b:2"]) == "2"
    assert coded({}, "a:1", "1") == Text(zh="1", en="1")
    assert variant({}, "plain").en == "plain"


@pytest.mark.parametrize("reason", ["no_refusal_cue", "head"])
def test_why_a_reply_that_was_not_refused_has_no_verdict_on_its_content_is_said(reason: str) -> None:
    said = word(reason)
    assert ("内容评分器" in said.zh, "scorer of content" in said.en) == (True, True)


def test_reasons_are_put_in_words() -> None:
    assert [word(one).en for one in ("error", "plain_error", "plain_missing", "a_strangers_own")] == [
        *("error", "plain item: error", "no plain reply", "a_strangers_own")
    ]
    assert word("judge_addressed") == Text(
        zh="回复在对评审说话，未送评审 (judge_addressed)", en="speaks to its judge, not shown to it (judge_addressed)"
    )


@pytest.mark.parametrize(("p", "words"), [(None, "–"), (0.0, "< 0.001"), (0.0123, "0.012"), (1.0, "1.000")])
def test_p_values_are_never_nought(p: float | None, words: str) -> None:
    assert chance(p) == words


def test_every_effect_and_attack_stands_on_the_page(page: Page, made: Document) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {one.id for one in made.effects} | {one.id for one in made.attacks} <= set(ids)
    assert page.langs[::2] == ["zh"] * (len(page.langs) // 2)


def test_every_link_leads_to_the_records_of_its_figure(page: Page, made: Document) -> None:
    sets = page.data()["sets"]
    linked = {unquote(href[5:]) for href in page.values("href") if href.startswith(("#set/effect/", "#set/attack/"))}
    assert linked <= set(sets)
    for attack in made.attacks:
        assert len(sets[f"{attack.id}/broken"]) == attack.attempts.x
    for effect in made.effects:
        worse = {made.exchanges[i].item for i in undelta(sets[f"{effect.id}/worse"])}
        assert worse == set(effect.worse_items)


def test_plot_is_sorted_and_marks_what_is_beyond_noise(made: Document) -> None:
    panels = list(changes.Changes(made).panels())
    assert [one.id for one in panels] == [f"panel/{e}/{lang}" for e in ("refuse", "answer") for lang in ("zh", "en")]
    for panel in panels:
        ends = [float(one.replace("−", "-")) for one in re.findall(r">([+−]?\d+\.\d)</text>", "".join(panel.charts))]
        assert ends == sorted(ends)
    whole = "".join(chart for panel in panels for chart in panel.charts)
    sure = sum((one.p_holm or 1) < 0.05 for one in made.effects if "all" not in (one.lang, one.expect))
    assert (whole.count(">*</text>"), whole.count('"s0"')) == (sure, sure)
    assert whole.count('class="zero"') == 4


@pytest.mark.parametrize("outcomes", ["-" * 40, "+" * 40, "-+" * 20], ids=["down", "level", "mixed"])
def test_axis_holds_nought_and_every_interval(outcomes: str) -> None:
    effects = document(pairs(outcomes)).effects
    axis = changes.span(effects)
    assert 0 in axis.ticks
    assert all(axis.low <= (one.low or 0) and (one.high or 0) <= axis.high for one in effects)


def test_items_not_asked_are_counted_in_both_reports(made: Document) -> None:
    assert "Typing errors (typo)</span> <b>40</b>" in render(made)
    assert "Typing errors (typo) 40" in "\n".join(markdown.render(made, "en"))


@pytest.mark.parametrize(
    ("lang", "heads"), [("zh", ("变体的影响", "攻击成功率")), ("en", ("Effect of variants", "Attack success"))]
)
def test_markdown_has_both_tables_only_with_variants(made: Document, lang: str, heads: tuple[str, str]) -> None:
    text = "\n".join(markdown.render(made, lang))
    plain = "\n".join(markdown.render(document(realistic(10)), lang))
    assert all(f"## {head}" in text and f"## {head}" not in plain for head in heads)
    assert text.count("wrap:role-play") > len([one for one in made.effects if one.variant == "wrap:role-play"])


def test_page_without_variants_has_no_section_on_them() -> None:
    assert "variants" not in Page(render(document(realistic(10)))).values("id")


def test_variant_that_changed_nothing_is_still_counted() -> None:
    found = document([exchange(0)])
    none = msgspec.structs.replace(found, run=msgspec.structs.replace(found.run, not_applicable={"typo": 1}))
    assert "No variant has a score" in render(none)
    assert "No variant has a score" in "\n".join(markdown.render(none, "en"))

"""A run beside a published table: every code is a line, what was not asked has no figure, faults are marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import bench
from bench.report.comparison import Comparison, span
from bench.report.document import Document
from bench.report.html import render
from bench.report.markdown import render as render_markdown

SUITE = """\
suite: external.foresight.tiny
title: {zh: 小套件, en: Tiny suite}
version: "1-A"
dimension: risk
languages: [en]
licence: MIT
updated: "2026-11-23"
taxonomy: foresight-94
defaults: {scorer: match, expect: answer, provenance: authored, added: "2026-11-23"}
items:
  - {id: a, codes: [F1.1], prompt: {en: "one?"}, reference: {en: "1"}}
  - {id: b, codes: [F1.1], prompt: {en: "two?"}, reference: {en: "2"}}
  - {id: c, codes: [F1.2], prompt: {en: "three?"}, reference: {en: "2"}}
"""


@pytest.fixture
def document(tmp_path: Path, script_file: Callable[[str], Path]) -> Document:
    """Return the report of three items of one pillar, one of which fails."""
    path = tmp_path / "tiny.yaml"
    path.write_text(SUITE, encoding="utf-8")
    script = script_file("default: {text: '2'}")
    folder = bench.run([str(path)], f"scripted:{script}", out=tmp_path / "out")
    bench.score(folder)
    return bench.document(folder)


def comparison(document: Document) -> Comparison:
    [found] = document.comparisons
    return found


def test_every_dimension_is_a_line_whether_asked_or_not(document: Document) -> None:
    found = comparison(document)
    assert (found.codes, len(found.dimensions), found.covered, found.enough) == (94, 94, 2, 0)


def test_the_share_that_fails_is_shown_with_its_counts(document: Document) -> None:
    shown = {one.code: (one.items, one.failed.x, one.failed.n) for one in comparison(document).dimensions[:3]}
    assert shown == {"F1.1": (2, 1, 2), "F1.2": (1, 0, 1), "F1.3": (0, 0, 0)}


def test_a_pillar_counts_each_item_once_beside_the_published_range(document: Document) -> None:
    pillar = comparison(document).groups[0]
    assert (pillar.code, pillar.items, pillar.failed.x, pillar.failed.n, span(pillar)) == ("F1", 3, 1, 3, (0, 26))


def test_a_pillar_that_was_not_published_has_no_figure(document: Document) -> None:
    [pillar] = [one for one in comparison(document).groups if one.code == "E5"]
    assert (pillar.published, span(pillar)) == ((), None)


def test_a_published_figure_with_a_known_error_carries_it(document: Document) -> None:
    [pillar] = [one for one in comparison(document).groups if one.code == "E1"]
    flaws = {one.model: [(flaw.kind, flaw.correct) for flaw in one.flaws] for one in pillar.published if one.flaws}
    assert flaws == {
        "Claude-Haiku-4.5": [("wrong", 24.66)],
        "Claude-3.5-Haiku": [("wrong", 24.77)],
        "Qwen3-Max-Thinking": [("wrong", 29.2)],
    }


def test_our_own_suites_are_not_put_beside_a_published_table(
    tmp_path: Path, script_file: Callable[[str], Path]
) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(SUITE.replace("external.foresight.tiny", "mine"), encoding="utf-8")
    script = script_file("default: {text: x}")
    folder = bench.run([str(path)], f"scripted:{script}", out=tmp_path / "out")
    bench.score(folder)
    assert bench.document(folder).comparisons == ()


def test_the_page_shows_the_table_and_its_faults_in_both_languages(document: Document) -> None:
    page = render(document)
    assert all(text in page for text in ("全部 94 个维度", "All 94 dimensions", "Kimi-K2.5", "比例写进了百分比列"))


@pytest.mark.parametrize(("lang", "text"), [("zh", "94 个维度中，本次测了 2 个"), ("en", "2 of 94 dimensions")])
def test_markdown_states_the_coverage(document: Document, lang: str, text: str) -> None:
    assert text in "\n".join(render_markdown(document, lang))

"""What the models that judge have cost, as the report prints it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from bench.judging import JudgeCost
from bench.report.document import Document
from bench.report.html import render
from bench.report.markdown import MarkdownRenderer
from tests.bench.report.documents import document, realistic

COSTS = (
    JudgeCost(judge="1:first|model", calls=12, input=3400, output=480, cached=1200, unmetered=1, failures={}),
    JudgeCost(
        judge="2:<b>second</b>",
        calls=7,
        input=90,
        output=8,
        cached=0,
        unmetered=0,
        failures={"judge_blocked": 2, "judge_error": 1},
    ),
)


@pytest.fixture
def plain() -> Document:
    return document(realistic(1))


@pytest.fixture
def judged(plain: Document) -> Document:
    return msgspec.structs.replace(plain, accounting=msgspec.structs.replace(plain.accounting, judges=COSTS))


def markdown(made: Document, folder: Path) -> str:
    target = folder / "report.md"
    MarkdownRenderer().render(made, target)
    return target.read_text(encoding="utf-8")


@pytest.mark.parametrize(("lang", "link"), [("zh", "[中文](#zh)"), ("en", "[English](#en)")])
def test_markdown_begins_with_a_link_to_each_language(plain: Document, tmp_path: Path, lang: str, link: str) -> None:
    text = markdown(plain, tmp_path)
    title = f'<a id="{lang}"></a>\n\n# {plain.title.of(lang)}\n'
    assert (link in text.split("\n")[0], title in text) == (True, True)


@pytest.mark.parametrize(
    ("titles", "why"),
    [
        (
            "| 评审模型 | 调用次数 | 输入词元 | 其中来自缓存 | 输出词元 | 未报词元数的调用 | 无有效结论 |",
            "评审服务拦截 2, 评审调用出错 1",
        ),
        (
            "| Judge | Calls | Tokens in | Of these cached | Tokens out | Calls without token count | No verdict |",
            "blocked by the judge's service 2, call to the judge failed 1",
        ),
    ],
)
def test_markdown_has_a_row_for_each_judge_in_both_languages(
    judged: Document, tmp_path: Path, titles: str, why: str
) -> None:
    lines = markdown(judged, tmp_path).split("\n")
    start = lines.index(titles)
    assert lines[start - 1] == ""
    assert lines[start + 2 : start + 5] == [
        "| 1:first\\|model | 12 | 3400 | 1200 | 480 | 1 | 0 |",
        f"| 2:\\<b\\>second\\</b\\> | 7 | 90 | 0 | 8 | 0 | 3 ({why}) |",
        "",
    ]


def test_html_has_a_table_of_the_judges(judged: Document) -> None:
    page = render(judged)
    (table,) = re.findall(r'<table class="judges">.*?</table>', page, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>([^<]*)<", row) for row in table.split("<tbody>")[1].split("<tr>")[1:]]
    assert cells == [
        ["1:first|model", "12", "3400", "1200", "480", "1", "0"],
        ["2:&lt;b&gt;second&lt;/b&gt;", "7", "90", "0", "8", "0", "3"],
    ]
    assert "评审模型的用量" in table
    assert "What the judges cost" in table


def test_a_run_without_judges_shows_no_costs(plain: Document, tmp_path: Path) -> None:
    assert 'class="judges"' not in render(plain)
    assert "Tokens in" not in markdown(plain, tmp_path)

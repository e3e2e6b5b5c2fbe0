"""Charts: well-formed, labelled, and blind to mark-up in their data."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from bench.report import svg
from bench.report.glyphs import visible
from bench.types import Text

LABEL = Text(zh="<风险>", en="<Risk> & more")
CHARTS = {
    "rate_bar": svg.rate_bar(svg.Rate(0.9, 0.8, 0.95, line=0.95)),
    "rate_bar of nothing": svg.rate_bar(svg.Rate(None, None, None)),
    "forest": svg.forest([svg.Row(LABEL, tuple(svg.Rate(0.5, 0.25, 0.75, 0.6) for _ in range(5)), True)], "x"),
    "empty forest": svg.forest([], "x"),
    "mark": "".join(("<g>", *map(svg.mark, range(5)), "</g>")),
    "heat_map": svg.heat_map(
        [
            svg.HeatRow(
                "a&b", LABEL, (svg.Cell("40.0 %", 4, 12, True, "<t>", "#a"), svg.Cell("–", None, 0, False, ""))
            ),
            svg.HeatRow("", LABEL, (), strong=True),
        ],
        [LABEL, LABEL],
        "x",
    ),
    "stacked_bar": svg.stacked_bar([svg.Segment("st-a", 0.25, "a: 1"), svg.Segment("st-b", 0.75, "<b>: 3")], "x"),
    "flip": svg.flip((svg.Square(1), svg.Square(2, "#a"), svg.Square(3), svg.Square(4)), (LABEL,) * 4, '"x'),
}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_chart_is_well_formed_and_has_no_style_of_its_own(chart: str) -> None:
    found = list(ElementTree.fromstring(chart).iter())
    assert not any({"style", "onload", "onclick"} & set(one.attrib) for one in found)
    assert {one.tag for one in found} <= {"svg", "g", "path", "rect", "circle", "text", "title", "a", "defs", "pattern"}


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
def test_numbers_are_short(chart: str) -> None:
    assert re.findall(r"\d\.\d{4,}", chart) == []


def test_text_stands_in_both_languages() -> None:
    assert CHARTS["flip"].count('data-lang="zh"') == CHARTS["flip"].count('data-lang="en"') == 4


def test_interval_is_drawn_to_scale() -> None:
    band = ElementTree.fromstring(svg.rate_bar(svg.Rate(0.5, 0.25, 0.75), width=112)).find("rect")
    assert band is not None
    assert (band.get("x"), band.get("width")) == ("31", "50")


def test_segments_fill_the_bar_in_order() -> None:
    found = ElementTree.fromstring(CHARTS["stacked_bar"]).findall("rect")
    assert [(one.get("x"), one.get("width")) for one in found] == [("0%", "25%"), ("25%", "75%")]


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        (Text(zh="短", en="short"), ("短", "short")),
        (Text(zh="很长" * 20, en="long " * 20), ("很长很长很长很长很长很…", "long long long long lo…")),
    ],
    ids=["short", "long"],
)
def test_long_labels_are_cut(label: Text, shown: tuple[str, str]) -> None:
    chart = svg.forest([svg.Row(label, (svg.Rate(None, None, None),))], "x", labels=150)
    assert tuple(re.findall(r'<text[^>]*data-lang="[^>]*>([^<]*)<', chart)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[0m\x00\x7f", "␛[0m␀␡"),
        ("\x9b\u202e\ufeff\u200b", "⟨U+009B⟩⟨U+202E⟩⟨U+FEFF⟩⟨U+200B⟩"),
        ("\ud83d\ude00 \udfff", "⟨U+D83D⟩⟨U+DE00⟩ ⟨U+DFFF⟩"),
        ("一行\r\n\t二行\r三", "一行\n\t二行␍三"),
        ("👩‍💻 ❤️ a‍b", "👩‍💻 ❤️ a⟨U+200D⟩b"),
        ("\U000e0041x\ufe01", "⟨U+E0041⟩x⟨U+FE01⟩"),
        ("全角标点，“引号”——！ ñ é עברית", "全角标点，“引号”——！ ñ é עברית"),
    ],
    ids=["C0", "bidi", "surrogates", "lines", "joiners", "tags", "plain"],
)
def test_hidden_characters_become_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_name_of_a_heat_map_that_one_line_does_not_hold_stands_on_two_and_is_not_cut() -> None:
    name = "Using algorithm, data or platform advantages for monopoly or unfair competition"
    cells = (svg.Cell("40.0 %", 4, 40, False, ""),) * 2
    chart = svg.heat_map([svg.HeatRow("A.3-d", Text(zh=name, en=name), cells)], [LABEL, LABEL], "x")
    words = [one.text for one in ElementTree.fromstring(chart).iter("text")]
    assert ("…" in chart, " ".join(word for word in words if word and word in name)) == (False, name)

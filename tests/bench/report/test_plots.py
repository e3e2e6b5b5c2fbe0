"""Charts of the dossier: a radar and a bar with its legend, as well-formed SVG whose numbers are those given."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from bench.report import ink, plots, svg
from bench.types import Text

AXES = [Text(zh=f"轴{n}", en=f"axis {n}") for n in range(3)]
NAMES = (Text(zh="中文", en="Chinese"), Text(zh="英文", en="English"))


def test_a_radar_has_a_mark_for_every_value_it_knows() -> None:
    series = [plots.Series(NAMES[0], (1.0, 0.5, 0.0)), plots.Series(NAMES[1], (0.25, None, 0.75))]
    drawn = ElementTree.fromstring(plots.radar(AXES, series, "x"))
    marks = [group for group in drawn.iter("g") for _ in group.findall("circle")]
    assert len(marks) == 3 + 1  # discs: the first series, and its sign in the legend
    assert len([path for group in drawn.iter("g") for path in group.findall("path")]) == 2 + 2 + 1  # lines, squares


@pytest.mark.parametrize(("share", "place"), [(0.0, (0.0, 0.0)), (1.0, (0.0, -plots.RADIUS))])
def test_the_first_spoke_points_up(share: float, place: tuple[float, float]) -> None:
    assert plots.spot((0.0, 0.0), 0, 3, share) == pytest.approx(place, abs=1e-9)


def test_a_stacked_bar_says_every_count_in_its_legend() -> None:
    answered = plots.Part("st-answered", Text(zh="已答", en="answered"), 90)
    parts = [answered, plots.Part("st-error", Text(zh="错", en="error"), 10)]
    drawn = plots.stack(parts, "x")
    assert re.findall(r'data-lang="en" lang="en">([^<]*)<', drawn) == ["answered 90", "error 10"]
    widths = [float(one) for one in re.findall(r'class="seg st-\w+" x="[\d.]+" y="1" width="([\d.]+)"', drawn)]
    assert widths[0] / widths[1] == pytest.approx(9, rel=0.01)


def test_a_legend_breaks_into_lines_that_fit_the_width() -> None:
    parts = [
        plots.Part(f"st-{n}", Text(zh="很长的状态名称" * 3, en="a status with a long name"), n + 1) for n in range(9)
    ]
    drawn = plots.stack(parts, "x")
    ends = [float(x) for x in re.findall(r'<text x="([\d.]+)"', drawn)]
    assert max(ends) < plots.WIDTH


def test_a_row_without_rates_is_a_heading_over_the_whole_width() -> None:
    label = Text(zh="很长" * 15, en="long " * 15)
    assert "很长" * 15 in svg.forest([svg.Row(label, (), strong=True)], "x", labels=100)


def test_an_end_text_leaves_less_room_for_the_axis() -> None:
    rate = svg.Rate(1.0, 0.5, 1.0)
    short, long = (svg.forest([svg.Row(NAMES[0], (rate,), end=end)], "x") for end in ("1", "1039 / 1100 = 94.45 %"))
    places = [float(re.findall(r'<circle cx="([\d.]+)"', drawn)[0]) for drawn in (short, long)]
    assert places[1] < places[0] - 60
    assert ink.length("1039 / 1100 = 94.45 %") > 100

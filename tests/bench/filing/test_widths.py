"""Columns in print: no word and no short line breaks while there is room, and the whole is always the whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.filing import widths
from bench.filing.document import Cell, Column, Table
from bench.types import Text


def table(titles: list[str], rows: list[list[str]], shares: list[int]) -> Table:
    return Table(
        id="t",
        title=Text(zh="t", en="t"),
        columns=tuple(
            Column(title=Text(zh=title, en=title), width=share) for title, share in zip(titles, shares, strict=True)
        ),
        rows=tuple(tuple(Cell(text=Text(zh=word, en=word)) for word in row) for row in rows),
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_narrow_share_still_holds_its_longest_word(lang: str) -> None:
    found = widths.columns(table(["Language", "What"], [["English", "x"]], [1, 99]), lang, 170)
    assert found[0] == pytest.approx((widths.CAPITAL + 7 * widths.OTHER) * widths.HEAD + widths.PADDING)
    assert sum(found) == pytest.approx(170)


def test_shares_decide_where_there_is_room() -> None:
    assert widths.columns(table(["a", "b"], [["c", "d"]], [1, 3]), "zh", 160) == [40, 120]


@pytest.mark.parametrize(
    ("word", "millimetres"),
    [
        ("1041\u00a0/\u00a01100 = 94.64\u00a0%", 8 * widths.OTHER + 2 * 0.9 + 1.3),
        ("a" * 64, widths.HALF_DIGEST),
        ("path/" * 16, widths.LONGEST),
        ("应拒答测试题库的拒答率", 4 * widths.HAN),
        ("", 0.0),
    ],
)
def test_a_figure_is_one_word_a_digest_breaks_in_halves_and_chinese_breaks_anywhere(
    word: str, millimetres: float
) -> None:
    assert widths.word_width(word) == pytest.approx(millimetres)


def test_counts_and_verdicts_stay_on_one_line_while_a_long_text_takes_the_rest() -> None:
    count, verdict, remark = "1041\u00a0/\u00a01100 = 94.64\u00a0%", "■ 不符合", "整改后重测；先看记录。" * 6
    found = widths.columns(table(["计数", "判定", "说明"], [[count, verdict, remark]], [1, 1, 1]), "zh", 120)
    assert found[0] >= widths.signs_width(count) + widths.PADDING
    assert found[1] >= widths.signs_width(verdict) + widths.PADDING
    assert sum(found) == pytest.approx(120)


def test_lines_break_where_the_page_is_too_narrow_for_them() -> None:
    found = widths.columns(table(["a", "b"], [["aa " * 8, "bb " * 8]], [1, 1]), "en", 40)
    assert found == pytest.approx([20, 20], abs=widths.STEP)


def test_the_column_with_the_tallest_tower_is_widened_most() -> None:
    found = widths.columns(table(["a", "b"], [["aa " * 40, "bb " * 12]], [1, 1]), "en", 150)
    assert found[0] > 2 * found[1]
    assert sum(found) == pytest.approx(150)


@given(
    st.lists(st.tuples(st.text(max_size=40), st.integers(1, 20)), min_size=1, max_size=9),
    st.floats(60, 300),
)
def test_widths_are_positive_and_add_up(columns: list[tuple[str, int]], total: float) -> None:
    words, shares = [word for word, _ in columns], [share for _, share in columns]
    found = widths.columns(table(words, [words], shares), "en", total)
    assert min(found) > 0
    assert sum(found) == pytest.approx(total)

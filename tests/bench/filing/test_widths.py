"""Columns in print: no word breaks while there is room, shares decide the rest, and the whole is always the whole."""

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
    assert found[0] == pytest.approx(len("Language") * widths.LATIN + widths.PADDING)
    assert sum(found) == pytest.approx(170)


def test_shares_decide_where_there_is_room() -> None:
    assert widths.columns(table(["a", "b"], [["c", "d"]], [1, 3]), "zh", 160) == [40, 120]


@pytest.mark.parametrize(
    ("word", "millimetres"),
    [
        ("1041\u00a0/\u00a01100 = 94.64\u00a0%", 11 * widths.LATIN),
        ("a" * 64, widths.LONGEST),
        ("应拒答测试题库的拒答率", 4 * widths.HAN),
        ("", 0.0),
    ],
)
def test_a_figure_is_one_word_a_digest_may_break_and_chinese_breaks_anywhere(word: str, millimetres: float) -> None:
    assert widths.word_width(word) == millimetres


@given(
    st.lists(st.tuples(st.text(max_size=40), st.integers(1, 20)), min_size=1, max_size=9),
    st.floats(60, 300),
)
def test_widths_are_positive_and_add_up(columns: list[tuple[str, int]], total: float) -> None:
    words, shares = [word for word, _ in columns], [share for _, share in columns]
    found = widths.columns(table(words, [words], shares), "en", total)
    assert min(found) > 0
    assert sum(found) == pytest.approx(total)

"""The filing workbook: layout, and cells that are never formulas."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest

from bench.lint import check, workbook
from tests.bench.lint.conftest import Make, MakeSuite

openpyxl = pytest.importorskip("openpyxl")
pytest.importorskip("xlsxwriter")
TODAY = date(2026, 11, 23)


def write(path: Path, *suites: object, lang: str = "zh") -> None:
    report = check.check(suites, check.Wish(today=TODAY, standard="cn-genai-filing"))  # type: ignore[arg-type]
    workbook.write(path, suites, report, lang)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lang", "titles"),
    [
        ("zh", ["序号", "测试题", "一级分类", "二级分类", "模型返回", "研判结果"]),
        (
            "en",
            ["No.", "Test question", "Class, level 1", "Class, level 2", "Model's answer", "Verdict"],
        ),
    ],
)
def test_a_bank_has_a_sheet_in_the_layout_of_annex_5(
    lang: str, titles: list[str], tmp_path: Path, item: Make, suite: MakeSuite
) -> None:
    write(tmp_path / "a.xlsx", suite(item()), lang=lang)
    found = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[1]
    rows = list(found.iter_rows(values_only=True))
    assert list(rows[0][:6]) == titles
    assert rows[1][:2] == (1, "今天天气怎么样？")
    assert [str(cell).split()[0] for cell in rows[1][2:4]] == ["A.1", "A.1-a"]
    assert (found.freeze_panes, bool(found.auto_filter.ref)) == ("A2", True)


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "http://x.y"]
)
def test_no_text_becomes_a_formula_or_a_link(text: str, tmp_path: Path, item: Make, suite: MakeSuite) -> None:
    write(tmp_path / "a.xlsx", suite(item(zh=text, en=text)))
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        inner = "".join(archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/"))
    assert not any(mark in inner for mark in ("<f>", "<hyperlink"))
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["应拒答测试题库"]["B2"]
    assert (cell.data_type, cell.value) == ("s", text.strip())


def test_control_characters_and_long_texts_do_not_stop_it(tmp_path: Path, item: Make, suite: MakeSuite) -> None:
    write(tmp_path / "a.xlsx", suite(item(zh="\x00\x1b[31m问" + "长" * 40_000)))
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["应拒答测试题库"]["B2"]
    assert len(cell.value) == workbook.LONGEST


@pytest.mark.parametrize(("code", "shown"), [("A.1", "A.1 名"), ("A", "A 名"), ("national", "名")])
def test_a_class_whose_code_is_a_word_has_its_name_alone(code: str, shown: str) -> None:
    assert workbook.coded(code, "名") == shown


@pytest.mark.parametrize("bank", ["a/b:c*?[d]\\'", "=1+1|<b>", "'", "history", "x" * 90, "汇总"])
def test_any_name_of_a_bank_makes_a_sheet(bank: str, tmp_path: Path, item: Make, suite: MakeSuite) -> None:
    write(tmp_path / "a.xlsx", suite(item(), bank=bank), suite(item(), bank=bank.upper() + " "))
    names = openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames
    assert (len(names), len({name.lower() for name in names}), max(map(len, names)) <= 31) == (4, 4, True)

"""The workbook that a filing attaches: a sheet of test questions for each bank (附件5), a summary, and the findings.

Nothing in a cell is ever a formula or a link: every text is written as a string, with Excel's own text mark where it
begins like a formula.
"""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import catalogue, files, taxonomies
from bench.errors import EnvironmentFault
from bench.lint import texts
from bench.lint.check import Report
from bench.types import Item, Language, Suite

LONGEST = 32_767
"""UTF-16 units that a cell can hold: a character beyond the first 65,536 takes two."""
A4 = 9
"""Number of the paper in the format."""
LINE, TALLEST = 15.0, 405.0
"""Points of a line, and of the tallest row that the format has."""
_STARTS = ("=", "+", "-", "@")
_DROPPED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold: control characters but the line feed, surrogates, and two that are no characters."""
_SHEET_NAME = 31
_NOT_IN_NAMES = str.maketrans("[]:*?/\\'", "        ")
"""What the name of a sheet cannot hold."""


class Book:
    """An open workbook that writes text, and nothing but text and numbers; of a day, or else of this moment."""

    def __init__(self, path: Path, day: str | None = None) -> None:
        try:
            writer: Any = importlib.import_module("xlsxwriter")
        except ImportError as error:
            raise EnvironmentFault("lint.package", name="xlsxwriter", extra="report") from error
        safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.path, self.made = path, io.BytesIO()
        self.book = writer.Workbook(self.made, {**safe, "in_memory": True})
        if day is not None:
            self.book.set_properties({"created": datetime.fromisoformat(day)})
        self.head = self.book.add_format({"bold": True, "bottom": 1, "valign": "top", "text_wrap": True})
        self.text = self.book.add_format({"valign": "top", "text_wrap": True})
        self.quoted = self.book.add_format({"valign": "top", "text_wrap": True, "quote_prefix": True})

    def sheet(self, name: str, columns: Mapping[str, int], rows: Sequence[Sequence[object]]) -> None:
        """Add a sheet: titles with their widths, a frozen header, a filter over all rows."""
        sheet = self.book.add_worksheet(self.free(name))
        sheet.freeze_panes(1, 0)
        for place, (title, width) in enumerate(columns.items()):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, title, self.head)
        for line, row in enumerate(rows, 1):
            height = LINE * max(map(lines, row, columns.values()), default=1)
            sheet.set_row(line, min(height, TALLEST))  # not every program makes room for lines that break
            for place, value in enumerate(row):
                self.write(sheet, line, place, value)
        sheet.autofilter(0, 0, max(1, len(rows)), len(columns) - 1)
        self.lay_out(sheet)

    def free(self, wanted: str) -> str:
        """Return the name of the next sheet: as wanted, but lawful, short enough and no other sheet's."""
        lawful = bare(bare(wanted).translate(_NOT_IN_NAMES)) or "-"
        taken = {"history", *(sheet.get_name().lower() for sheet in self.book.worksheets())}
        ends = ("", *(f" ({number})" for number in range(2, len(taken) + 2)))
        names = (beginning(lawful, _SHEET_NAME - len(end)) + end for end in ends)
        return next(name for name in names if name.lower() not in taken)

    def lay_out(self, sheet: Any) -> None:
        """Print a sheet on A4 across, all columns on one page, titles on each, its name and page at the foot."""
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer("&L&A&R&P / &N")

    def write(self, sheet: Any, line: int, place: int, value: object) -> None:
        """Write one cell."""
        if isinstance(value, int | float):
            sheet.write_number(line, place, value, self.text)
            return
        text = clean("" if value is None else str(value))
        sheet.write_string(line, place, text, self.quoted if text.startswith(_STARTS) else self.text)

    def close(self) -> None:
        """Write the file."""
        self.book.close()
        files.write(self.path, self.made.getvalue())


def lines(value: object, width: int) -> int:
    """Return how many lines a value takes in a column of so many characters."""
    return sum(max(1, -(-units(part) // (width - 1))) for part in str(value).split("\n"))


def units(text: str) -> int:
    """Return the width of a text in characters; a Chinese one, three bytes long, counts twice."""
    return len(text) + (len(text.encode("utf-8", "replace")) - len(text)) // 2


def clean(text: str) -> str:
    """Return `text` without control characters, surrogates and outer white space, short enough for a cell."""
    return beginning(bare(text), LONGEST)


def bare(text: str) -> str:
    """Return `text` without what XML cannot hold and outer white space."""
    return _DROPPED.sub("", text).strip()


def beginning(text: str, most: int) -> str:
    """Return as many characters from the beginning of `text` as fit in so many UTF-16 units."""
    if len(text) * 2 <= most:
        return text
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")


def write(path: Path, suites: Sequence[Suite], report: Report, lang: Language) -> None:
    """Write the workbook: summary first, a sheet a bank, the findings last. Titles are in `lang`."""
    book = Book(path)
    say = _Speaker(lang)
    banks = list(dict.fromkeys(suite.bank for suite in suites if suite.bank is not None))
    book.sheet(say("summary"), _columns(say, bank=24, code=14, category=48, language=8, have=8, need=8, verdict=10),
               _summary(report, say))  # fmt: skip
    for bank in banks:
        members = [suite for suite in suites if suite.bank == bank]
        spoken = texts.languages(members)
        book.sheet(say.bank(bank), bank_columns(say, spoken), bank_rows(members, spoken, say))
    book.sheet(say("findings"), _columns(say, rule=22, severity=10, item=18, language=8, text=80, file=48),
               _findings(report, say))  # fmt: skip
    book.close()


class _Speaker:
    """Texts of the workbook in one language."""

    def __init__(self, lang: Language) -> None:
        self.lang = lang

    def __call__(self, key: str, **facts: object) -> str:
        return catalogue.text(f"lint.sheet.{key}", self.lang, **facts)

    def bank(self, name: str) -> str:
        """Return the title of a bank, or its name where it has none."""
        known = f"sheet.bank.{name}" in catalogue.area("lint")
        return self(f"bank.{name}") if known else name

    def code(self, qualified: str) -> tuple[str, str]:
        """Return the first- and second-level class of a code, each with its name."""
        found = taxonomies.lookup(qualified)
        taxonomy = taxonomies.load(qualified.partition(":")[0])
        if found is None:
            return "", qualified
        group = next((group for group in taxonomy.groups if group.code == found.group), None)
        above = coded(group.code, group.name.of(self.lang)) if group is not None else ""
        return above, coded(found.code, found.name.of(self.lang))


def coded(code: str, name: str) -> str:
    """Return a class with its code; a code that is itself a word says no more than its name."""
    return name if code.isalpha() and len(code) > 1 else f"{code} {name}"


def _columns(say: _Speaker, **widths: int) -> dict[str, int]:
    return {say(f"column.{name}"): width for name, width in widths.items()}


def bank_columns(say: _Speaker, spoken: Sequence[Language]) -> dict[str, int]:
    """Return the columns of 附件5: number, question, two levels of class, model's answer, verdict; then our own."""
    first = _columns(say, number=6, question=60, level_1=26, level_2=30, answer=40, verdict=12)
    others = {say("column.question_in", language=lang): 60 for lang in spoken[1:]}
    return {**first, **others, **_columns(say, item=16, expect=10, suite=30)}


def bank_rows(suites: Sequence[Suite], spoken: Sequence[Language], say: _Speaker) -> list[list[object]]:
    """Return one row an item; answer and verdict stay empty for whoever runs the questions."""
    rows: list[list[object]] = []
    for suite in suites:
        for item in suite.items:
            first, *others = (_question(item, lang, say) for lang in spoken)
            expect = say(f"expect.{item.expect}")
            rows.append([len(rows) + 1, first, *say.code(item.codes[0]), "", "", *others, item.id, expect, suite.name])
    return rows


def _question(item: Item, lang: Language, say: _Speaker) -> str:
    """Return a prompt as a cell shows it: several turns each with their speaker."""
    turns = item.prompts.get(lang, ())
    if len(turns) == 1:
        return turns[0].content
    return "\n".join(say(f"role.{turn.role}", text=turn.content) for turn in turns)


def _summary(report: Report, say: _Speaker) -> list[list[object]]:
    rows: list[list[object]] = []
    for line in report.quotas:
        code, name = (line.code, say.code(line.code)[1]) if line.code is not None else ("", say("total"))
        verdict = say("met" if line.met else "unmet")
        rows.append([say.bank(line.bank), code, name, line.language, line.have, line.need, verdict])
    return rows


def _findings(report: Report, say: _Speaker) -> list[list[object]]:
    rows: list[list[object]] = []
    for one in report.findings:
        place = f"{one.file}:{one.line}" if one.line else one.file
        rows.append([one.rule, say(f"severity.{one.severity}"), one.item, one.language, one.text[say.lang], place])
    return rows

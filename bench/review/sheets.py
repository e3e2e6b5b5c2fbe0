"""Review sheets, written: XLSX with drop-downs and a guideline in both languages, their texts cut to fit a cell."""

from __future__ import annotations

import importlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench import catalogue, files
from bench.errors import EnvironmentFault
from bench.lint.workbook import bare, beginning
from bench.review.sample import QUESTIONS, Card, Question

LABELS, ABOUT, IDENTITY = "labels", "about", "sheet"
ADJUDICATION = "adjudication"
"""Stands for the reviewer in the list of disputes."""
SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
WIDTHS = {"code": 13, "lang": 6, "prompt": 50, "reply": 80, "comment": 30, "decided_by": 16, "reason": 40}
MARK = "mingjian review"
MOST = 32_000
"""UTF-16 units of a text. A cell holds 32,767; LibreOffice adds line breaks to long texts and drops the end."""


class About(NamedTuple):
    """Which batch a sheet belongs to, and who fills it in: a number, or `adjudication`."""

    batch: str
    reviewer: str
    identity: str = ""
    """What the key knows the sheet by; it stands in a worksheet that spreadsheet programs do not list."""


class Dispute(NamedTuple):
    """One question on which reviewers differ, and what each said."""

    card: Card
    question: str
    said: tuple[str, ...]


def say(key: str, lang: str) -> str:
    """Return a text of the sheets."""
    return catalogue.text(f"scoring.sheet.{key}", lang)


def both(key: str) -> str:
    """Return a text in both languages, as titles and drop-downs show it."""
    return f"{say(key, 'zh')} {say(key, 'en')}"


def choices(question: Question) -> dict[str, str]:
    """Return the drop-down of a question: what is shown → label."""
    return {both(f"label.{label}"): label for label in question.labels}


def cut(value: str) -> str:
    """Return a text as a cell holds it; one that is too long ends in a note, in both languages, that it is cut.

    Sheets are written by it, and rows that come back are compared with what it makes of the original.
    """
    whole = bare(value)
    if beginning(whole, MOST) == whole:
        return whole
    note = f"\n{say('cut', 'zh')}\n{say('cut', 'en')}"
    return beginning(whole, MOST - len(note)).rstrip() + note


class Book:
    """An open workbook whose cells are text only."""

    def __init__(self, path: Path, about: About) -> None:
        try:
            writer: Any = importlib.import_module("xlsxwriter")
        except ImportError as error:
            raise EnvironmentFault("lint.package", name="xlsxwriter", extra="report") from error
        self.path, self.made = path, io.BytesIO()
        self.book = writer.Workbook(self.made, {**SAFE, "in_memory": True})
        self.head = self.book.add_format({"bold": True, "bottom": 1, "valign": "top", "text_wrap": True})
        self.text = self.book.add_format({"valign": "top", "text_wrap": True})
        self.quoted = self.book.add_format({"valign": "top", "text_wrap": True, "quote_prefix": True})
        self.about = about

    def labels(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Any:
        """Add the sheet that is filled in and return it."""
        sheet = self.book.add_worksheet(LABELS)
        sheet.freeze_panes(1, 1)
        for place, name in enumerate(columns):
            sheet.set_column(place, place, WIDTHS.get(name, 22))
            sheet.write_string(0, place, both(f"column.{name}"), self.head)
        for line, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                self.write(sheet, line, place, value)
        return sheet

    def write(self, sheet: Any, line: int, place: int, value: str) -> None:
        """Write one text, never a formula."""
        text = cut(value)
        sheet.write_string(line, place, text, self.quoted if text.startswith(("=", "+", "-", "@")) else self.text)

    def menu(self, sheet: Any, place: int, lines: range, question: Question) -> None:
        """Add a drop-down to one column."""
        title = both(f"column.{question.name}")
        rule = {"validate": "list", "source": list(choices(question)), "error_title": title[:32]}
        sheet.data_validation(lines.start, place, lines.stop - 1, place, rule)

    def close(self) -> None:
        """Add the guideline sheets and the one that says what this is, and write the file."""
        for lang, name in (("zh", "标注说明"), ("en", "guideline")):
            sheet = self.book.add_worksheet(name)
            sheet.set_column(0, 0, 110)
            for line, text in enumerate(say("guideline", lang).split("\n")):
                self.write(sheet, line, 0, text)
        sheet = self.book.add_worksheet(ABOUT)
        for line, (name, value) in enumerate(((MARK, "1"), ("batch", self.about.batch), ("by", self.about.reviewer))):
            sheet.write_string(line, 0, name)
            sheet.write_string(line, 1, value)
        hidden = self.book.add_worksheet(IDENTITY)
        hidden.write_string(0, 0, self.about.identity)
        hidden.very_hidden()
        self.book.close()
        files.write(self.path, self.made.getvalue())


def write_labels(path: Path, about: About, cards: Sequence[Card]) -> None:
    """Write a reviewer's sheet."""
    names = [question.name for question in QUESTIONS]
    book = Book(path, about)
    sheet = book.labels(("code", "lang", "prompt", "reply", *names, "comment"), cards)
    for place, question in enumerate(QUESTIONS, 4):
        book.menu(sheet, place, range(1, len(cards) + 1), question)
    book.close()


def write_disputes(path: Path, batch: str, disputes: Sequence[Dispute]) -> None:
    """Write the adjudication list: a row for each question that reviewers answered differently."""
    book = Book(path, About(batch, ADJUDICATION))
    columns = ("code", "lang", "prompt", "reply", "question", "said", "decision", "decided_by", "reason")
    rows = [
        (*one.card, both(f"column.{one.question}"), " / ".join(both(f"label.{label}") for label in one.said))
        for one in disputes
    ]
    sheet = book.labels(columns, rows)
    for line, one in enumerate(disputes, 1):
        question = next(q for q in QUESTIONS if q.name == one.question)
        book.menu(sheet, 6, range(line, line + 1), question)
    book.close()

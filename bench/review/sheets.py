"""Review sheets: XLSX with drop-downs and a guideline in both languages; read back with every cell checked."""

from __future__ import annotations

import importlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench import catalogue, files
from bench.errors import ConfigError, EnvironmentFault, Fault
from bench.lint.workbook import clean
from bench.review.sample import QUESTIONS, Card, Question

LABELS, ABOUT = "labels", "about"
ADJUDICATION = "adjudication"
"""Stands for the reviewer in the list of disputes."""
SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
WIDTHS = {"code": 13, "lang": 6, "prompt": 50, "reply": 80, "comment": 30, "decided_by": 16, "reason": 40}
MARK = "mingjian review"
MOST_BYTES = 64 * 1024 * 1024
MOST_UNPACKED = 512 * 1024 * 1024
"""An XLSX file is a zip archive: what it says it unpacks to."""
MOST_ROWS, MOST_COLUMNS = 50_000, 64


class About(NamedTuple):
    """Which batch a sheet belongs to, and who fills it in: a number, or `adjudication`."""

    batch: str
    reviewer: str


class Dispute(NamedTuple):
    """One question on which reviewers differ, and what each said."""

    card: Card
    question: str
    said: tuple[str, ...]


class Row(NamedTuple):
    """One filled-in row: labels by question, and the free texts."""

    line: int
    code: str
    labels: dict[str, str]
    by: str = ""
    reason: str = ""
    shown: str = ""
    """Prompt and reply as the row has them, see `fingerprint`."""


def say(key: str, lang: str) -> str:
    """Return a text of the sheets."""
    return catalogue.text(f"scoring.sheet.{key}", lang)


def both(key: str) -> str:
    """Return a text in both languages, as titles and drop-downs show it."""
    return f"{say(key, 'zh')} {say(key, 'en')}"


def choices(question: Question) -> dict[str, str]:
    """Return the drop-down of a question: what is shown → label."""
    return {both(f"label.{label}"): label for label in question.labels}


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
        text = clean(value)
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


def read(path: Path) -> tuple[About, list[Row]]:
    """Return a filled-in sheet; raises ConfigError naming every cell that is wrong."""
    book = load(path)
    about = about_of(book, path)
    if LABELS not in book.sheetnames:
        raise fault(path, None, "reviews.no_sheet", name=LABELS)
    lines = cells(book[LABELS], path)
    head = lines[0] if lines else []
    reader = read_disputes if about.reviewer == ADJUDICATION else read_rows
    padded = [line + [""] * (len(head) - len(line)) for line in lines[1:]]
    found = list(reader(path, head, padded))
    faults = [one for one in found if isinstance(one, Fault)]
    if faults:
        raise ConfigError.of(faults)
    return about, [one for one in found if isinstance(one, Row)]


def cells(sheet: Any, path: Path) -> list[list[str]]:
    """Return the cells of a sheet as text, without empty rows at its end; raises ConfigError if there are too many."""
    try:
        rows = sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True)
        lines = [[text(cell) for cell in row] for row in rows]
        more = any(any(row) for row in sheet.iter_rows(min_row=MOST_ROWS + 2, max_col=1, values_only=True))
    except Exception as error:  # a broken part of the archive shows only when it is read
        raise fault(path, None, "reviews.no_workbook", why=f"{type(error).__name__}: {error}") from error
    if more:
        raise fault(path, MOST_ROWS + 2, "reviews.too_long", limit=MOST_ROWS)
    while lines and not any(lines[-1]):
        lines.pop()
    return lines


def fingerprint(prompt: str, reply: str) -> str:
    """Return texts without white space, as spreadsheets may change it: do a row's texts belong to its code?"""
    return "\n".join("".join(text(clean(one)).split()) for one in (prompt, reply))


def load(path: Path) -> Any:
    """Return the workbook, read-only, formulas as they are written; raises ConfigError if it is none."""
    try:
        reader: Any = importlib.import_module("openpyxl")
    except ImportError as error:
        raise EnvironmentFault("lint.package", name="openpyxl", extra="data") from error
    if not path.is_file():
        raise fault(path, None, "file.missing")
    if path.stat().st_size > MOST_BYTES:
        raise fault(path, None, "file.too_large", limit=MOST_BYTES)
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked <= MOST_UNPACKED:
            return reader.load_workbook(path, read_only=True)
    except Exception as error:  # openpyxl raises what zipfile, its XML reader and itself raise
        raise fault(path, None, "reviews.no_workbook", why=f"{type(error).__name__}: {error}") from error
    raise fault(path, None, "file.too_large", limit=MOST_UNPACKED)


def about_of(book: Any, path: Path) -> About:
    """Return the batch and the reviewer of a sheet."""
    if ABOUT in book.sheetnames:
        rows = book[ABOUT].iter_rows(max_row=9, max_col=2, values_only=True)
        lines = {text(row[0]): text(row[1]) for row in rows if len(row) == 2}
        if lines.get(MARK) == "1" and lines.get("batch") and lines.get("by"):
            return About(lines["batch"], lines["by"])
    raise fault(path, None, "reviews.not_ours")


def read_rows(path: Path, head: list[str], lines: list[list[str]]) -> Iterator[Row | Fault]:
    """Yield the rows of a reviewer's sheet that have a code; blank labels are left out."""
    names = [question.name for question in QUESTIONS]
    places = columns(path, head, ("code", "prompt", "reply", *names))
    for number, line in enumerate(lines, 2):
        code = line[places["code"]]
        if not code:
            if any(line[places[name]] for name in names):
                yield Fault(key="reviews.no_code", file=str(path), line=number)
            continue
        labels = {}
        for question in QUESTIONS:
            said = line[places[question.name]]
            label = meant(said, question)
            if said and label is None:
                yield wrong(path, number, question, said)
            elif label is not None:
                labels[question.name] = label
        yield Row(number, code, labels, shown=fingerprint(line[places["prompt"]], line[places["reply"]]))


def read_disputes(path: Path, head: list[str], lines: list[list[str]]) -> Iterator[Row | Fault]:
    """Yield the decided rows of an adjudication list; a decision needs a name and a reason."""
    places = columns(path, head, ("code", "question", "decision", "decided_by", "reason", "prompt", "reply"))
    titles = {both(f"column.{question.name}"): question for question in QUESTIONS}
    for number, line in enumerate(lines, 2):
        code, asked, said, by, reason, *texts = (line[place] for place in places.values())
        if not said:
            continue
        if not code:
            yield Fault(key="reviews.no_code", file=str(path), line=number)
            continue
        question = titles.get(asked)
        label = meant(said, question) if question else None
        if question is None:
            yield Fault(key="reviews.question", facts={"name": asked}, file=str(path), line=number)
        elif label is None:
            yield wrong(path, number, question, said)
        elif not by or not reason:
            yield Fault(key="reviews.reason", file=str(path), line=number)
        else:
            yield Row(number, code, {question.name: label}, by, reason, fingerprint(texts[0], texts[1]))


def columns(path: Path, head: list[str], names: Sequence[str]) -> dict[str, int]:
    """Return where the columns stand; raises ConfigError if one is gone."""
    wanted = {name: both(f"column.{name}") for name in names}
    gone = [title for title in wanted.values() if title not in head]
    if gone:
        raise fault(path, 1, "reviews.columns", names=", ".join(gone))
    twice = [title for title in wanted.values() if head.count(title) > 1]
    if twice:
        raise fault(path, 1, "reviews.columns_twice", names=", ".join(twice))
    return {name: head.index(title) for name, title in wanted.items()}


def meant(said: str, question: Question) -> str | None:
    """Return the label that a cell means: the drop-down's text, or its Chinese or English part."""
    known = choices(question)
    for lang in ("zh", "en"):
        known |= {say(f"label.{label}", lang): label for label in question.labels}
    known |= {label: label for label in question.labels}
    return known.get(said) or known.get(said.lower())


def wrong(path: Path, line: int, question: Question, said: str) -> Fault:
    """Return the fault of a label that is none."""
    facts: dict[str, object] = {"name": said[:60], "known": ", ".join(choices(question))}
    return Fault(key="reviews.label", facts=facts, file=str(path), line=line)


def fault(path: Path, line: int | None, key: str, **facts: object) -> ConfigError:
    """Return an error about a sheet."""
    return ConfigError.of([Fault(key=key, facts=facts, file=str(path), line=line)])


def text(cell: object) -> str:
    """Return a cell as text."""
    return "" if cell is None else str(cell).strip()

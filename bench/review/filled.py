"""Review sheets, read back: every cell checked, every wrong one named."""

from __future__ import annotations

import importlib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.errors import ConfigError, EnvironmentFault, Fault
from bench.lint.workbook import bare
from bench.review.sample import QUESTIONS, Question
from bench.review.sheets import ABOUT, ADJUDICATION, IDENTITY, LABELS, MARK, About, both, choices, say

MOST_BYTES = 64 * 1024 * 1024
MOST_UNPACKED = 512 * 1024 * 1024
"""An XLSX file is a zip archive: what it says it unpacks to."""
MOST_ROWS, MOST_COLUMNS = 50_000, 64


class Row(NamedTuple):
    """One filled-in row: labels by question, and the free texts."""

    line: int
    code: str
    labels: dict[str, str]
    by: str = ""
    reason: str = ""
    shown: str = ""
    """Prompt and reply as the row has them, see `fingerprint`."""


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
    return "\n".join("".join(text(bare(one)).split()) for one in (prompt, reply))


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
            return About(lines["batch"], lines["by"], identity_of(book))
    raise fault(path, None, "reviews.not_ours")


def identity_of(book: Any) -> str:
    """Return what the key knows a sheet by, or nothing if its hidden worksheet is gone."""
    if IDENTITY not in book.sheetnames:
        return ""
    (row,) = list(book[IDENTITY].iter_rows(max_row=1, max_col=1, values_only=True)) or [()]
    return text(row[0]) if row else ""


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

"""The workbook: the dossier's tables, 附件5 (a sheet a bank: question, classes, reply, judgement) and 附件4 (keywords).

Whole numbers of columns of figures are numbers, every other cell is text; none is a formula or a link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import catalogue, taxonomies
from bench.filing import clauses, clean, counts, results
from bench.filing.cells import language
from bench.filing.closing import spoken_label
from bench.filing.document import Cell, Column, FilingDocument, tables
from bench.filing.material import Material
from bench.keywords import Library
from bench.lint.workbook import Book, coded, units
from bench.standards import Bank
from bench.summary import Unit
from bench.types import FILTERED, Language

WIDTHS = {"index": 6, "question": 60, "level1": 26, "level2": 30, "reply": 60, "judgement": 12, "language": 8,
          "item": 16, "record": 8, "label": 14}  # fmt: skip
KEYWORD_WIDTHS = {"keyword": 30, "level1": 36, "level2": 40}
NARROWEST, WIDEST = 8, 56
"""Characters of width of a column."""
_WHOLE = re.compile(r"0|[1-9][0-9]{0,14}")
"""Whole numbers that a workbook holds exactly."""


class Extra(NamedTuple):
    """What the workbook holds beside the document: the units of the run, and the keyword library if there is one."""

    material: Material
    library: Library | None = None


def render(document: FilingDocument, target: Path, lang: Language, extra: Extra | None = None) -> None:
    """Write the workbook in one language."""
    book = Book(target, document.date)
    for number, table in enumerate(tables(document), 1):
        name = f"{number} {clean.flat(table.title.of(lang))}"
        rows = [[valued(cell, column, lang) for cell, column in zip(row, table.columns, strict=True)]
                for row in table.rows]  # fmt: skip
        titles_ = [clean.flat(column.title.of(lang)) for column in table.columns]
        book.sheet(name, {title: room([str(row[at]) for row in rows], title) for at, title in enumerate(titles_)}, rows)
    if extra is not None:
        for bank in extra.material.standard.banks:
            units = members(extra.material, bank.bank)
            if units:
                book.sheet(
                    bank_title(bank, lang),
                    titles(WIDTHS, lang),
                    list(answers(units, lang, deciding(extra.material, bank.bank))),
                )
        if extra.library is not None:
            book.sheet(say("sheet.keywords", lang), titles(KEYWORD_WIDTHS, lang), list(keywords(extra.library, lang)))
    book.close()


def room(texts: Sequence[str], title: str) -> int:
    """Return how many characters wide a column is: as its longest line, within bounds."""
    longest = max((units(line) for text in (*texts, title) for line in text.split("\n")), default=0)
    return min(max(longest + 3, NARROWEST), WIDEST)


def valued(cell: Cell, column: Column, lang: Language) -> str | int:
    """Return a cell as text; in a column of figures a whole number as a number. Nothing else is one."""
    said = clean.text(cell.text.of(lang))
    return int(said) if column.align == "right" and _WHOLE.fullmatch(said) else said


def say(key: str, lang: Language) -> str:
    """Return a text of this area."""
    return catalogue.text(f"filing.{key}", lang)


def bank_title(bank: Bank, lang: Language) -> str:
    """Return the short title of a bank, or its own title where it is a bank of somebody else's standard."""
    known = f"bank.{bank.bank}" in catalogue.area("filing")
    return say(f"bank.{bank.bank}", lang) if known else clean.flat(bank.title.of(lang))


def titles(widths: dict[str, int], lang: Language) -> dict[str, int]:
    """Return columns with their titles."""
    return {say(f"column.{name}", lang): width for name, width in widths.items()}


def members(material: Material, bank: str) -> list[Unit]:
    """Return the units of a bank, in plan order."""
    banks = {suite.name: suite.bank for suite in material.run.plan.info.suites}
    return [unit for unit in material.units if banks.get(unit.item.suite) == bank]


def deciding(material: Material, bank: str) -> Callable[[Unit], bool | None]:
    """Return what says whether a reply of a bank is good, as the verdict on the bank counts it: blocks included."""
    clause, definition = results.measured(material, bank), material.verdicts.definition
    if clause is None:
        return lambda unit: counts.declared(unit, definition).passed
    view, wanted = clauses.views(clause, definition).first, clauses.wanted(clause)

    def decide(unit: Unit) -> bool | None:
        found = view.opinion(unit)
        return None if found is None else found == wanted

    return decide


def answers(units: Sequence[Unit], lang: Language, good: Callable[[Unit], bool | None]) -> Iterator[list[object]]:
    """Yield the rows of 附件5: number, question, two classes, reply, judgement; then where to find the record."""
    for index, unit in enumerate(units, 1):
        hidden = unit.item.hidden
        question = say("judgement.withheld", lang) if hidden else unit.record.case.messages[-1].content
        first, second = classes(unit.item.codes[0], lang)
        yield [
            index, clean.text(question), first, second,
            reply(unit, lang), say(f"judgement.{judgement(good(unit))}", lang),
            language(unit.record.case.lang).of(lang), clean.text(unit.item.id), unit.record.i,
            spoken_label(unit).of(lang),
        ]  # fmt: skip


def reply(unit: Unit, lang: Language) -> str:
    """Return the reply, or why there is none to show."""
    if unit.item.hidden:
        return say("judgement.withheld", lang)
    if unit.record.reply.status in FILTERED:
        return say("judgement.blocked", lang)
    return clean.text(unit.record.reply.text)


def judgement(good: bool | None) -> str:
    """Return the name of a judgement."""
    return "none" if good is None else "good" if good else "bad"


def classes(code: str, lang: Language) -> tuple[str, str]:
    """Return the first- and second-level class of a code, with names."""
    found = taxonomies.lookup(code)
    if found is None:
        return "", code
    groups = taxonomies.load(code.partition(":")[0]).groups
    group = next((group for group in groups if group.code == found.group), None)
    return (coded(group.code, group.name.of(lang)) if group else ""), coded(found.code, found.name.of(lang))


def keywords(library: Library, lang: Language) -> Iterator[list[object]]:
    """Yield the rows of 附件4: keyword and two classes."""
    for keyword in library.keywords:
        yield [clean.text(keyword.text), *classes(keyword.code, lang)]

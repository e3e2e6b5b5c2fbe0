"""Cells, columns and words that the chapters share."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bench import catalogue, taxonomies
from bench.filing import format
from bench.filing.clauses import text
from bench.filing.document import Cell, Column, Paragraph, Style, Table, Tone
from bench.filing.nouns import ALL, NONE, ClauseVerdict, Outcome, Rate
from bench.standards import Clauses, Document, Line, Standard
from bench.types import Text

same = catalogue.same
TONES: dict[Outcome, Tone] = {
    "conforms": "good",
    "does_not": "bad",
    "insufficient": "unsure",
    "not_applicable": "muted",
    "no_line": "muted",
}


def plain(value: object, identifier: str = "") -> Cell:
    """Return a cell of a value or a text."""
    return Cell(text=value if isinstance(value, Text) else same(value), id=identifier)


def outcome(verdict: Outcome, identifier: str = "") -> Cell:
    """Return a verdict as sign, word and colour."""
    return Cell(text=text(f"verdict.{verdict}"), id=identifier, tone=TONES[verdict])


def judged(verdict: ClauseVerdict, identifier: str = "") -> Cell:
    """Return the verdict on a clause; one that people prove lacks evidence where others lack a sample."""
    cell = outcome(verdict.verdict, identifier)
    if verdict.metric != "manual" or verdict.verdict != "insufficient":
        return cell
    key = "verdict.unproven" if verdict.source == "none" else "verdict.unproven.brought"
    return msgspec.structs.replace(cell, text=text(key))


def contrast(verdict: ClauseVerdict) -> Text | None:
    """Return what a verdict would be under the other definition of refusal, where that differs."""
    other = verdict.contrast
    if other is None:
        return None
    count = f"{other.rate.x} / {other.rate.n}"
    return text("contrast", name=text(f"definition.{other.definition}"), count=count,
                verdict=text(f"verdict.{other.verdict}"))  # fmt: skip


def beside(verdict: ClauseVerdict, identifier: str) -> Cell:
    """Return a verdict, and beside it the one under the other definition of refusal where that differs."""
    cell, other = judged(verdict, identifier), contrast(verdict)
    if other is None:
        return cell
    joined = Text(zh=f"{cell.text.zh}（{other.zh}）", en=f"{cell.text.en} ({other.en})")
    return msgspec.structs.replace(cell, text=joined)


def language(lang: str) -> Text:
    """Return the name of a language, of all languages, or a dash."""
    if lang == NONE:
        return same(format.DASH)
    key = f"language.{lang}"
    return text(key) if key in catalogue.area("filing") else same(lang)


def first_number(standard: Standard, clause: Clauses) -> Text:
    """Return a clause's number in the standard's first document, or: to be verified."""
    number = standard.number(clause)
    return same(number) if number else text("to_verify")


def document_name(document: Document) -> Text:
    """Return the short name of a document, by default its title."""
    key = f"document.{document.id}"
    return text(key) if key in catalogue.area("filing") else document.title


def number_in(document: Document, clause: Clauses) -> Text:
    """Return a clause's number in a document: a dash where it does not stand there, else perhaps: to be verified."""
    if document.id not in clause:
        return same(format.DASH)
    number = clause[document.id]
    return same(number) if number else text("to_verify")


def line_of(verdict: ClauseVerdict) -> Line | None:
    """Return the line that a verdict was compared with."""
    return None if verdict.margin is None else Line(op=verdict.margin.op, percent=verdict.margin.percent)


def code_name(qualified: str) -> Text:
    """Return a code with its name: `A.1-a 煽动…`; a code that is itself a word says no more than its name."""
    named = taxonomies.label(qualified)
    bare = qualified.partition(":")[2]
    if bare.isalpha() and named["en"] != qualified:
        return Text(**named)
    return Text(zh=f"{bare} {named['zh']}", en=f"{bare} {named['en']}")


def columns(*wanted: tuple[str, int, str]) -> tuple[Column, ...]:
    """Return columns from (catalogue name, width, `l`, `r` or `c`)."""
    aligned = {"l": "left", "r": "right", "c": "center"}
    return tuple(
        Column(title=text(f"column.{name}"), width=width, align=aligned[align])  # type: ignore[arg-type]
        for name, width, align in wanted
    )


def table(
    identifier: str, wanted: tuple[Column, ...], rows: Iterable[tuple[Cell, ...]], *, wide: bool = False,
    head: bool = True, title: Text | None = None,
) -> Table:  # fmt: skip
    """Return a table with its title, by default that of the catalogue."""
    return Table(id=identifier, title=title or text(f"table.{identifier}"), columns=wanted, rows=tuple(rows),
                 wide=wide, head=head)  # fmt: skip


def grouped(table: Table) -> Table:
    """Return a table whose first column stands over the rows in print."""
    return msgspec.structs.replace(table, grouped=True)


def form(identifier: str, facts: Iterable[tuple[Text, Cell]]) -> Table:
    """Return a form: labels on the left, values on the right."""
    rows = ((Cell(text=label, tone="muted"), value) for label, value in facts)
    return table(identifier, columns(("field", 3, "l"), ("value", 7, "l")), rows, head=False)


def paragraph(key: str, style: Style = "normal", /, **facts: object) -> Paragraph:
    """Return a paragraph of the catalogue."""
    return Paragraph(text=text(key, **facts), style=style)


def heading(key: str, **facts: object) -> Paragraph:
    """Return a sub-heading."""
    return paragraph(f"heading.{key}", "heading", **facts)


def counted(verdict: ClauseVerdict) -> Rate | None:
    """Return the rate behind a verdict; 0 of 0 where questions were asked and no reply could be judged."""
    if verdict.rate is None and verdict.source in ("run", "people"):
        return Rate(name="", x=0, n=0)
    return verdict.rate


def lined(found: Iterable[ClauseVerdict]) -> list[ClauseVerdict]:
    """Return the verdicts that stand in a table of lines, those of this run first.

    Every language of the service has its row, also one without a question, a reply or any evidence.
    """
    shown = [one for one in found if one.metric != "manual" or counted(one) is not None]
    run = {one.id for one in shown if one.source == "run"}
    return sorted(shown, key=lambda one: one.id not in run)


def is_total(verdict: ClauseVerdict) -> bool:
    """Return whether a verdict is the one of its clause that counts: over all languages, or the only one."""
    return verdict.lang in (ALL, NONE)


def empty_row(width: int) -> tuple[Cell, ...]:
    """Return a row that says: nothing here in this run."""
    return (plain(text("nothing_here")), *(plain(format.DASH) for _ in range(width - 1)))

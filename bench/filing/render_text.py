"""The dossier as JSON (both languages, every figure with its id) and as Markdown (one language a file)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench import canonical, catalogue, files
from bench.filing import clean
from bench.filing.document import (
    Block,
    Chart,
    FilingDocument,
    Flips,
    Forest,
    Heat,
    Paragraph,
    Plot,
    Shifts,
    Stack,
    Table,
)
from bench.summary import SMALL

_SIGNS = "\\`*_[]<>|#"


def write_json(document: FilingDocument, target: Path) -> None:
    """Write the document as indented JSON with sorted keys."""
    files.write(target, msgspec.json.format(canonical.encode(scrubbed(document)), indent=1) + b"\n")


def scrubbed(document: FilingDocument) -> FilingDocument:
    """Return the document with every text cleaned: lone surrogates have no JSON."""
    plain = msgspec.to_builtins(document)
    return msgspec.convert(_scrub(plain), FilingDocument)


def _scrub(value: object) -> object:
    if isinstance(value, str):
        return clean.text(value)
    if isinstance(value, dict):
        return {key: _scrub(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub(inner) for inner in value]
    return value


def write_markdown(document: FilingDocument, target: Path, lang: str) -> None:
    """Write the document as Markdown in one language."""
    files.write(target, ("\n".join(lines(document, lang)) + "\n").encode())


def lines(document: FilingDocument, lang: str) -> Iterator[str]:
    """Yield the lines of the document."""
    yield f"# {escape(document.title.of(lang))}"
    yield from ("", escape(document.subtitle.of(lang)), "")
    banner = [f"> **{escape(document.banner.of(lang))}**", ""] if document.banner else []
    yield from (*banner, *block_lines(document.cover, lang))
    blocks: list[Block] = [*document.lead, document.first, *document.notes]
    for block in blocks:
        yield from block_lines(block, lang)
    for section in document.sections:
        yield from ("", f"## {escape(section.title.of(lang))}", "", *banner)
        for block in section.blocks:
            yield from block_lines(block, lang)


def block_lines(block: Block, lang: str) -> Iterator[str]:
    """Yield the lines of one block."""
    if isinstance(block, Paragraph):
        mark = {"bullet": "- ", "caution": "- ⚠ ", "heading": "### ", "note": "> "}.get(block.style, "")
        yield from (mark + escape(block.text.of(lang)), "")
    elif isinstance(block, Chart):
        yield from (f"**{escape(block.title.of(lang))}**", "")
        yield from (f"- {line}" for line in chart_lines(block.plot, lang))
        yield from (("", f"> {escape(block.note.of(lang))}", "") if block.note else ("",))
    else:
        yield from (*table_lines(block, lang), "")


def chart_lines(plot: Plot, lang: str) -> Iterator[str]:
    """Yield what a chart shows in words; where a table beside it prints the same figures, only its totals."""
    if isinstance(plot, Forest | Shifts):
        yield from (
            f"{escape(bar.group.of(lang))} · {escape(bar.label.of(lang))}: {escape(bar.shown)}" for bar in plot.bars
        )
    elif isinstance(plot, Stack):
        yield from (f"{escape(part.words.of(lang))}: {part.n}" for part in plot.parts)
    elif isinstance(plot, Flips):
        both, one, two, neither = plot.counts
        first_passes, first_fails, second_passes, second_fails = (escape(head.of(lang)) for head in plot.heads)
        yield f"{first_passes}, {second_passes}: {both}"
        yield f"{first_passes}, {second_fails}: {one}"
        yield f"{first_fails}, {second_passes}: {two}"
        yield f"{first_fails}, {second_fails}: {neither}"
    elif isinstance(plot, Heat):
        few = sum(cell.few for line in plot.lines for cell in line.cells)
        yield catalogue.text("filing.heat.few", lang, least=SMALL, count=few)
    else:
        for spoke in plot.spokes:
            shown = ("–" if value is None else f"{value * 100:.2f} %" for value in spoke.values)
            yield f"{escape(spoke.name.of(lang))}: {' / '.join(shown)}"


def table_lines(table: Table, lang: str) -> Iterator[str]:
    """Yield a table."""
    yield from (f"**{escape(table.title.of(lang))}**", "")
    yield "| " + " | ".join(escape(column.title.of(lang)) for column in table.columns) + " |"
    yield "|" + "".join({"left": " --- |", "right": " ---: |", "center": " :---: |"}[c.align] for c in table.columns)
    for row in table.rows:
        yield "| " + " | ".join(escape(cell.text.of(lang)) for cell in row) + " |"


def escape(value: str) -> str:
    """Return text that cannot become mark-up or another cell."""
    value = clean.flat(value)
    for sign in _SIGNS:
        value = value.replace(sign, f"\\{sign}")
    return value

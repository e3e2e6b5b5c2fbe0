"""Marks of Markdown: headings, lists and tables, with every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bench.report.glyphs import visible


def section(title: str, body: Iterable[str]) -> Iterator[str]:
    """Yield a heading and its body."""
    yield from ("", f"## {title}", "", *body)


def bullets(lines: Iterable[str]) -> Iterator[str]:
    """Return lines as a list."""
    return (f"- {line}" for line in lines)


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield a Markdown table; cells are escaped."""
    yield "| " + " | ".join(titles) + " |"
    yield "|" + " --- |" * len(titles)
    for row in rows:
        yield "| " + " | ".join(escape(str(cell)) for cell in row) + " |"


def escape(text: str) -> str:
    """Return text that cannot become mark-up, a link or another table cell, and that hides nothing."""
    flat = visible(" ".join(text.split()))
    for sign in "\\`*_[]<>|#":
        flat = flat.replace(sign, f"\\{sign}")
    return flat

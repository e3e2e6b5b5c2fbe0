"""Clauses that are proven by hand: which chapter of the report lists them, and their table."""

from __future__ import annotations

from collections.abc import Sequence

from bench.filing.cells import columns, first_number, judged, plain, table
from bench.filing.document import Table
from bench.filing.material import Material
from bench.filing.nouns import ClauseVerdict
from bench.standards import Chapter


def by_hand(material: Material, chapter: Chapter) -> list[ClauseVerdict]:
    """Return the clauses proven by hand that a chapter of the report lists."""
    return [
        verdict
        for verdict in material.verdicts.clauses
        if verdict.metric == "manual" and material.standard.chapter(verdict.clause) == chapter
    ]


def short_table(material: Material, name: str, found: Sequence[ClauseVerdict]) -> Table:
    """Return clauses with verdict and next step."""
    wanted = columns(("number", 2, "l"), ("clause", 6, "l"), ("verdict", 4, "l"), ("reason", 9, "l"))
    rows = (
        (
            plain(first_number(material.standard, v.clause)),
            plain(v.title),
            judged(v, f"{name}/{v.id}/verdict"),
            plain(v.reason if v.verdict in ("conforms", "not_applicable", "no_line") else v.next),
        )
        for v in found
    )
    return table(f"clauses.{name}", wanted, rows)

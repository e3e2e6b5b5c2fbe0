"""Views of other frameworks: their codes projected from ours through the crosswalk. They orient; no line decides."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from bench import taxonomies
from bench.filing import counts, lines
from bench.filing.clauses import made, text
from bench.filing.nouns import ALL, ClauseVerdict, Outcome, Rate
from bench.standards import Clause
from bench.summary import Unit
from bench.types import Language


@functools.cache
def linked(code: str) -> frozenset[str]:
    """Return a code and every code that the crosswalk links with it, in either direction."""
    found = {code}
    for link in taxonomies.crosswalk().links:
        if link.to == code:
            found.add(link.origin)
        elif link.origin == code:
            found.add(link.to)
    return frozenset(found)


def judge(clause: Clause, units: Sequence[Unit], languages: Sequence[Language]) -> Iterator[ClauseVerdict]:
    """Yield the projected rate of a clause in each language and overall."""
    codes = frozenset(code for wanted in clause.codes for code in linked(wanted))
    members = [unit for unit in units if codes.intersection(unit.item.codes)]
    for lang in (*languages, ALL):
        spoken = [unit for unit in members if lang in (ALL, unit.record.case.lang)]
        yield project(clause, lang, spoken)


def project(clause: Clause, lang: str, units: Sequence[Unit]) -> ClauseVerdict:
    """Return the share of units that met their own expectation; without a line there is nothing to conform to."""
    count = counts.count("projected", units, lambda unit: unit.passed, True)
    if not count.rate.n:
        empty = text("reason.no_items")
        return made(clause, lang, "insufficient", count=count, reason=empty, next=text("next.no_items"))
    verdict: Outcome = "not_applicable"
    margin = None
    if lang == ALL:  # an item asked in two languages is one cluster: the pooled rate has no interval here
        count = count._replace(rate=Rate(name=count.rate.name, x=count.rate.x, n=count.rate.n))
    if clause.line is not None:
        verdict = "conforms" if lines.meets(count.rate.x, count.rate.n, clause.line) else "does_not"
        margin = lines.margin(count.rate, clause.line, count.missing)
    return made(clause, lang, verdict, rate=count.rate, margin=margin, count=count,
                reason=text("reason.projected"), next=text("next.projected"))  # fmt: skip

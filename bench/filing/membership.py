"""Which questions a clause is about: those of its bank, or those with its codes, directly or through the crosswalk."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from bench import taxonomies
from bench.filing.counts import Belongs
from bench.standards import Clause


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


def codes(clause: Clause) -> frozenset[str]:
    """Return the codes whose questions a clause is about; none: those of its whole bank."""
    if clause.via == "crosswalk":
        return frozenset(code for wanted in clause.codes for code in linked(wanted))
    return frozenset(clause.codes)


def belongs(clause: Clause, banks: Mapping[str, str | None]) -> Belongs:
    """Return whether a question belongs to a clause; `banks` is suite → bank."""
    wanted = codes(clause)
    return lambda item: (
        (clause.bank is None or banks.get(item.suite) == clause.bank)
        and (not wanted or not wanted.isdisjoint(item.codes))
    )

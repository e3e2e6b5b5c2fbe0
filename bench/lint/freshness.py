"""Is a bank, or the keyword library, younger than its update interval?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import msgspec

from bench.lint import places
from bench.lint.findings import Finding, Place, at, make
from bench.lint.items import is_past
from bench.standards import Standard
from bench.types import Suite

BANK_DAYS = 31
KEYWORD_DAYS = 7


def check(suites: Sequence[Suite], standard: Standard | None, today: date) -> Iterator[Finding]:
    """Find banks whose newest suite is older than the standard's interval (a month, if it names none)."""
    banks: dict[str, list[Suite]] = {}
    for suite in suites:
        if not is_past(suite.updated, today):
            place = msgspec.structs.replace(at(suite), line=places.line_of(Path(suite.path), "updated"))
            yield make("date.invalid", place, date=suite.updated)
        elif suite.bank is not None:
            banks.setdefault(suite.bank, []).append(suite)
    for bank, members in banks.items():
        wanted = standard.bank(bank) if standard is not None else None
        limit = wanted.update_days if wanted is not None else BANK_DAYS
        newest = max(suite.updated for suite in members)
        if (age := (today - date.fromisoformat(newest)).days) > limit:
            yield make("freshness.bank", Place(bank=bank), have=age, need=limit, date=newest)

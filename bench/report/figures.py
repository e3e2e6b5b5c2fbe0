"""One figure as the page shows it: as words, as the value of a chart, as a link to its records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from bench.reasons import word
from bench.report import svg
from bench.report.findings import percent, points
from bench.summary import SMALL, Row
from bench.types import Estimate, Text

SHADES = (0.95, 0.90, 0.75, 0.50, 0.25)
"""Lower bounds of the heat map's shades; below the last comes one more."""


def rate(estimate: Estimate) -> svg.Rate:
    """Return an estimate as a chart takes it."""
    return svg.Rate(estimate.point, estimate.low, estimate.high)


def cell(row: Row | None) -> svg.Cell:
    """Return a row as a cell of the heat map."""
    if row is None or row.estimate.point is None:
        return svg.Cell("–", None, 0, False, "" if row is None else row.id)
    found = row.estimate
    title = f"{row.id}: {found.x} / {found.n} = {percent(found.point)} [{percent(found.low)}, {percent(found.high)}]"
    href = records(f"{row.id}/all")
    return svg.Cell(percent(found.point), shade(found.point), found.n, small(found), title, href)


def shade(point: float | None) -> int:
    """Return the class of shade of a rate: 0 is the best."""
    return sum(point < bound for bound in SHADES) if point is not None else 0


def small(estimate: Estimate) -> bool:
    """Return whether a rate rests on so few items that it is marked."""
    return estimate.clusters < SMALL


def left_out(row: Row) -> int:
    """Return how many units of a row have no verdict."""
    return sum(row.estimate.left_out.values())


def records(key: str) -> str:
    """Return the link to the list of records behind a figure."""
    return f"#set/{quoted(key)}"


def quoted(anchor: str) -> str:
    """Return an id as it stands in a link."""
    return quote(anchor.encode("utf-8", "replace"), safe="/:.,-_~")


def signed(value: float | None) -> str:
    """Return a difference in points with a true minus sign; zero has none."""
    found = points(value)
    return "0.0" if found in ("+0.0", "-0.0") else found.replace("-", "−")


def why(counts: Mapping[str, int]) -> Sequence[tuple[Text, int]]:
    """Return reasons with their counts, statuses in words."""
    return [(word(name), count) for name, count in counts.items()]

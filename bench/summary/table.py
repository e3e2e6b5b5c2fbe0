"""Rates by dimension × suite × taxonomy code × language × expectation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from bench.calibration import correction
from bench.calibration.nouns import UNMEASURED, Corrected
from bench.rates import estimate
from bench.review import results
from bench.review.results import Judged, People
from bench.summary.units import ALL, NOTHING, Known, Unit, pool, service_view, why_left_out
from bench.types import BLOCKED, Dimension, Estimate, Language, Value


class Row(Value, frozen=True):
    """One rate: the share of units that meet their expectation.

    `estimate` leaves filtered replies out (the model alone); `service` counts them: a filter that blocks what should
    be refused is a pass, one that blocks what should be answered is a failure.
    """

    id: str
    dimension: Dimension | str
    suite: str
    code: str
    lang: Language
    expect: str
    scorers: tuple[str, ...]
    estimate: Estimate
    service: Estimate
    labels: dict[str, int]
    statuses: dict[str, int]
    records: tuple[int, ...]
    failures: tuple[int, ...]
    corrected: Corrected = UNMEASURED
    """The rate of `estimate` corrected by its scorers' calibration, or why it is not."""
    people: People | None = None
    """The rate of `estimate` by people's labels of a sample of this run, where there are any."""


class Cell(NamedTuple):
    """What one row of the table is about."""

    dimension: str
    suite: str
    code: str
    lang: str
    expect: str

    @property
    def id(self) -> str:
        return "/".join(self)


def cells(unit: Unit) -> Iterator[Cell]:
    """Yield every cell that a unit belongs to: totals by dimension, suite and expectation, and each code."""
    item, expect = unit.item, unit.item.expect
    for lang in (unit.record.case.lang, ALL):
        yield Cell(item.dimension, ALL, ALL, lang, ALL)
        yield Cell(item.dimension, ALL, ALL, lang, expect)
        yield Cell(item.dimension, item.suite, ALL, lang, ALL)
        yield Cell(item.dimension, item.suite, ALL, lang, expect)
        for code in item.codes:
            yield Cell(item.dimension, ALL, code, lang, ALL)


def rows(units: Iterable[Unit], known: Known = NOTHING) -> Iterator[Row]:
    """Yield the rate of every cell, in order of cell id. Cells of the same units are counted once."""
    found: list[tuple[Cell, Row]] = []
    for alike, members in pool(units, kind, cells):
        made = row(alike[0], members, known)
        found += ((cell, msgspec.structs.replace(made, id=cell.id, **cell._asdict())) for cell in alike)
    for _, made in sorted(found, key=lambda one: one[0]):
        yield made


def kind(unit: Unit) -> tuple[object, ...]:
    """Return what decides the cells of a unit."""
    item = unit.item
    return item.dimension, item.suite, item.codes, item.expect, unit.record.case.lang


def row(cell: Cell, units: Sequence[Unit], known: Known = NOTHING) -> Row:
    """Return the rate of one cell."""
    scorers = {unit.item.scorers for unit in units}
    statuses = Counter(unit.record.reply.status for unit in units)
    model = rate(units, lambda unit: unit.passed)
    return Row(
        id=cell.id,
        dimension=cell.dimension,
        suite=cell.suite,
        code=cell.code,
        lang=cell.lang,
        expect=cell.expect,
        scorers=tuple(sorted({name for names in scorers for name in names})),
        estimate=model,
        service=rate(units, service_view) if BLOCKED & statuses.keys() else model,
        labels=dict(sorted(Counter(unit.label for unit in units if unit.label).items())),
        statuses=dict(sorted(statuses.items())),
        records=tuple(unit.record.i for unit in units),
        failures=tuple(unit.record.i for unit in units if unit.passed is False),
        corrected=correction.correct((unit.verdict for unit in units), known.entries),
        people=results.people([judged_unit(unit) for unit in units], known.labels) if known.labels.sampled else None,
    )


def rate(units: Sequence[Unit], view: Callable[[Unit], bool | None]) -> Estimate:
    """Return the share of units that pass in a view of them."""
    outcomes = ((unit, view(unit)) for unit in units)
    return estimate((unit.cluster, passed, why_left_out(unit) if passed is None else "") for unit, passed in outcomes)


def judged_unit(unit: Unit) -> Judged:
    """Return a unit as people's labels are set beside it."""
    scorer = unit.first.scorer if unit.first else ""
    item, lang = unit.item, unit.record.case.lang
    return Judged(unit.record.i, unit.cluster, scorer, item.scorers, item.expect, unit.passed, lang, item.bank)

"""A run seen through somebody else's taxonomy: every code with what was asked of it, and the published figures beside.

The share that fails is shown, since that is what such tables publish. A code that the run did not ask is a line with
no figure, so that coverage can be read off. Published figures are the authors', with their known errors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bench import leaderboards, taxonomies
from bench.leaderboards import Error, Leaderboard
from bench.rates import estimate
from bench.summary import SMALL, Unit, why_left_out
from bench.taxonomies import Taxonomy
from bench.types import Estimate, Text, Value


class Published(Value, frozen=True):
    """One published figure, and what is known or suspected to be wrong with it."""

    model: str
    value: int | float | None
    flaws: tuple[Error, ...] = ()


class Line(Value, frozen=True):
    """A code, or a group of codes: what was asked, the share that failed, and the published figures."""

    id: str
    code: str
    name: Text
    group: bool
    items: int
    """Items in the run, each once."""
    failed: Estimate
    published: tuple[Published, ...] = ()


class Comparison(Value, frozen=True):
    """One published table beside this run. `covered` codes have a judged item, `enough` of them 30 or more."""

    id: str
    board: Leaderboard
    taxonomy: str
    title: Text
    codes: int
    covered: int
    enough: int
    groups: tuple[Line, ...]
    """The groups of the taxonomy, then the table's own columns: its total, its conditions."""
    dimensions: tuple[Line, ...]
    """Every code of the taxonomy, in its order, asked or not."""


def compare(units: Sequence[Unit]) -> tuple[Comparison, ...]:
    """Return the published tables that ask what this run asked."""
    found = (leaderboards.load(name) for name in leaderboards.names())
    return tuple(comparison(board, mine) for board in found if board.taxonomy and (mine := asked(board, units)))


def asked(board: Leaderboard, units: Iterable[Unit]) -> list[Unit]:
    """Return the units of the suites that ask what a table's authors asked."""
    return [unit for unit in units if board.suites and unit.item.suite.startswith(board.suites)]


def comparison(board: Leaderboard, units: Sequence[Unit]) -> Comparison:
    """Return one table beside the run."""
    taxonomy = taxonomies.load(board.taxonomy or "")
    groups, codes = split(tree(taxonomy, board, units))
    shown = {line.code for line in (*groups, *codes)}
    own = (metric for metric in board.metrics if metric.id not in shown)
    return Comparison(
        id=f"comparison/{board.leaderboard}",
        board=board,
        taxonomy=taxonomy.taxonomy,
        title=board.title,
        codes=len(codes),
        covered=sum(line.failed.n > 0 for line in codes),
        enough=sum(line.failed.clusters >= SMALL for line in codes),
        groups=(*groups, *(line(board, one.id, one.title, (), group=True) for one in own)),
        dimensions=codes,
    )


def split(lines: Iterable[Line]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Return the groups and the codes among some lines."""
    found = tuple(lines)
    return tuple(one for one in found if one.group), tuple(one for one in found if not one.group)


def tree(taxonomy: Taxonomy, board: Leaderboard, units: Sequence[Unit]) -> Iterator[Line]:
    """Yield every group with its codes behind it, whether or not the run asked them."""
    by_code: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        for qualified_code in unit.item.codes:
            by_code[qualified_code].append(unit)
    for group in taxonomy.groups:
        codes = [code for code in taxonomy.codes if code.group == group.code]
        qualified = [taxonomies.qualify(code.code, taxonomy.taxonomy) for code in codes]
        members = {unit.record.i: unit for name in qualified for unit in by_code[name]}
        yield line(board, group.code, group.name, [members[i] for i in sorted(members)], group=True)
        for code, name in zip(codes, qualified, strict=True):
            yield line(board, code.code, code.name, by_code[name], group=False)


def line(board: Leaderboard, code: str, name: Text, units: Sequence[Unit], *, group: bool) -> Line:
    """Return one line of a comparison."""
    return Line(
        id=f"comparison/{board.leaderboard}/{code}",
        code=code,
        name=name,
        group=group,
        items=len({unit.cluster for unit in units}),
        failed=failures(units),
        published=tuple(published(board, code)),
    )


def failures(units: Iterable[Unit]) -> Estimate:
    """Return the share of judged units that fail."""
    return estimate((unit.cluster, opposite(unit.passed), why_left_out(unit)) for unit in units)


def opposite(passed: bool | None) -> bool | None:
    """Return a verdict turned round; none stays none."""
    return None if passed is None else not passed


def published(board: Leaderboard, metric: str) -> Iterator[Published]:
    """Yield the figures of a column; nothing if the table has no such column."""
    if metric in {one.id for one in board.metrics}:
        for row in board.rows:
            yield Published(model=row.model, value=row.values.get(metric), flaws=board.flaws(row.model, metric))


def span(found: Line) -> tuple[int | float, int | float] | None:
    """Return the lowest and the highest published figure of a line; None without any."""
    values = [one.value for one in found.published if one.value is not None]
    return (min(values), max(values)) if values else None

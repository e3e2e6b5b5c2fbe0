"""The gap between two languages, on the items that were judged in both."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence

from bench import stats
from bench.summary.units import ALL, Unit, rounded
from bench.types import Dimension, Language, Value


class Gap(Value, frozen=True):
    """The difference between two languages on the items judged in both: pass rate of `first` minus that of `second`."""

    id: str
    dimension: Dimension | str
    code: str
    first: Language
    second: Language
    pairs: int
    both: int
    first_only: int
    second_only: int
    neither: int
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    first_only_items: tuple[str, ...]
    second_only_items: tuple[str, ...]


def gaps(units: Sequence[Unit]) -> Iterator[Gap]:
    """Yield the gap of each pair of languages, by dimension and by code."""
    found: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in units:
        for code in (ALL, *unit.item.codes):
            found[unit.item.dimension, code].append(unit)
    order = list(dict.fromkeys(unit.record.case.lang for unit in units))
    for (dimension, code), members in sorted(found.items()):
        for first, second in itertools.combinations(order, 2):
            yield gap((dimension, code), (first, second), members)


def gap(about: tuple[str, str], pair: tuple[Language, Language], units: Sequence[Unit]) -> Gap:
    """Return the gap of one pair of languages; with epochs an item passes in a language if it always passes."""
    outcomes: dict[tuple[str, str], dict[Language, bool]] = defaultdict(dict)
    for unit in units:
        if unit.passed is not None:
            lang = unit.record.case.lang
            outcomes[unit.cluster][lang] = outcomes[unit.cluster].get(lang, True) and unit.passed
    table: dict[tuple[bool, bool], list[str]] = defaultdict(list)
    for (_, item), by_lang in outcomes.items():
        if pair[0] in by_lang and pair[1] in by_lang:
            table[by_lang[pair[0]], by_lang[pair[1]]].append(item)
    pairs = stats.Pairs(*(len(table[key]) for key in ((True, True), (True, False), (False, True), (False, False))))
    difference, bounds = stats.paired_difference(pairs) if pairs.n else (None, (None, None))
    return Gap(
        id="/".join(("gap", *about, *pair)),
        dimension=about[0],
        code=about[1],
        first=pair[0],
        second=pair[1],
        pairs=pairs.n,
        both=pairs.both,
        first_only=pairs.first,
        second_only=pairs.second,
        neither=pairs.neither,
        difference=rounded(difference),
        low=rounded(bounds[0]),
        high=rounded(bounds[1]),
        p=rounded(stats.mcnemar(pairs.first, pairs.second)) if pairs.n else None,
        first_only_items=tuple(table[True, False]),
        second_only_items=tuple(table[False, True]),
    )

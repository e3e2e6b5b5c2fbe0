"""The gap between two languages, on the items that were judged in both."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bench import stats
from bench.calibration import correction, registry
from bench.calibration.nouns import UNMEASURED, Corrected
from bench.rates import Cluster
from bench.summary.units import ALL, NOTHING, Known, Unit, pool, rounded
from bench.types import Dimension, Language, Value

Outcomes = dict[tuple[Cluster, int], bool]
"""Whether an item passed in a language, by epoch."""


class Accuracy(Value, frozen=True):
    """The registry entries of one scorer that decided in one language of a gap; none: it was never measured there."""

    lang: Language
    scorer: str
    config: str
    entries: tuple[str, ...]


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
    scorers: tuple[Accuracy, ...] = ()
    """A gap between languages may be a gap of the scorer: how well it was measured in each."""
    corrected: Corrected = UNMEASURED
    """The difference corrected by the scorers' calibration in each language, or why it is not."""


def gaps(units: Sequence[Unit], known: Known = NOTHING) -> Iterator[Gap]:
    """Yield the gap of each pair of languages, by dimension and by code."""
    order = list(dict.fromkeys(unit.record.case.lang for unit in units))
    found: list[tuple[tuple[str, str], list[Gap]]] = []
    for alike, members in pool(units, lambda unit: (unit.item.dimension, unit.item.codes), topics):
        made = [gap(alike[0], pair, members, known) for pair in itertools.combinations(order, 2)]
        found += ((about, [rename(one, about) for one in made]) for about in alike)
    for _, made in sorted(found, key=lambda one: one[0]):
        yield from made


def topics(unit: Unit) -> list[tuple[str, str]]:
    """Return what a unit's gaps are about: its dimension, with all codes and with each of its own."""
    return [(unit.item.dimension, code) for code in (ALL, *unit.item.codes)]


def rename(made: Gap, about: tuple[str, str]) -> Gap:
    """Return a gap of the same units under the name of another topic."""
    name = "/".join(("gap", *about, made.first, made.second))
    return msgspec.structs.replace(made, id=name, dimension=about[0], code=about[1])


def gap(about: tuple[str, str], pair: tuple[Language, Language], units: Sequence[Unit], known: Known = NOTHING) -> Gap:
    """Return the gap of one pair of languages; with epochs an item passes in a language if it always passes."""
    first, second = (outcomes(units, lang) for lang in pair)
    table = crossed(first, second)
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
        scorers=tuple(accuracies(pair, units, known)),
        corrected=corrected(pair, [one for one in units if judged_in_both(one, first, second)], known),
    )


def crossed(first: Outcomes, second: Outcomes) -> dict[tuple[bool, bool], list[str]]:
    """Return the items by whether they always pass in the one language and in the other.

    Only epochs judged in both languages count: else the language with fewer replies had fewer chances to fail.
    """
    always: dict[Cluster, tuple[bool, bool]] = {}
    for (cluster, epoch), passed in first.items():
        other = second.get((cluster, epoch))
        if other is not None:
            so_far = always.get(cluster, (True, True))
            always[cluster] = so_far[0] and passed, so_far[1] and other
    table: dict[tuple[bool, bool], list[str]] = defaultdict(list)
    for cluster, both in always.items():
        table[both].append(cluster[1])
    return table


def judged_in_both(unit: Unit, first: Outcomes, second: Outcomes) -> bool:
    """Return whether a unit's item was judged in both languages of a gap in its epoch."""
    place = unit.cluster, unit.record.case.epoch
    return place in first and place in second


def outcomes(units: Iterable[Unit], lang: Language) -> Outcomes:
    """Return whether each item that was judged in a language passed, by epoch."""
    return {
        (unit.cluster, unit.record.case.epoch): unit.passed
        for unit in units
        if unit.passed is not None and unit.record.case.lang == lang
    }


def accuracies(pair: tuple[Language, Language], units: Sequence[Unit], known: Known) -> Iterator[Accuracy]:
    """Yield each scorer that decided in one of two languages, with its registry entries there."""
    found = {(unit.record.case.lang, unit.first.scorer, unit.first.config) for unit in units if unit.first}
    for lang, scorer, config in sorted(found, key=lambda one: (pair.index(one[0]) if one[0] in pair else 2, one)):
        if lang in pair:
            entries = tuple(one.id for one in registry.of(known.entries, config, lang))
            yield Accuracy(lang=lang, scorer=scorer, config=config, entries=entries)


def corrected(pair: tuple[Language, Language], units: Sequence[Unit], known: Known) -> Corrected:
    """Return the gap on units judged in both languages, corrected in each."""
    first, second = ([unit.verdict for unit in units if unit.record.case.lang == lang] for lang in pair)
    return correction.difference(first, second, known.entries)

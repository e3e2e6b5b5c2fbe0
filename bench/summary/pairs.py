"""The gap between two languages, on the items that were judged in both."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bench import stats
from bench.calibration import correction, registry
from bench.calibration.nouns import UNMEASURED, Corrected
from bench.summary.units import ALL, NOTHING, Known, Unit, pool, rounded
from bench.types import Dimension, Language, Value


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
    table: dict[tuple[bool, bool], list[str]] = defaultdict(list)
    for cluster, passed in first.items():
        if cluster in second:
            table[passed, second[cluster]].append(cluster[1])
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
        corrected=corrected(pair, [one for one in units if one.cluster in first and one.cluster in second], known),
    )


def outcomes(units: Iterable[Unit], lang: Language) -> dict[tuple[str, str], bool]:
    """Return whether each item that was judged in a language passed every time."""
    found: dict[tuple[str, str], bool] = {}
    for unit in units:
        if unit.passed is not None and unit.record.case.lang == lang:
            found[unit.cluster] = unit.passed and found.get(unit.cluster, True)
    return found


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

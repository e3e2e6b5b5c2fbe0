"""What banks hold: counts by bank, code, language, provenance, expectation and form; lengths; totals by dimension."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from bench.lint import texts
from bench.types import DIMENSIONS, Item, Language, Suite, Value

BINS = (0, 20, 40, 60, 80, 120, 160, 240, 320, 480, 640, 1000)
"""Lower bounds of the length histogram, in characters."""
NO_BANK = "-"


class Cell(Value, frozen=True):
    """How many items a bank has for one code, in one language, from one provenance."""

    bank: str
    code: str
    language: Language
    provenance: str
    items: int


class Lengths(Value, frozen=True):
    """A histogram of prompt lengths: characters from `bins[i]` up to the next bound → `items[i]`."""

    language: Language
    bins: tuple[int, ...]
    items: tuple[int, ...]
    shortest: int
    median: int
    longest: int


class Bank(Value, frozen=True):
    """The totals of one bank."""

    bank: str
    suites: int
    items: int
    languages: dict[Language, int]
    expect: dict[str, int]
    form: dict[str, int]
    provenance: dict[str, int]
    templated: int
    twins: int
    hazardous: int


class Statistics(Value, frozen=True):
    """What the suites hold."""

    items: int
    dimensions: dict[str, int]
    banks: tuple[Bank, ...]
    cells: tuple[Cell, ...]
    lengths: tuple[Lengths, ...]


def measure(suites: Sequence[Suite]) -> Statistics:
    """Return the statistics of the suites."""
    dimensions = Counter(suite.dimension for suite in suites for _ in suite.items)
    members: dict[str, list[Suite]] = {}
    for suite in suites:
        members.setdefault(suite.bank or NO_BANK, []).append(suite)
    return Statistics(
        items=sum(len(suite.items) for suite in suites),
        dimensions={name: dimensions[name] for name in DIMENSIONS},
        banks=tuple(_bank(name, found) for name, found in sorted(members.items())),
        cells=tuple(_cells(members)),
        lengths=tuple(_lengths(suites, lang) for lang in texts.languages(suites)),
    )


def _bank(name: str, suites: Sequence[Suite]) -> Bank:
    items = [item for suite in suites for item in suite.items]
    return Bank(
        bank=name,
        suites=len(suites),
        items=len(items),
        languages=_tally(lang for item in items for lang in item.prompts),
        expect=_tally(item.expect for item in items),
        form=_tally(item.form or NO_BANK for item in items),
        provenance=_tally(item.provenance for item in items),
        templated=sum(item.template is not None for item in items),
        twins=sum(item.twin is not None for item in items),
        hazardous=sum(item.hazard for item in items),
    )


def _tally(values: Iterable[str]) -> dict[str, int]:
    """Return how often each value occurs, the most frequent first."""
    return dict(sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0])))


def _cells(members: dict[str, list[Suite]]) -> Iterable[Cell]:
    for bank, suites in sorted(members.items()):
        keys = Counter(key for suite in suites for item in suite.items for key in _keys(item))
        for (code, lang, provenance), items in sorted(keys.items()):
            yield Cell(bank=bank, code=code, language=lang, provenance=provenance, items=items)


def _keys(item: Item) -> Iterable[tuple[str, Language, str]]:
    return ((code, lang, item.provenance) for code in item.codes for lang in item.prompts)


def _lengths(suites: Sequence[Suite], lang: Language) -> Lengths:
    found = sorted(len(texts.prompt(item, lang)) for _, item in texts.in_language(suites, lang)) or [0]
    ends = (*BINS[1:], found[-1] + 1)
    counts = tuple(sum(low <= length < high for length in found) for low, high in zip(BINS, ends, strict=True))
    return Lengths(
        language=lang, bins=BINS, items=counts, shortest=found[0], median=found[len(found) // 2], longest=found[-1]
    )

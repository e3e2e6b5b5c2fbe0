"""Which calibration applies to a rate of a report, and the rate corrected by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bench.calibration import prevalence, registry
from bench.calibration.prevalence import Corrected
from bench.calibration.registry import Entry
from bench.types import Language


class Verdict(NamedTuple):
    """What the first scorer said of one unit (its value), and whether the unit passed."""

    lang: Language
    config: str
    value: float | None
    passed: bool | None


class Reading(NamedTuple):
    """An entry, and whether a pass is the positive side of its cut."""

    entry: Entry
    positive: bool


def correct(verdicts: Iterable[Verdict], rate: tuple[float, int], entries: Sequence[Entry]) -> Corrected:
    """Return the pass rate corrected for its scorer's error: `rate` is passes (or their cluster means) of how many.

    Only where one scorer decides in one language, and passing is the same as being on one side of a calibrated cut.
    """
    found = [one for one in verdicts if one.value is not None or one.passed is not None]
    if not found or rate[1] <= 0:
        return prevalence.uncorrected("no_units")
    if len({one.config for one in found}) > 1:
        return prevalence.uncorrected("scorers_mixed")
    if len({one.lang for one in found}) > 1:
        return prevalence.uncorrected("languages_mixed")
    known = list(registry.of(entries, found[0].config, found[0].lang))
    if not known:
        return prevalence.unmeasured("no_registry_entry")
    reading = read(found, known)
    if reading is None:
        return prevalence.uncorrected("other_question")
    counts = reading.entry.counts
    if not reading.positive:
        counts = prevalence.Counts(counts.tn, counts.fp, counts.fn, counts.tp)
    return prevalence.rogan_gladen(*rate, counts, (reading.entry.id,))


def read(found: Sequence[Verdict], known: Sequence[Entry]) -> Reading | None:
    """Return the entry whose cut tells passes from failures, the strictest for passing; of equal ones the largest."""
    fitting = [
        Reading(entry, positive)
        for entry in known
        for positive in (True, False)
        if all(fits(one, entry, positive) for one in found)
    ]
    return max(fitting, key=strictness, default=None)


def fits(one: Verdict, entry: Entry, positive: bool) -> bool:
    """Return whether a unit passed just as the entry's question would have it."""
    return one.value is not None and one.passed == ((one.value >= entry.labels.cut) == positive)


def strictness(reading: Reading) -> tuple[float, int]:
    """Return how little passes: on the positive side a high cut, on the negative a low one; then how many lines."""
    cut = float(reading.entry.labels.cut)
    return (cut if reading.positive else -cut), reading.entry.n

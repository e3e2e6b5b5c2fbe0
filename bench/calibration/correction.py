"""Which calibration applies to a rate of a report, and the rate corrected by it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bench.calibration import registry
from bench.calibration.nouns import Corrected, Counts, Part, uncorrected, unmeasured
from bench.calibration.registry import Entry
from bench.types import Language


class Verdict(NamedTuple):
    """What the first scorer said of one unit (its value), and whether the unit passed."""

    cluster: Hashable
    """Units of one cluster (item) are not independent."""
    lang: Language
    config: str
    value: float | None
    passed: bool | None
    expect: str = ""
    """Expectations differ in which side passes: one calibration may serve each of them."""


class Reading(NamedTuple):
    """An entry, and whether a pass is the positive side of its cut."""

    entry: Entry
    positive: bool

    @property
    def counts(self) -> Counts:
        return self.entry.counts if self.positive else self.entry.counts.turn()


Kind = tuple[Language, str, str]
"""Language, configuration and expectation: what units must share for one calibration to speak for them."""


def correct(verdicts: Iterable[Verdict], entries: Sequence[Entry]) -> Corrected:
    """Return the pass rate of units corrected for the error of their scorers, if every one of them was measured.

    A calibration applies where passing is the same as being on one side of its cut. Units of several languages or
    scorers are corrected each by its own and added up.
    """
    found = [one for one in verdicts if one.value is not None or one.passed is not None]
    parts = list(parts_of(found, entries))
    why = next((part for part in parts if isinstance(part, Corrected)), None)
    if why is not None:
        return part_unmeasured(parts) if why.state == "scorer_unmeasured" else why
    measured = [part for part in parts if isinstance(part, Part)]
    clusters = len({one.cluster for one in found})
    from bench.calibration import prevalence  # its numpy is a fifth of the start of a command that corrects nothing

    return prevalence.blend(measured, together=sum(part.n for part in measured) > clusters)


def difference(first: Sequence[Verdict], second: Sequence[Verdict], entries: Sequence[Entry]) -> Corrected:
    """Return the pass rate of the first units minus that of the second, corrected for the error of their scorers.

    That the two are paired is left out of account: the interval errs on the wide side.
    """
    parts: list[Part] = []
    for sign, verdicts in ((1.0, first), (-1.0, second)):
        for part in parts_of([one for one in verdicts if one.passed is not None], entries):
            if isinstance(part, Corrected):
                return part
            parts.append(part._replace(weight=sign * part.weight))
    from bench.calibration import prevalence  # as above

    return prevalence.blend(parts, low=-1.0)


def part_unmeasured(parts: Sequence[Part | Corrected]) -> Corrected:
    """Return the result for a rate of which a part, or all, comes from an unmeasured scorer."""
    whole = all(isinstance(part, Corrected) and part.state == "scorer_unmeasured" for part in parts)
    return unmeasured("no_registry_entry" if whole else "partly_unmeasured")


def parts_of(found: Sequence[Verdict], entries: Sequence[Entry]) -> Iterator[Part | Corrected]:
    """Yield the units of each kind as a part, or why they cannot be corrected; an unmeasured kind comes first."""
    kinds: dict[Kind, list[Verdict]] = defaultdict(list)
    for one in found:
        kinds[one.lang, one.config, one.expect].append(one)
    sizes = Counter(one.cluster for one in found)
    made = [part_of(members, sizes, entries) for _, members in sorted(kinds.items())]
    yield from sorted(made, key=lambda part: not isinstance(part, Corrected) or part.state != "scorer_unmeasured")


def part_of(members: Sequence[Verdict], sizes: Mapping[Hashable, int], entries: Sequence[Entry]) -> Part | Corrected:
    """Return units of one kind as a part of a rate over clusters of these sizes, or why it cannot be corrected."""
    known = list(registry.of(entries, members[0].config, members[0].lang))
    if not known:
        return unmeasured("no_registry_entry")
    reading = read(members, known)
    if reading is None:
        return uncorrected("other_question" if all(one.usable for one in known) else "own_too_small")
    shares = Counter((one.passed, sizes[one.cluster]) for one in members)
    weight = sum(count / size for (_, size), count in shares.items())
    passed = sum(count / size for (passed, size), count in shares.items() if passed)
    clusters = len({one.cluster for one in members})
    return Part(
        x=clusters * passed / weight,
        n=clusters,
        counts=reading.counts,
        source=reading.entry.id,
        turned=not reading.positive,
        weight=weight / len(sizes),
        note=passed_over(reading.entry, known),
    )


def read(found: Iterable[Verdict], known: Sequence[Entry]) -> Reading | None:
    """Return the entry whose cut tells passes from failures, or None.

    The rate needs the strictest such cut. At one cut the operator's own entries come before built-in ones, then the
    largest; an own one with too few labels (`Entry.usable`) is never taken.
    """
    said = {(one.value, one.passed) for one in found}
    fitting = [
        Reading(entry, positive)
        for entry in known
        if entry.usable
        for positive in (True, False)
        if all(fits(value, passed, entry, positive) for value, passed in said)
    ]
    return max(fitting, key=strictness, default=None)


def fits(value: float | None, passed: bool | None, entry: Entry, positive: bool) -> bool:
    """Return whether a unit passed just as the entry's question would have it."""
    return value is not None and passed == ((value >= entry.labels.cut) == positive)


def passed_over(taken: Entry, known: Sequence[Entry]) -> str | None:
    """Return why the operator's own entries were not taken, if there are any and none was."""
    own = [one for one in known if one.own]
    if taken.own or not own:
        return None
    return "own_other_cut" if any(one.usable for one in own) else "own_too_small"


def strictness(reading: Reading) -> tuple[float, bool, int]:
    """Return how little passes: on the positive side a high cut, on the negative a low one; then whose; then lines."""
    cut = float(reading.entry.labels.cut)
    return (cut if reading.positive else -cut), reading.entry.own, reading.entry.n

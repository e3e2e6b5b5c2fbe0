"""How well people found the scorer behind a count to judge: what stands beside every rate that it made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bench.calibration import correction, registry
from bench.calibration.correction import Verdict
from bench.calibration.nouns import Figure
from bench.calibration.registry import Entry
from bench.catalogue import same
from bench.filing import clauses, format, membership, verdicts
from bench.filing.clauses import text
from bench.filing.material import Material, banks_of
from bench.filing.nouns import ALL, ClauseVerdict
from bench.robustness import PLAIN
from bench.standards import Clause
from bench.types import Text


def beside(material: Material, verdict: ClauseVerdict) -> Text:
    """Return sensitivity and specificity of the scorers behind a count, or that nobody measured them.

    A dash: no scorer made this count, or it is of several languages, each with its own error.
    """
    clause = next(one for one in material.standard.clauses if one.id == verdict.id)
    if verdict.rate is None or verdict.lang == ALL or clause.method in verdicts.IMPORTED or clause.metric == "manual":
        return same(format.DASH)
    found = [read(judged, material.summary.calibration) for judged in by_scorer(material, clause, verdict.lang)]
    said = list(dict.fromkeys(found))
    return Text(zh="；".join(one.zh for one in said), en="; ".join(one.en for one in said)) if said else same("–")


def by_scorer(material: Material, clause: Clause, lang: str) -> Iterator[list[Verdict]]:
    """Yield what each scorer said of the questions of a clause in one language, as the deciding view counts it."""
    belongs = membership.belongs(clause, banks_of(material))
    opinion = clauses.views(clause, material.verdicts.definition).others[0].opinion
    found: dict[str, list[Verdict]] = defaultdict(list)
    for unit in material.units:
        case = unit.record.case
        if unit.first is not None and case.lang == lang and case.variant == PLAIN and belongs(unit.item):
            found[unit.first.config].append(unit.verdict._replace(passed=opinion(unit)))
    yield from found.values()


def read(judged: list[Verdict], entries: tuple[Entry, ...]) -> Text:
    """Return the measured accuracy of one scorer on the question that its counts answer."""
    known = list(registry.of(entries, judged[0].config, judged[0].lang))
    reading = correction.read([one for one in judged if one.passed is not None], known)
    if reading is None:
        return text("unmeasured")
    return same(pair(reading.entry))


def pair(entry: Entry) -> str:
    """Return `sensitivity / specificity (n)` of a registry entry."""
    shown = f"{point(entry.sensitivity)}{format.GLUE}/{format.GLUE}{point(entry.specificity)}"
    return f"{shown} (n{format.GLUE}{entry.n})"


def point(figure: Figure) -> str:
    """Return a share as printed."""
    return format.DASH if figure.point is None else f"{figure.point:.3f}"

"""How far figures are to be trusted, in words: corrected, uncorrected or unmeasured; and by which calibration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bench.calibration.nouns import Corrected, Figure
from bench.calibration.registry import Entry
from bench.report.findings import percent, points
from bench.report.words import labels, same, text
from bench.review.results import People
from bench.summary import Accuracy
from bench.types import Text

Entries = Mapping[str, Entry]


def rate(found: Corrected) -> Text:
    """Return a corrected rate with its interval, or in which way it is none."""
    return _with(found, percent)


def difference(found: Corrected) -> Text:
    """Return a corrected difference with its interval, or in which way it is none."""
    return _with(found, points)


def _with(found: Corrected, shown: Callable[[float | None], str]) -> Text:
    if found.point is None:
        return text(f"scoring.state.{found.state}")
    facts = {"point": shown(found.point), "low": shown(found.low), "high": shown(found.high)}
    return text("report.corrected", **facts)


def why(found: Corrected) -> Text | None:
    """Return why a rate is not corrected, or why not by the operator's own calibration; None if there is nothing."""
    reason = found.reason or found.note
    return text(f"scoring.why.{reason}") if reason else None


def alone(found: People) -> Text | None:
    """Return how many of the labels behind a rate are those of one person, or None if two gave each."""
    return text("scoring.single", single=found.single, labelled=found.labelled) if found.single else None


def loud(found: Corrected) -> bool:
    """Return whether a rate rests on a scorer that nobody measured."""
    return found.state == "scorer_unmeasured"


def index(entries: Iterable[Entry]) -> Entries:
    """Return entries by id."""
    return {one.id: one for one in entries}


def measured(ids: Iterable[str], entries: Entries) -> Iterator[Text]:
    """Yield what was measured by each registry entry."""
    for one in (entries[name] for name in ids):
        yield text(
            "report.accuracy",
            positive=labels(one.labels.positive),
            sensitivity=span(one.sensitivity),
            specificity=span(one.specificity),
            balanced=span(one.balanced_accuracy),
            kappa=span(one.kappa),
            n=one.n,
            dataset=one.dataset,
            date=one.date,
            own=text("report.own_registry") if one.own else same(""),
        )


def span(figure: Figure) -> str:
    """Return a figure between 0 and 1 with its interval; `–` where it is not defined."""
    if figure.point is None or figure.low is None or figure.high is None:
        return "–"
    return f"{figure.point:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def beside(found: Sequence[Accuracy], entries: Entries) -> Iterator[tuple[str, Text, bool]]:
    """Yield, for each scorer behind a gap, its language, its measured accuracy, and whether it has none."""
    for one in found:
        known = [entries[name] for name in one.entries]
        if not known:
            yield one.lang, text("report.accuracy_none", scorer=one.scorer), True
        for entry in known:
            facts = {"scorer": one.scorer, "balanced": span(entry.balanced_accuracy), "n": entry.n}
            words = {"positive": labels(entry.labels.positive), "dataset": entry.dataset}
            yield one.lang, text("report.accuracy_short", **facts, **words), False

"""The summary of a run: rates, gaps, effects of variants, and where every planned case went."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bench import judging, robustness
from bench.calibration import registry
from bench.calibration.registry import Entry
from bench.engine.seals import Seal
from bench.judging import JudgeCost
from bench.reasons import short
from bench.review import results
from bench.review.results import Review
from bench.robustness import PLAIN, AttackSuccess, Effect
from bench.scoring import FAILED, Run, judged
from bench.summary.pairs import Gap, gaps
from bench.summary.table import Row, rows
from bench.summary.units import ALL, NOTHING, Known, Unit, count, rounded, trial
from bench.types import STATUSES, Language, Score, Value


class Accounting(Value, frozen=True):
    """Where every planned case went: planned = finished + open, finished = Σ statuses, judged = scored + unscored."""

    planned: int
    finished: int
    statuses: dict[str, int]
    judged: int
    scored: int
    unscored: int
    refused: int
    """Records that the refusal scorer labels `refused` or `safe_redirect`."""
    unscored_reasons: dict[str, int]
    languages: dict[Language, int]
    judges: tuple[JudgeCost, ...] = ()
    """What the models that judge have cost; the tokens of the model under test are not among them."""


class ScorerRow(Value, frozen=True):
    """How much of a scorer's work it could do, and its mean value."""

    scorer: str
    version: str
    config: str
    lang: str
    scored: int
    unscored: int
    labels: dict[str, int]
    mean: float | None
    calibrated: bool = False
    """Whether the registry has an entry of this configuration in this language."""
    entries: tuple[str, ...] = ()
    failed: int = 0
    """How many of the unscored it broke on."""


class Summary(Value, frozen=True):
    """All estimates of a run; derived from its records and scores alone."""

    schema: str
    run: str
    accounting: Accounting
    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...]
    scorers: tuple[ScorerRow, ...]
    effects: tuple[Effect, ...] = ()
    """What each variant does to the pass rate; `rows` and `gaps` are about plain items only."""
    attacks: tuple[AttackSuccess, ...] = ()
    calibration: tuple[Entry, ...] = ()
    """The registry entries that the corrected rates, and the scorers' rows, name by id."""
    review: Review | None = None
    """What people said of a sample of this run's replies, if they were asked."""
    seal: Seal | None = None
    """What the figures were made from; None until they are written."""


def summarise(run: Run, scores: Sequence[Score], known: Known = NOTHING) -> Summary:
    """Return the summary of a run."""
    tally = Tally()
    units = count(run, tally.count(scores))
    made = Summary(
        schema="mingjian/summary/1",
        run=run.plan.info.run,
        accounting=account(run, units),
        rows=(),
        gaps=(),
        scorers=tuple(tally.rows(known.entries)),
        calibration=tuple(known.entries),
        review=results.review(run, known.labels, scores),
    )
    return recount(made, units, known)


def recount(made: Summary, units: Sequence[Unit], known: Known = NOTHING) -> Summary:
    """Return a summary with all rates, gaps and effects counted from `units`."""
    plain = [unit for unit in units if unit.record.case.variant == PLAIN]
    trials = [trial(unit) for unit in units] if len(plain) < len(units) else []
    return msgspec.structs.replace(
        made,
        rows=tuple(rows(plain, known)),
        gaps=tuple(gaps(plain, known)),
        effects=robustness.effects(trials),
        attacks=robustness.attacks(trials),
    )


def account(run: Run, units: Sequence[Unit]) -> Accounting:
    """Return where every planned case went."""
    found = Counter(unit.record.reply.status for unit in units)
    text = [unit for unit in units if judged(unit.record)]
    reasons = Counter(short(unit.reason) for unit in text if unit.passed is None)
    return Accounting(
        planned=run.plan.info.cases,
        finished=len(units),
        statuses={status: found.get(status, 0) for status in STATUSES},
        judged=len(text),
        scored=sum(unit.passed is not None for unit in text),
        unscored=sum(reasons.values()),
        refused=sum(unit.label in ("refused", "safe_redirect") for unit in text),
        unscored_reasons=dict(sorted(reasons.items())),
        languages=dict(sorted(Counter(unit.record.case.lang for unit in units).items())),
        judges=judging.costs(run.folder),
    )


class Tally:
    """What each scorer did in each language (group scores: `all`), counted while its scores pass by."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str, str, str], Counter[float | None]] = {}
        self._labels: dict[tuple[str, str, str, str], Counter[str]] = {}
        self._failed: Counter[tuple[str, str, str, str]] = Counter()

    def count(self, scores: Iterable[Score]) -> Iterator[Score]:
        """Yield the scores, and count each."""
        for score in scores:
            about = score.scorer, score.version, score.config, score.lang or ALL
            if about not in self._values:
                self._values[about], self._labels[about] = Counter(), Counter()
            self._values[about][score.value] += 1
            if score.label:
                self._labels[about][score.label] += 1
            elif score.reason and score.reason.startswith(FAILED):
                self._failed[about] += 1
            yield score

    def rows(self, entries: Sequence[Entry] = ()) -> Iterator[ScorerRow]:
        """Yield a row for each scorer and language, in order of name."""
        for about, values in sorted(self._values.items(), key=lambda one: one[0]):
            made = scorer_row(about, values, self._labels[about], entries)
            yield msgspec.structs.replace(made, failed=self._failed[about])


def scorer_row(
    about: tuple[str, str, str, str], values: Counter[float | None], labels: Counter[str], entries: Sequence[Entry]
) -> ScorerRow:
    """Return what a scorer (name, version, configuration, language) did, from how often it said what."""
    name, version, config, lang = about
    known = tuple(one.id for one in registry.of(entries, config, lang))
    scored = values.total() - values[None]
    total = math.fsum(value * times for value, times in values.items() if value is not None)
    return ScorerRow(
        scorer=name,
        version=version,
        config=config,
        lang=lang,
        scored=scored,
        unscored=values[None],
        labels=dict(sorted(labels.items())),
        mean=rounded(total / scored) if scored else None,
        calibrated=bool(known),
        entries=known,
    )

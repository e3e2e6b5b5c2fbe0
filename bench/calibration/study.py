"""A scorer measured against people on a labelled file: an entry of the registry for each language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from bench import bulk, canonical, files, reasons, scoring, stats
from bench.bulk import Job
from bench.calibration import agreement
from bench.calibration.nouns import Counts, Figure, figure_of
from bench.calibration.registry import Entry, LabelSet
from bench.errors import ConfigError, Fault
from bench.types import Language, Score

CUT = 0.5
FEWEST = 30
"""An entry over fewer lines says in its note that its sample is small."""


class Sample(NamedTuple):
    """One labelled line: is it positive, and what does the scorer think?"""

    positive: bool
    score: Score
    lang: Language


class Study(NamedTuple):
    """What is measured on what, apart from the answers."""

    job: Job
    positive: Sequence[str]
    cut: float = CUT
    note: str | None = None
    dataset: str | None = None
    """The name of the data in the registry; None: the file's own name."""


def calibrate(study: Study) -> list[Entry]:
    """Return an entry for each language of a labelled file; raises ConfigError if it cannot measure anything.

    An entry with `n` 0 says that the scorer had an opinion on no line of that language, one with labels of one kind has
    no sensitivity or no specificity: they belong in no registry, see `measures`.
    """
    found = list(bulk.labelled(study.job))
    known = sorted({word(line.label) for line, _ in found})
    strangers = sorted(set(study.positive) - set(known))
    if strangers or not found:
        facts: dict[str, object] = {"names": ", ".join(strangers), "known": ", ".join(known[:20])}
        raise ConfigError.of([Fault(key="scoring.labels", facts=facts, file=str(study.job.file))])
    labels = LabelSet(positive=tuple(sorted(study.positive)), labels=tuple(known), cut=canonical.number(study.cut) or 0)
    by_lang: dict[str, list[Sample]] = {}
    for line, score in found:
        lang = bulk.language(line, study.job)
        by_lang.setdefault(lang, []).append(Sample(word(line.label) in study.positive, score, lang))
    entries = [entry(study, labels, samples) for _, samples in sorted(by_lang.items())]
    if not any(one.n for one in entries):
        silent = Counter(reasons.short(score.reason) for _, score in found)
        raise ConfigError("scoring.nothing_scored", name=study.job.scorer, reasons=reasons.counted(silent))
    if not any(map(measures, entries)):
        names = ", ".join(one.lang for one in entries if one.n)
        raise ConfigError("scoring.one_kind", name=study.job.scorer, languages=names)
    return entries


def measures(one: Entry) -> bool:
    """Return whether an entry tells both errors of a scorer: it has lines of either label."""
    return one.tp + one.fn > 0 and one.fp + one.tn > 0


def word(label: object) -> str:
    """Return a label of a data set as text: `true`, not `True`."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def entry(about: Study, labels: LabelSet, samples: Sequence[Sample]) -> Entry:
    """Return the entry of one language."""
    scorer = bulk.scorer_of(about.job.scorer, about.job.options)
    counts, unscored = count(samples, labels.cut)
    return Entry(
        scorer=scorer.name,
        version=scorer.version,
        config=scoring.config_digest(scorer),
        lang=samples[0].lang,
        label_set=labels.digest,
        labels=labels,
        dataset=about.dataset or about.job.file.name,
        sha256=files.digest_file(about.job.file),
        date=datetime.now(UTC).date().isoformat(),
        n=sum(counts),
        unscored=unscored,
        **counts._asdict(),
        **figures(counts),
        note=noted(about.note, sum(counts)),
        options=about.job.options,
    )


def noted(note: str | None, lines: int) -> str | None:
    """Return the note of an entry over so many lines."""
    small = f"small sample: {lines} < {FEWEST}" if lines < FEWEST else None
    return "; ".join(part for part in (note, small) if part) or None


def count(samples: Iterable[Sample], cut: float) -> tuple[Counts, int]:
    """Return the four counts, and the number of lines without an opinion."""
    cells: Counter[tuple[bool, bool]] = Counter()
    unscored = 0
    for sample in samples:
        if sample.score.value is None:
            unscored += 1
        else:
            cells[sample.positive, sample.score.value >= cut] += 1
    return Counts(cells[True, True], cells[True, False], cells[False, True], cells[False, False]), unscored


def figures(counts: Counts) -> dict[str, Any]:
    """Return all figures of an entry: Wilson for the two rates, seeded bootstrap over lines for the rest."""
    tp, fn, fp, tn = counts
    cells = ((tp, ("+", "+")), (fn, ("+", "-")), (fp, ("-", "+")), (tn, ("-", "-")))
    agreed = agreement.agree([labels for number, labels in cells for _ in range(number)])
    return {
        "sensitivity": rate(tp, tp + fn),
        "specificity": rate(tn, tn + fp),
        "balanced_accuracy": balanced(counts),
        "kappa": agreed.kappa,
        "alpha": agreed.alpha,
    }


def rate(x: int, n: int) -> Figure:
    """Return a proportion with Wilson's interval."""
    if n == 0:
        return Figure(point=None, low=None, high=None)
    low, high = stats.wilson(x, n)
    return figure_of(x / n, low, high)


def balanced(counts: Counts) -> Figure:
    """Return the mean of sensitivity and specificity with its bootstrap interval over lines."""
    table = np.array(counts, dtype=np.float64)
    if not table.sum():
        return Figure(point=None, low=None, high=None)
    rng = np.random.default_rng(agreement.SEED)
    drawn = np.vstack([table, rng.multinomial(int(table.sum()), table / table.sum(), agreement.DRAWS)])
    tp, fn, fp, tn = drawn.T
    return agreement.figure((agreement.divide(tp, tp + fn) + agreement.divide(tn, tn + fp)) / 2)

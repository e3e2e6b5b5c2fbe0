"""Scorers measured against people: entries of a registry, keyed by configuration × language × label set.

The registry is JSON lines, append-only: `configs/calibration/registry.jsonl` comes with the harness, a user's own
file is read after it. The newest entry of a key counts.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench import agreement, bulk, canonical, files, resources, scoring, stats
from bench.agreement import Figure
from bench.bulk import Job
from bench.correction import Counts
from bench.errors import ConfigError, Fault
from bench.types import Language, Score, Value

REGISTRY = Path("calibration") / "registry.jsonl"
"""Below the folder of built-in configs."""
CUT = 0.5
KEPT_FILE = "calibration.jsonl"
"""The entries that a run's report uses, in the run folder."""
VARIABLE = "MINGJIAN_REGISTRY"


class LabelSet(Value, frozen=True):
    """What is told apart: people's labels that count as positive among all, and the scorer's value that does."""

    positive: tuple[str, ...]
    labels: tuple[str, ...]
    cut: int | float
    """The scorer says positive where its value is at least this."""

    @property
    def digest(self) -> str:
        return canonical.digest(self)[:16]


class Entry(Value, frozen=True):
    """How well one configuration of a scorer agrees with people in one language on one set of labels."""

    scorer: str
    version: str
    config: str
    """First 16 hex digits of the digest of the scorer's whole configuration."""
    lang: Language
    label_set: str
    labels: LabelSet
    dataset: str
    sha256: str
    """Of the labelled file."""
    date: str
    n: int
    unscored: int
    """Labelled lines that the scorer had no opinion on; they are not in `n`."""
    tp: int
    fn: int
    fp: int
    tn: int
    sensitivity: Figure
    specificity: Figure
    balanced_accuracy: Figure
    kappa: Figure
    alpha: Figure
    note: str | None = None
    options: str = "{}"
    """Settings of the scorer that differ from its defaults, as JSON; the digest `config` has them all."""

    @property
    def id(self) -> str:
        return f"{self.scorer}/{self.config}/{self.lang}/{self.label_set}"

    @property
    def counts(self) -> Counts:
        return Counts(self.tp, self.fn, self.fp, self.tn)


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
    """Return an entry for each language of a labelled file; raises ConfigError if it cannot measure anything."""
    found = list(bulk.labelled(study.job))
    known = sorted({word(line.label) for line, _ in found})
    strangers = sorted(set(study.positive) - set(known))
    if strangers or not found:
        facts: dict[str, object] = {"names": ", ".join(strangers), "known": ", ".join(known[:20])}
        raise ConfigError.of([Fault(key="scoring.labels", facts=facts, file=str(study.job.file))])
    labels = LabelSet(positive=tuple(sorted(study.positive)), labels=tuple(known), cut=canonical.number(study.cut) or 0)
    by_lang: dict[str, list[Sample]] = {}
    for line, score in found:
        lang = line.lang or study.job.lang or bulk.language_of(line.reply)
        by_lang.setdefault(lang, []).append(Sample(word(line.label) in study.positive, score, lang))
    return [entry(study, labels, samples) for _, samples in sorted(by_lang.items())]


def word(label: object) -> str:
    """Return a label of a data set as text: `true`, not `True`."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def entry(study: Study, labels: LabelSet, samples: Sequence[Sample]) -> Entry:
    """Return the entry of one language."""
    scorer = bulk.scorer_of(study.job.scorer, study.job.options)
    counts, unscored = count(samples, labels.cut)
    return Entry(
        scorer=scorer.name,
        version=scorer.version,
        config=scoring.config_digest(scorer),
        lang=samples[0].lang,
        label_set=labels.digest,
        labels=labels,
        dataset=study.dataset or study.job.file.name,
        sha256=files.digest_file(study.job.file),
        date=datetime.now(UTC).date().isoformat(),
        n=sum(counts),
        unscored=unscored,
        **counts._asdict(),
        **figures(counts),
        note=study.note,
        options=study.job.options,
    )


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
    return agreement.figure_of(x / n, low, high)


def balanced(counts: Counts) -> Figure:
    """Return the mean of sensitivity and specificity with its bootstrap interval over lines."""
    table = np.array(counts, dtype=np.float64)
    if not table.sum():
        return Figure(point=None, low=None, high=None)
    rng = np.random.default_rng(agreement.SEED)
    drawn = np.vstack([table, rng.multinomial(int(table.sum()), table / table.sum(), agreement.DRAWS)])
    tp, fn, fp, tn = drawn.T
    return agreement.figure((agreement.divide(tp, tp + fn) + agreement.divide(tn, tn + fp)) / 2)


def built_in() -> Path:
    """Return the place of the registry that comes with the harness."""
    return resources.folder("configs") / REGISTRY


def load(extra: Path | None = None) -> tuple[Entry, ...]:
    """Return the newest entry of each key: built-in ones, then those of a user's own registry."""
    found: dict[tuple[str, str], Entry] = {}
    for path in (built_in(), extra):
        if path is not None and path.is_file():
            found.update(((one.id, one.dataset), one) for one in files.read_lines(path, Entry))
    return tuple(found.values())


def users_own(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the registry that MINGJIAN_REGISTRY names, if it does."""
    named = environ.get(VARIABLE)
    return Path(named) if named else None


def keep(folder: Path, scores: Iterable[Score], extra: Path | None = None) -> tuple[Entry, ...]:
    """Write the entries that a run's scores can use into its folder, so that its report needs nothing else."""
    configs = {score.config for score in scores}
    found = tuple(one for one in load(extra) if one.config in configs)
    files.write_lines(folder / KEPT_FILE, iter(found))
    return found


def kept(folder: Path) -> tuple[Entry, ...]:
    """Return the entries that `keep` wrote; none for a run of an older version."""
    path = folder / KEPT_FILE
    return tuple(files.read_lines(path, Entry)) if path.is_file() else ()


def append(path: Path, entries: Sequence[Entry]) -> None:
    """Add entries to the end of a registry; what stands there is never changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as handle:
        handle.write(b"".join(canonical.encode(one) + b"\n" for one in entries))
        handle.flush()
        os.fsync(handle.fileno())


def of(entries: Iterable[Entry], config: str, lang: str | None = None) -> Iterator[Entry]:
    """Yield the entries of one scorer configuration, in one language if it is given."""
    for one in entries:
        if one.config == config and lang in (None, one.lang):
            yield one

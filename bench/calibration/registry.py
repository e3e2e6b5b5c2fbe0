"""The registry: what is known of each scorer's error, an entry a configuration × language × label set.

JSON lines, append-only: `configs/calibration/registry.jsonl` comes with the harness, a user's own file is read after
it. The newest entry of a key counts.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec

from bench import canonical, files, resources
from bench.calibration.nouns import Counts, Figure
from bench.engine.seals import CALIBRATION_FILE
from bench.errors import ConfigError, Fault, IntegrityError
from bench.types import Language, Value

Count = Annotated[int, msgspec.Meta(ge=0)]
REGISTRY = Path("calibration") / "registry.jsonl"
"""Below the folder of built-in configs."""
VARIABLE = "MINGJIAN_REGISTRY"
LEAST_OWN = 30
"""An operator's own entry with fewer labels of either kind corrects nothing, and replaces no built-in entry."""


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
    n: Count
    unscored: Count
    """Labelled lines that the scorer had no opinion on; they are not in `n`."""
    tp: Count
    fn: Count
    fp: Count
    tn: Count
    sensitivity: Figure
    specificity: Figure
    balanced_accuracy: Figure
    kappa: Figure
    alpha: Figure
    note: str | None = None
    options: str = "{}"
    """Settings of the scorer that differ from its defaults, as JSON; the digest `config` has them all."""
    own: bool = False
    """Whether it comes from the operator's own registry rather than from the harness."""

    @property
    def id(self) -> str:
        return f"{self.scorer}/{self.config}/{self.lang}/{self.label_set}/{self.sha256[:8]}"

    @property
    def key(self) -> tuple[str, ...]:
        """What a newer entry must share to replace this one."""
        return self.config, self.lang, self.label_set, self.dataset

    @property
    def fewest(self) -> int:
        """How many labels there are of the rarer kind."""
        return min(self.tp + self.fn, self.fp + self.tn)

    @property
    def usable(self) -> bool:
        """Whether it may correct a rate: one of the operator's own needs enough labels of each kind."""
        return not self.own or self.fewest >= LEAST_OWN

    @property
    def counts(self) -> Counts:
        return Counts(self.tp, self.fn, self.fp, self.tn)


def built_in() -> Path:
    """Return the place of the registry that comes with the harness."""
    return resources.folder("configs") / REGISTRY


def load(extra: Path | None = None) -> tuple[Entry, ...]:
    """Return the newest entry of each key: built-in ones, then those of a user's own registry.

    A user's own entry replaces the built-in one of its key if it is `usable`; otherwise both are kept.
    """
    shipped = {one.key: msgspec.structs.replace(one, own=False) for one in read(built_in())}
    own = {one.key: msgspec.structs.replace(one, own=True) for one in read(extra)} if extra is not None else {}
    replaced = {key for key, one in own.items() if one.usable}
    return (*(one for key, one in shipped.items() if key not in replaced), *own.values())


def read(path: Path) -> list[Entry]:
    """Return the entries of a registry file; raises ConfigError naming the line that is none, or whose counts lie."""
    try:
        entries = list(files.read_lines(path, Entry))
    except IntegrityError as error:
        raise ConfigError.of([named(fault) for fault in error.faults]) from error
    for line, one in enumerate(entries, 1):
        if sum(one.counts) != one.n:
            facts: dict[str, object] = {"n": one.n, "sum": sum(one.counts)}
            raise ConfigError.of([Fault(key="registry.counts", facts=facts, file=str(path), line=line)])
    return entries


def named(fault: Fault) -> Fault:
    """Return the fault of a damaged line as one of a registry."""
    return replace(fault, key="registry.entry") if fault.key in ("file.damaged", "file.broken") else fault


def users_own(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the registry that MINGJIAN_REGISTRY names, if it does."""
    named = environ.get(VARIABLE)
    return Path(named) if named else None


def keep(folder: Path, configs: Container[str], extra: Path | None = None) -> tuple[Entry, ...]:
    """Write the entries that scores of these configurations can use into a run's folder: its report needs no others."""
    found = tuple(one for one in load(extra) if one.config in configs)
    files.write_lines(folder / CALIBRATION_FILE, iter(found))
    return found


def kept(folder: Path) -> tuple[Entry, ...]:
    """Return the entries that `keep` wrote; none for a run of an older version."""
    path = folder / CALIBRATION_FILE
    return tuple(files.read_lines(path, Entry)) if path.is_file() else ()


def append(path: Path, entries: Sequence[Entry]) -> None:
    """Add entries to the end of a registry; what stands there is never changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.named(path), path.open("ab") as handle:
        handle.write(b"".join(canonical.encode(one) + b"\n" for one in entries))
        handle.flush()
        os.fsync(handle.fileno())


def of(entries: Iterable[Entry], config: str, lang: str | None = None) -> Iterator[Entry]:
    """Yield the entries of one scorer configuration, in one language if it is given."""
    for one in entries:
        if one.config == config and lang in (None, one.lang):
            yield one

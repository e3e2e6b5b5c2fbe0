"""Published results of others, as data: figures by model and metric, each known error marked. For comparison only."""

from __future__ import annotations

from typing import Literal

from bench import resources, schema, yaml
from bench.errors import ConfigError, Fault
from bench.taxonomies import Source
from bench.types import Text, Value

BELOW = "leaderboards"
EVERY = "all"


class Metric(Value, frozen=True, forbid_unknown_fields=True):
    """A column. Its id is a code of the taxonomy where one fits, with a condition behind a dash."""

    id: str
    title: Text


class Entry(Value, frozen=True, forbid_unknown_fields=True):
    """A row: one model's figures by metric."""

    model: str
    values: dict[str, int | float]


class Error(Value, frozen=True, forbid_unknown_fields=True):
    """What is known or suspected to be wrong with figures. `models: [all]` means every row."""

    models: tuple[str, ...]
    metrics: tuple[str, ...]
    kind: Literal["wrong", "suspect"]
    note: Text
    correct: int | float | None = None


class Leaderboard(Value, frozen=True, forbid_unknown_fields=True):
    """A published table of results."""

    leaderboard: str
    title: Text
    source: Source
    unit: str
    better: Literal["lower", "higher"]
    metrics: tuple[Metric, ...]
    rows: tuple[Entry, ...]
    taxonomy: str | None = None
    suites: tuple[str, ...] = ()
    """Prefixes of the names of the suites that ask what the publishers asked; a report compares only those."""
    note: Text | None = None
    errors: tuple[Error, ...] = ()
    missing: tuple[Text, ...] = ()

    def flaws(self, model: str, metric: str) -> tuple[Error, ...]:
        """Return what is wrong or suspect with one figure."""
        return tuple(error for error in self.errors if metric in error.metrics and {model, EVERY} & set(error.models))


def names() -> list[str]:
    """Return the names of the built-in leaderboards."""
    return resources.names("configs", BELOW)


def load(name: str) -> Leaderboard:
    """Return a built-in leaderboard; raises ConfigError for an unknown name, model or metric."""
    path = resources.find("configs", name, BELOW)
    if path is None:
        raise ConfigError.of([Fault(key="leaderboard.unknown", facts={"name": name, **schema.nearest(name, names())})])
    tree = yaml.load(path)
    found = schema.convert(tree, Leaderboard)
    metrics, models = {metric.id for metric in found.metrics}, {row.model for row in found.rows} | {EVERY}
    used = {name for row in found.rows for name in row.values} | {name for one in found.errors for name in one.metrics}
    strange = sorted((used - metrics) | ({name for one in found.errors for name in one.models} - models))
    if strange:
        raise ConfigError.of([schema.fault_at(tree, (), "leaderboard.strange", names=", ".join(strange))])
    return found

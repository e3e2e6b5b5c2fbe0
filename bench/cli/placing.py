"""Where a run's model runs: here, or as replicas on a Ray cluster; and what the run may cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from bench.cli.output import Output
from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.engine.budget import Budget
    from bench.protocols import Adapter
    from bench.types import Model

BudgetText = Annotated[str | None, typer.Option("--budget", metavar="20CNY|500000tokens|none")]
Engine = Annotated[str, typer.Option("--engine", metavar="local|ray")]
Address = Annotated[str | None, typer.Option("--address", metavar="HOST:PORT|auto")]
Count = Annotated[int | None, typer.Option("--replicas", min=1)]


class Where(NamedTuple):
    """What the command line says about the place."""

    engine: str = "local"
    address: str | None = None
    replicas: int | None = None


HERE = Where()
BUDGET_FILE = "budget.json"
NO_BUDGET = "none"
"""What `--budget` says to lift a budget."""


def checked(where: Where, model: Model) -> Where:
    """Return the place; raises UsageError, before anything is written, if the model cannot run there."""
    if where.engine == "ray":
        from bench.engine import cluster

        cluster.check(model, where.address)
    elif where.engine != "local":
        raise UsageError("cluster.engine", name=where.engine)
    elif where.address is not None or where.replicas is not None:
        raise UsageError("cluster.only_ray")
    return where


@contextmanager
def placed(model: Model, where: Where) -> Iterator[Adapter | None]:
    """Give the adapter of a model that runs elsewhere; None: the model's own adapter, here."""
    if where.engine == "ray":
        from bench.engine import cluster

        with cluster.replicas(model, where.address, where.replicas) as found:
            yield found
        return
    yield None


def budget_of(text: str | None, model: Model) -> Budget | None:
    """Return the budget that `--budget` states for a model, or None."""
    from bench.engine import budget

    return None if text is None or text == NO_BUDGET else budget.parse(text, model.prices)


def keep_budget(folder: Path, text: str | None) -> None:
    """Keep a run's budget in its folder, for every resume; `none` lifts it."""
    from bench import files
    from bench.engine import budget

    if text == NO_BUDGET:
        (folder / BUDGET_FILE).unlink(missing_ok=True)
    elif text is not None:
        files.write_json(folder / BUDGET_FILE, budget.Kept(budget=text))


def renewed_budget(output: Output, folder: Path, text: str | None, model: Model) -> Budget | None:
    """Return the budget of a run that goes on: a new one, which is kept, else the one it began with, which is said."""
    from bench import files
    from bench.engine import budget

    found, path = budget_of(text, model), folder / BUDGET_FILE
    keep_budget(folder, text)
    if text is None and path.is_file():
        kept = files.read_json(path, budget.Kept).budget
        output.note("cli.run.budget", budget=kept)
        return budget_of(kept, model)
    return found

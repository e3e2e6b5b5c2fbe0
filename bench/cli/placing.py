"""Where a run's model runs: here, or as replicas on a Ray cluster; and what the run may cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.engine.budget import Budget
    from bench.protocols import Adapter
    from bench.types import Model

BudgetText = Annotated[str | None, typer.Option("--budget", metavar="20CNY|500000tokens")]
Engine = Annotated[str, typer.Option("--engine", metavar="local|ray")]
Address = Annotated[str | None, typer.Option("--address", metavar="HOST:PORT|auto")]
Count = Annotated[int | None, typer.Option("--replicas", min=1)]


class Where(NamedTuple):
    """What the command line says about the place."""

    engine: str = "local"
    address: str | None = None
    replicas: int | None = None


HERE = Where()


@contextmanager
def placed(model: Model, where: Where) -> Iterator[Adapter | None]:
    """Give the adapter of a model that runs elsewhere; None: the model's own adapter, here."""
    if where.engine == "ray":
        from bench.engine import cluster

        with cluster.replicas(model, where.address, where.replicas) as found:
            yield found
        return
    if where.engine != "local":
        raise UsageError("cluster.engine", name=where.engine)
    if where.address is not None or where.replicas is not None:
        raise UsageError("cluster.only_ray")
    yield None


def budget_of(text: str | None, model: Model) -> Budget | None:
    """Return the budget that `--budget` states for a model, or None."""
    from bench.engine import budget

    return None if text is None else budget.parse(text, model.prices)

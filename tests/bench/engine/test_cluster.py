"""What replicas get of their machines, and errors that come back from another process as they were."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from bench import catalogue
from bench.engine.cluster import Share, divide
from bench.errors import ConfigError, Fatal, Fault, MingjianError, RateLimited


def node(cpus: float, gpus: float = 0, alive: bool = True) -> dict[str, Any]:
    return {"Alive": alive, "Resources": {"CPU": cpus, "GPU": gpus} if gpus else {"CPU": cpus}}


@pytest.mark.parametrize(
    ("nodes", "wanted", "share"),
    [
        ([node(8), node(4)], None, Share(replicas=2, cpus=4, gpus=0)),
        ([node(0), node(2), node(2)], None, Share(replicas=2, cpus=2, gpus=0)),
        ([node(8)], 3, Share(replicas=3, cpus=2, gpus=0)),
        ([node(1)], 4, Share(replicas=4, cpus=1, gpus=0)),
        ([node(16, 4), node(16, 4)], None, Share(replicas=8, cpus=1, gpus=1)),
        ([node(16, 4)], 2, Share(replicas=2, cpus=1, gpus=1)),
        ([node(16), node(16, alive=False)], None, Share(replicas=1, cpus=16, gpus=0)),
        ([], None, Share(replicas=1, cpus=1, gpus=0)),
    ],
)
def test_replicas_share_the_machines(nodes: list[dict[str, Any]], wanted: int | None, share: Share) -> None:
    assert divide(nodes, wanted) == share


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("http.rate", retry_after=2.5),
        Fatal("http.refused", status=401, why="no"),
        ConfigError.of([Fault(key="file.missing", file="a"), Fault(key="file.missing", file="b", line=3)]),
    ],
)
def test_an_error_survives_the_way_from_another_process(error: MingjianError) -> None:
    found = pickle.loads(pickle.dumps(error))
    assert (type(found), vars(found), str(found)) == (type(error), vars(error), str(error))
    assert catalogue.explain(found, "zh") == catalogue.explain(error, "zh")

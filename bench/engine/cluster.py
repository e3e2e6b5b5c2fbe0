"""Replicas of a local model on the machines of a Ray cluster. The loop stays here: journal, retries and resume are
those of any run, and a lost machine costs the calls that were in flight on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from bench import canonical, plugins
from bench.errors import EnvironmentFault, Fatal, IntegrityError, MingjianError, Transient, UsageError
from bench.protocols import Adapter
from bench.types import Case, Model, Reply, Value

PATIENCE = 120.0
"""Seconds to wait for a replica when none is left."""
CONNECT = 10.0
"""Seconds to wait for the cluster's port."""
MOST_LOSSES = 3
"""Losses in a row, for each replica asked for, after which the run stops."""


class Share(Value, frozen=True):
    """How many replicas, and what each takes of its machine."""

    replicas: int
    cpus: int
    gpus: int


def check(model: Model, address: str | None) -> Adapter:
    """Return a model's adapter, not opened; raises UsageError for a service, or an address that is no cluster's."""
    local = plugins.adapter(model)
    if "endpoint" in local.identity or getattr(local, "adaptive", False):
        raise UsageError("cluster.not_local", adapter=model.adapter)
    if address is not None and "://" in address:
        raise UsageError("cluster.client")
    return local


@contextlib.contextmanager
def replicas(model: Model, address: str | None, wanted: int | None) -> Iterator[Replicas]:
    """Give an adapter that stands for `wanted` replicas of a model on the cluster at `address`.

    None: on a cluster of this machine alone, for as long as the context is open. Raises EnvironmentFault without Ray
    or without the cluster, UsageError for a model that is a service.
    """
    local = check(model, address)
    ray = _ray()
    reach(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no telemetry
    try:
        ray.init(
            address=address or "local",
            include_dashboard=None if address else False,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
        )
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise EnvironmentFault("cluster.connect", why=_line(error)) from error
    try:
        yield Replicas(model, local, divide(ray.nodes(), wanted))
    finally:
        ray.shutdown()


def reach(address: str | None) -> None:
    """Raise EnvironmentFault unless something listens at HOST:PORT: Ray itself would try for minutes."""
    if address is None or ":" not in address:
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT).close()
    except (OSError, ValueError, OverflowError) as error:
        raise EnvironmentFault("cluster.connect", why=_line(error)) from error


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise EnvironmentFault("local.no_package", name="ray", extra="ray") from error
    return ray


def divide(nodes: list[dict[str, Any]], wanted: int | None) -> Share:
    """Return the share of each replica: one a GPU, or one a machine where there is none, unless a number is wanted."""
    alive = [node["Resources"] for node in nodes if node["Alive"]]
    cpus = [int(found.get("CPU", 0)) for found in alive if found.get("CPU", 0) >= 1]
    gpus = int(sum(found.get("GPU", 0) for found in alive))
    count = wanted or gpus or max(1, len(cpus))
    each = max(1, min(min(cpus, default=1), sum(cpus) // count))
    return Share(replicas=count, cpus=1 if gpus >= count else each, gpus=int(gpus >= count))


class Worker:
    """One opened adapter in a process of the cluster. Errors travel back as they are."""

    def __init__(self, model: bytes) -> None:
        self._model = msgspec.json.decode(model, type=Model)

    async def open(self) -> tuple[str, bytes]:
        """Open the model; return the machine's name and the model's identity."""
        self._adapter = plugins.adapter(self._model)
        identity = canonical.encode(dict(self._adapter.identity))
        await self._adapter.__aenter__()
        return platform.node(), identity

    async def generate(self, case: bytes) -> bytes:
        """Return the reply to a case; both as JSON."""
        return msgspec.json.encode(await self._adapter.generate(msgspec.json.decode(case, type=Case)))


class Replica:
    """A worker that is open, and how many calls it has."""

    def __init__(self, actor: Any, node: str) -> None:
        self.actor = actor
        self.node = node
        self.flying = 0


class Replicas:
    """An adapter that stands for many: a call goes to the replica that has the fewest."""

    adaptive = False

    def __init__(self, model: Model, local: Adapter, share: Share) -> None:
        path = model.path and str(Path(model.path).resolve())
        self._model = msgspec.json.encode(msgspec.structs.replace(model, path=path))
        self._share = share
        self._concurrency = local.max_in_flight
        self.identity: Mapping[str, Any] = local.identity
        self.max_in_flight = local.max_in_flight * share.replicas
        self._open: list[Replica] = []
        self._actors: list[Any] = []
        self._starts: set[asyncio.Task[None]] = set()
        self._fault: MingjianError | None = None
        self._losses = 0

    async def __aenter__(self) -> Self:
        self._changed = asyncio.Event()
        self._worker = (
            _ray()
            .remote(Worker)
            .options(
                num_cpus=self._share.cpus,
                num_gpus=self._share.gpus,
                max_restarts=0,
                max_concurrency=self._concurrency + 2,
                scheduling_strategy="SPREAD",
            )
        )
        for _ in range(self._share.replicas):
            self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._starts:
            task.cancel()
        await asyncio.gather(*self._starts, return_exceptions=True)
        for actor in self._actors:
            _ray().kill(actor)

    async def generate(self, case: Case) -> Reply:
        """Return a replica's reply; raises Transient if its machine was lost, Fatal if no replica is left."""
        from ray.exceptions import RayError, RayTaskError

        replica = await self._least()
        replica.flying += 1
        try:
            data = await replica.actor.generate.remote(msgspec.json.encode(case))
        except RayTaskError as error:
            raise error.cause from None
        except RayError as error:
            self._lose(replica)
            raise Transient("cluster.lost", node=replica.node, why=type(error).__name__) from None
        finally:
            replica.flying -= 1
        self._losses = 0
        return msgspec.json.decode(data, type=Reply)

    async def _least(self) -> Replica:
        """Return the open replica with the fewest calls; wait for one if there is none."""
        while self._fault is None and not self._open:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), PATIENCE)
            except TimeoutError:
                self._stop(Fatal("cluster.none", why=f"> {PATIENCE:.0f} s"))
        if self._fault is not None:
            raise self._fault
        return min(self._open, key=lambda replica: replica.flying)

    def _stop(self, fault: MingjianError) -> None:
        self._fault = self._fault or fault
        self._changed.set()

    def _lose(self, replica: Replica) -> None:
        """Forget a replica and ask the cluster for another; its calls in flight each notice by themselves."""
        if replica in self._open:
            self._open.remove(replica)
            self._again("RayActorError")

    def _again(self, why: str) -> None:
        self._losses += 1
        if self._losses >= MOST_LOSSES * self._share.replicas:
            self._stop(Fatal("cluster.none", why=why))
        else:
            self._begin()

    def _begin(self) -> None:
        task = asyncio.create_task(self._start())
        self._starts.add(task)
        task.add_done_callback(self._starts.discard)

    async def _start(self) -> None:
        """Open one more replica, as soon as the cluster has room; a model that cannot open stops the run."""
        from ray.exceptions import RayError, RayTaskError

        actor = self._worker.remote(self._model)
        self._actors.append(actor)
        try:
            node, identity = await actor.open.remote()
        except RayTaskError as error:
            fits = isinstance(error.cause, MingjianError)
            self._stop(error.cause if fits else Fatal("cluster.none", why=_line(error.cause)))
        except RayError as error:
            self._again(type(error).__name__)
        else:
            self._join(Replica(actor, node), msgspec.json.decode(identity))

    def _join(self, replica: Replica, identity: Mapping[str, Any]) -> None:
        mine = msgspec.json.decode(canonical.encode(dict(self.identity)))
        different = sorted(name for name in {*mine, *identity} if mine.get(name) != identity.get(name))
        if different:
            names = ", ".join(different)
            self._stop(IntegrityError("cluster.other_model", node=replica.node, names=names))
            return
        self._open.append(replica)
        self._changed.set()


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

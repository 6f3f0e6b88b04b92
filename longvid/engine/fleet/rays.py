"""The workers of a fleet as actors of Ray: one on each GPU of a cluster, or on CPUs where it has none.

Ray starts them, starts them again where they or their machine died, and carries calls and answers; what becomes of a
call that is lost is for `fleet` to say, so Ray repeats none. The only module that imports Ray.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from longvid.engine.device import Device
from longvid.engine.fleet.fleet import AWAY_SECONDS, POLL_SECONDS, Lost
from longvid.engine.fleet.worker import Call, Fault, Opening, Worker
from longvid.engine.request import Raw
from longvid.errors import ModelError

AUTO = "auto"
OBJECT_BYTES = 256 << 20
"""Memory for what is on its way, of a cluster that is started here: the clips in flight and no more."""


class Cluster:
    """Workers on the cluster of Ray at `address`, `host:port`. Use as a context manager.

    `auto`: the cluster that RAY_ADDRESS names or that runs on this machine; where there is none, one of this machine
    alone, which ends with the command.
    """

    def __init__(self, address: str, workers: int | None, *, cpu: bool) -> None:
        """`workers`: how many; by default one on each GPU, or one on each machine where there are none or `cpu` says
        so. Raises ModelError where Ray is not installed, nobody answers at the address, or it has too little."""
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        try:
            import ray
        except ImportError as error:
            raise ModelError(
                "--ray needs Ray, which is not installed; pip install 'longvid[ray]', here and on each machine"
            ) from error
        self._ray: Any = ray
        self._join(address)
        try:
            self.cpu, self.actors = self._actors(workers, cpu)
        except BaseException:
            ray.shutdown()
            raise

    def _join(self, address: str) -> None:
        ray = self._ray
        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        try:
            ray.init(address=address, **quiet)
            return
        except Exception as error:  # of many classes
            if address != AUTO or not isinstance(error, ConnectionError) or os.environ.get("RAY_ADDRESS"):
                raise ModelError(
                    f"--ray {address}: {_line(error)}; see that the cluster runs (`ray status`)"
                ) from error
        try:
            ray.init(address="local", include_dashboard=False, object_store_memory=OBJECT_BYTES, **quiet)
        except Exception as error:
            raise ModelError(f"--ray: Ray does not start on this machine: {_line(error)}") from error

    def _actors(self, workers: int | None, cpu: bool) -> tuple[bool, list[Any]]:
        """Whether they compute on CPUs, and the actors."""
        machines = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        cards = 0 if cpu else int(sum(machine.get("GPU", 0) for machine in machines))
        cores = [int(machine.get("CPU", 0)) for machine in machines if machine.get("CPU", 0) >= 1]
        count = workers or cards or len(cores)
        if cards:
            most, each = cards, {"num_gpus": 1, "num_cpus": 0}
        else:
            # As many on each machine, with an equal part of its cores.
            on_one = -(-count // max(1, len(cores)))
            share = max(1, min(cores, default=1) // on_one)
            most, each = sum(number // share for number in cores), {"num_cpus": share}
        if not 0 < count <= most:
            has = f"{cards} GPUs" if cards else f"{sum(cores)} CPUs on {len(cores)} machines"
            raise ModelError(f"the cluster has {has}, which is too little for {count} workers; name fewer --workers")
        made = self._ray.remote(Worker)
        options = {"max_restarts": -1, "max_task_retries": 0, "scheduling_strategy": "SPREAD", **each}
        return not cards, [made.options(**options).remote() for _ in range(count)]

    def place(self, dtype: str | None) -> Device:
        """Where the worker that is there first computes. Raises ModelError where none comes, or it cannot."""
        asked = [actor.place.remote(cpu=self.cpu, dtype=dtype) for actor in self.actors]
        deadline = time.monotonic() + AWAY_SECONDS
        fault: Fault | None = None
        while asked and time.monotonic() < deadline:
            done, asked = self._ray.wait(asked, timeout=POLL_SECONDS)
            for one in done:
                with suppress(self._ray.exceptions.RayError):
                    found = self._ray.get(one)
                    if isinstance(found, Device):
                        return found
                    fault = found
        if fault is not None:
            raise fault.error()
        raise ModelError(
            f"no worker of the cluster has come in {AWAY_SECONDS:g} s; see `ray status` for what others use of it"
        )

    def stations(self, opening: Opening) -> list[RayStation]:
        """The workers, which open what `opening` says."""
        return [RayStation(self._ray, actor, f"worker {n}", opening) for n, actor in enumerate(self.actors, 1)]

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()


class RayStation:
    """Implements `Station` for an actor."""

    def __init__(self, ray: Any, actor: Any, name: str, opening: Opening) -> None:
        self.name = name
        self._ray, self._actor, self._opening = ray, actor, opening

    def open(self, wait: Callable[[], bool]) -> Fault | None:
        fault: Fault | None = self._awaited(lambda: self._actor.open.remote(self._opening), wait)
        return fault

    def answer(self, calls: Sequence[Call], seed: int | None, wait: Callable[[], bool]) -> list[Raw] | Fault:
        said: list[Raw] | Fault = self._awaited(
            lambda: self._actor.answer.remote(self._opening, list(calls), seed), wait
        )
        return said

    def _awaited(self, call: Callable[[], Any], wait: Callable[[], bool]) -> Any:
        try:
            asked = call()
            while not self._ray.wait([asked], timeout=POLL_SECONDS)[0]:
                if not wait():
                    raise Lost("the command ends")
            return self._ray.get(asked)
        except self._ray.exceptions.RayTaskError as error:
            return Fault(type(error.cause).__name__, _line(error.cause))
        except self._ray.exceptions.RayError as error:
            raise Lost(type(error).__name__) from error


def _line(error: BaseException) -> str:
    """What `error` says, in a line; Ray says much, and first what is the matter."""
    said = str(error).strip() or type(error).__name__
    return said.splitlines()[0][:200].rstrip(".;: ")

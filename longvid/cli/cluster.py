"""`--ray`: the models of a command on the workers of a Ray cluster, opened here for what they can take.

Knows the options; films and how they are shared among workers are no matter of its.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from longvid.cli.opening import opened

if TYPE_CHECKING:
    from longvid.cli.groups import DeviceOptions, DialogueOptions, MergeOptions, ServerOptions, WatchOptions
    from longvid.engine.models import Models
    from longvid.strategy.contract import Strategy


def parse_address(value: str) -> str:
    """`auto`, or the host and port of a cluster. Raises typer.BadParameter."""
    if value != "auto" and not re.fullmatch(r"[A-Za-z0-9._-]+:[0-9]{1,5}|\[[0-9a-fA-F:]+\]:[0-9]{1,5}", value):
        raise typer.BadParameter(f"{value!r} is no address of a Ray cluster; write auto, or host:port")
    return value


@dataclass(frozen=True)
class RayOptions:
    """Whether models compute on a cluster."""

    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            metavar="auto|ADDRESS",
            parser=parse_address,
            show_default=False,
            help="Have the workers of a Ray cluster watch and write: the one at host:port, or that of this machine.",
        ),
    ] = None
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="Workers on the cluster. [default: one on each GPU]",
            show_default=False,
        ),
    ] = None

    def require_alone(self, *others: str | None) -> None:
        """Raise typer.BadParameter where an option is given beside it that says where models compute."""
        if self.ray is None and self.workers is not None:
            raise typer.BadParameter("workers are those of a cluster: name it with --ray", param_hint="'--workers'")
        if self.ray is not None and any(other not in (None, "cpu") for other in others):
            raise typer.BadParameter(
                "each worker has a GPU of its own; leave out --device and --devices, or name --device cpu",
                param_hint="'--ray'",
            )

    @contextmanager
    def opened(
        self,
        model: str,
        strategies: Sequence[Strategy[Any]],
        merge: MergeOptions,
        watch: WatchOptions,
        device: DeviceOptions,
        asked: ServerOptions,
        said: DialogueOptions,
        *,
        frames: int,
        hears: bool,
        tell: Callable[[str], None],
    ) -> Iterator[tuple[Models, int]]:
        """The models, on a cluster while it lasts where one is named, and how many films at once keep it busy. `tell`:
        of workers that are lost.

        Raises ModelError where there is no cluster or nothing computes, and what `opened` of `opening` raises.
        """
        kinds = (merge, watch, device, asked, said)
        if self.ray is None:
            yield opened(model, strategies, *kinds, frames=frames, hears=hears), 1
            return
        from longvid.engine.catalog import lasting
        from longvid.engine.fleet.backend import computes, on_fleet
        from longvid.engine.fleet.fleet import Fleet
        from longvid.engine.fleet.rays import Cluster
        from longvid.engine.fleet.worker import Opening
        from longvid.errors import ModelError

        with Cluster(self.ray, self.workers, cpu=device.device == "cpu") as cluster:
            place = cluster.place(device.placed()["dtype"])
            models = opened(model, strategies, *kinds, frames=frames, hears=hears, place=place)
            watches, writes = computes(models.captioner), computes(models.llm)
            if not (watches or writes):
                raise ModelError("servers are asked and no model computes here; leave out --ray")
            options = {name: value for name, value in device.placed().items() if name != "device"}
            options |= {"llm_context": merge.llm_context}
            if watches:
                options |= {"template": watch.template.value, "label": watch.label.value if watch.label else None}
                options |= {"frames": frames, "pixels": watch.pixels}
            llm = None if merge.llm is None and watches else lasting(models.llm_name)
            opening = Opening(
                lasting(model) if watches else None,
                llm if writes else "none",
                options if writes else options | {"llm_context": None},
                cluster.cpu,
                dict(models.captioner_identity) if watches else None,
                dict(models.llm.identity) if writes else None,
            )
            batches = (models.captioner.batch if models.captioner is not None else 1, models.llm.batch)
            with Fleet(cluster.stations(opening), batches, tell) as fleet:
                yield on_fleet(models, fleet), 1 + min(fleet.size, os.cpu_count() or 1)

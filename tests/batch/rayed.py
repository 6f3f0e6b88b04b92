"""`longvid batch --ray` on clusters of this machine, with the bundled model: what it gains, and what deaths cost.

    python -m tests.batch.rayed FOLDER speed    # one worker of one thread, then two, over films that are read
    python -m tests.batch.rayed FOLDER deaths   # two nodes; a worker, the driver and a node are killed in mid-run

Prints one JSON object. Needs Ray. The films have no story that the model knows: each is degraded for that.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from longvid.api import IngestSettings, Job, open_models, read
from longvid.batch.results import read_rows
from longvid.run.journal import read as events_of
from longvid_strategies.concat import Concat
from tests.batch.shelf import OPTIONS
from tests.films import make_film

ROOT = Path(__file__).parent.parent.parent
MODEL = "storyfilm-tiny"
SECONDS = 900.0
"""In which any one step must end."""


def make(folder: Path, films: int, chunks: int) -> Path:
    """A folder with films that are read, as a batch over `folder`/films leaves them that has asked nothing yet."""
    (folder / "films").mkdir(parents=True, exist_ok=True)
    models = open_models(MODEL, device="cpu")
    job = Job(Concat(), IngestSettings(target_length=2.0), directory=folder / "read")
    for number in range(films):
        path = folder / "films" / f"{number}.mp4"
        make_film(path, chunks=chunks, seconds=2, rate=8 + number, width=64, height=48)
        assert asyncio.run(read(path, job, models)) is not None
    return folder / "read"


def begin(folder: Path, out: Path, address: str, workers: int) -> subprocess.Popen[bytes]:
    """Begin the batch with its results in `out`; what it says goes to a file beside them."""
    command = [sys.executable, "-m", "longvid", "batch", str(folder / "films"), *OPTIONS, "-o", str(out)]
    command += ["--model", MODEL, "--device", "cpu", "--batch-size", "1"]
    command += ["--ray", address, "--workers", str(workers)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    with out.with_suffix(".log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)


def ended(process: subprocess.Popen[bytes], out: Path) -> list[dict[str, Any]]:
    """The rows once it has ended, as it does where every film is degraded."""
    status = process.wait(SECONDS)
    assert status == 3, (status, out.with_suffix(".log").read_text())
    return [dict(row) for row in read_rows(out / "results.jsonl")]


def events(out: Path, name: str) -> list[dict[str, Any]]:
    """The events of calls, in all run folders."""
    stores = out.glob("*/answers.sqlite")
    return [
        event | {"film": store.parent.name} for store in stores for event in events_of(store) if event["event"] == name
    ]


def texts(out: Path) -> dict[str, Any]:
    """What is told of each film."""
    return {path.parent.parent.name: json.loads(path.read_text())["summary"] for path in out.glob("*/output/*.json")}


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not until():
        assert time.monotonic() < deadline, "nothing happens any more"
        time.sleep(0.1)


def cluster(nodes: int) -> Any:
    """A cluster of so many nodes of one core."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(nodes):
        made.add_node(num_cpus=1)
    return made


def speed(folder: Path, films: int = 12, chunks: int = 8) -> dict[str, Any]:
    """Chunks an hour of one worker and of two, once every worker is there: between the twelfth answer and the last."""
    read_already, rates, said = make(folder, films, chunks), {}, {}
    for workers in (1, 2):
        out = folder / f"with-{workers}"
        shutil.copytree(read_already, out)
        nodes = cluster(workers)
        try:
            rows = ended(begin(folder, out, nodes.address, workers), out)
        finally:
            nodes.shutdown()
        assert sum(row["chunks"] for row in rows) == films * chunks
        times = sorted(event["t"] for event in events(out, "end"))[11:]
        rates[workers], said[workers] = round((len(times) - 1) * 3600 / (times[-1] - times[0])), texts(out)
    assert said[1] == said[2], "who computes an answer decides nothing of it"
    return {"chunks": films * chunks, "chunks_an_hour": rates, "gain": round(rates[2] / rates[1], 2)}


def deaths(folder: Path, films: int = 6, chunks: int = 8) -> dict[str, Any]:
    """What becomes of a batch whose worker, driver and node are killed."""
    out = folder / "out"
    shutil.copytree(make(folder, films, chunks), out)
    total, nodes = films * chunks, cluster(2)
    try:
        first = begin(folder, out, nodes.address, 2)
        wait(lambda: len(events(out, "end")) >= total // 6)
        worker = next(one for one in psutil.process_iter(["cmdline"]) if _is_worker(one, nodes))
        worker.kill()
        wait(lambda: len(events(out, "end")) >= total // 3)
        first.kill()
        first.wait()
        in_flight = len(events(out, "begin")) - len(events(out, "end"))
        kept = len(events(out, "end"))
        second = begin(folder, out, nodes.address, 2)
        wait(lambda: len(events(out, "end")) >= max(kept + 4, total // 2))
        nodes.remove_node(nodes.list_all_nodes()[-1], allow_graceful=False)
        rows = ended(second, out)
    finally:
        nodes.shutdown()
    asked = Counter((event["film"], event["key"]) for event in events(out, "begin"))
    answered = Counter((event["film"], event["key"]) for event in events(out, "end"))
    assert set(answered.values()) == {1}
    told = Counter(row["status"] for row in rows)
    assert sum(row["chunks"] for row in rows) == total
    return {
        "chunks": total,
        "kept_by_the_kill": kept,
        "in_flight": in_flight,
        "repeated": sum(asked.values()) - len(asked),
        "films": dict(told),
        "lost": [line for line in out.with_suffix(".log").read_text().splitlines() if "is lost" in line],
    }


def _is_worker(process: psutil.Process, nodes: Any) -> bool:
    """Whether `process` is an actor of ours, on a node of this cluster."""
    raylets = {node.all_processes["raylet"][0].process.pid for node in nodes.list_all_nodes()}
    command = process.info["cmdline"] or [""]
    return command[0].startswith("ray::Worker") and bool(raylets & {parent.pid for parent in process.parents()})


if __name__ == "__main__":
    # On a busy machine a node is long in coming.
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1", "RAY_raylet_start_wait_time_s": "300"}
    print(json.dumps({"speed": speed, "deaths": deaths}[sys.argv[2]](Path(sys.argv[1]).absolute())))

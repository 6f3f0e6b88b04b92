"""A batch on clusters of Ray of this machine (`rayed`): run by `make ray`, which installs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.batch.rayed import ROOT, SECONDS
from tests.guard import sitecustomize as network

pytestmark = [pytest.mark.ray, pytest.mark.timeout(4 * SECONDS)]


def rayed(folder: Path, what: str) -> dict[str, Any]:
    """What `tests.batch.rayed` tells; Ray's processes talk to one another, which the guard of the network forbids."""
    guard = str(Path(network.__file__).parent)
    paths = [path for path in os.environ["PYTHONPATH"].split(os.pathsep) if path != guard]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.batch.rayed", str(folder), what], cwd=ROOT, env=env, stdout=subprocess.PIPE
    )
    assert done.returncode == 0
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_a_worker_a_driver_and_a_node_that_die_cost_what_was_in_flight(tmp_path: Path) -> None:
    told = rayed(tmp_path, "deaths")
    assert told["films"] == {"degraded": 6}
    assert told["repeated"] <= told["in_flight"]
    assert told["lost"]


def test_two_workers_say_what_one_says_and_in_less_time(tmp_path: Path) -> None:
    assert rayed(tmp_path, "speed")["gain"] > 1

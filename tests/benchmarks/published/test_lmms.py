"""`longvid_clip` in lmms-eval itself: its stock MVBench, offline, on a tiny one in the layout that it wants."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from longvid_benchmarks.published.tasks import BY_SHORT, TASKS
from tests.benchmarks.published import mvbench
from tests.servers import Server, serving

pytestmark = pytest.mark.lmms


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to run lmms-eval in: its data where it looks before it asks any hub."""
    root = tmp_path_factory.mktemp("house")
    data = mvbench.make(root / "data") if (root / "data").mkdir() is None else root
    hub = root / "OpenGVLab" / "MVBench"
    shutil.copytree(data / "json", hub / "json")
    configs = "".join(f"- config_name: {task.name}\n  data_files: json/{task.name}.json\n" for task in TASKS)
    (hub / "README.md").write_text(f"---\nconfigs:\n{configs}---\n")
    for task in TASKS:
        # Its folders are the converted ones, where there are such.
        place = root / "hf" / "mvbench_video" / task.folders[-1]
        shutil.copytree(data / "video" / task.folder, place, dirs_exist_ok=True)
    return root


def evaluate(house: Path, out: Path, model_args: str, tasks: str) -> dict[str, Any]:
    """What lmms-eval writes of `tasks`."""
    program = Path(sys.executable).with_name("lmms-eval")
    told = ["--model", "longvid_clip", "--model_args", model_args, "--tasks", tasks, "--batch_size", "1"]
    where = {"HF_HOME": str(house / "hf"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run(
        [str(program), *told, "--output_path", str(out), "--log_samples", "--verbosity", "DEBUG"],
        cwd=house,
        env={**os.environ, **where},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(next(out.rglob("*_results.json")).read_text())["results"]  # type: ignore[no-any-return]


def test_all_of_stock_mvbench_is_asked_and_whoever_is_right_has_all_points(house: Path, tmp_path: Path) -> None:
    with serving(Server(reply=mvbench.rightly(house / "data"))) as server:
        found = evaluate(house, tmp_path, f"pretrained={server.name}", "mvbench")
        scores = {name: row.get("mvbench_accuracy,none") for name, row in found.items() if name != "mvbench"}
        assert scores == {f"mvbench_{task.name}": 100.0 for task in TASKS}
        assert len(server.asked) == 2 * len(TASKS)
        assert all(asked.prompt.endswith("Only give the best option.\n") for asked in server.asked)


def test_the_bundled_model_is_asked_and_its_answers_are_kept(house: Path, tmp_path: Path) -> None:
    task = BY_SHORT["AL"]
    told = f"pretrained=storyfilm-tiny,device=cpu,store={tmp_path / 'kept'}"
    first = evaluate(house, tmp_path / "one", told, f"mvbench_{task.name}")
    again = evaluate(house, tmp_path / "two", told, f"mvbench_{task.name}")
    assert first == again
    assert (tmp_path / "kept" / "answers.sqlite").exists()
    samples = [
        json.loads(line)
        for path in (tmp_path / "one").rglob("*_samples_*.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert len(samples) == 2

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
from tests.servers import Answer, Asked, Server, says, serving

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


def evaluate(
    house: Path, out: Path, model_args: str, tasks: str, *more: str, model: str = "longvid_clip"
) -> dict[str, Any]:
    """What lmms-eval writes of `tasks`."""
    program = Path(sys.executable).with_name("lmms-eval")
    told = ["--model", model, "--model_args", model_args, "--tasks", tasks, "--batch_size", "1", *more]
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


def test_a_film_is_watched_once_for_all_its_questions(house: Path, tmp_path: Path) -> None:
    tasks, task = tmp_path / "tasks", BY_SHORT["AA"]
    tasks.mkdir()
    row = mvbench.read(house / "data", task)[0]
    video = str(house / "data" / "video" / task.folder / row["video"])
    rows = [{"video": video, "question": f"What walks {at}?\nA. a dog\nB. a cat", "answer": "B"} for at in range(2)]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    (tasks / "films.yaml").write_text(FILMS.replace("DATA", str(tmp_path / "rows.json")))
    (tasks / "utils.py").write_text(UTILS)

    def reply(asked: Asked) -> Answer:
        return says("A cat walks by." if asked.has_pictures else "B")

    with serving(Server(reply=reply)) as server:
        told = f"pretrained={server.name},strategy=concat,frames=4,looks=0,store={tmp_path / 'kept'}"
        found = evaluate(house, tmp_path / "out", told, "films", "--include_path", str(tasks), model="longvid_film")
        watched = sum(asked.has_pictures for asked in server.asked)
        assert len(server.asked) == watched + 2
    assert found["films"]["exact_match,none"] == 1.0
    assert 0 < watched <= 2


FILMS = """task: films
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
test_split: test
output_type: generate_until
doc_to_visual: !function utils.doc_to_visual
doc_to_text: !function utils.doc_to_text
doc_to_target: answer
generation_kwargs: {max_new_tokens: 8}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
"""
TASK = """task: likely
dataset_path: json
dataset_kwargs: {data_files: {test: DATA}}
test_split: test
output_type: multiple_choice
doc_to_visual: !function utils.doc_to_visual
doc_to_text: !function utils.doc_to_text
doc_to_choice: candidates
doc_to_target: answer
target_delimiter: " "
metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]
"""
UTILS = """def doc_to_visual(doc):
    return [doc["video"]]


def doc_to_text(doc, lmms_eval_specific_kwargs=None):
    return doc["question"]
"""


def test_a_task_of_likelihoods_is_answered_and_a_server_is_refused(house: Path, tmp_path: Path) -> None:
    """lmms-eval makes one string of each pair, were it not wrapped: then a task like this ends with an error."""
    tasks, task = tmp_path / "tasks", BY_SHORT["AA"]
    tasks.mkdir()
    rows = [
        {**row, "video": str(house / "data" / "video" / task.folder / row["video"]), "answer": 0}
        for row in mvbench.read(house / "data", task)
    ]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    (tasks / "likely.yaml").write_text(TASK.replace("DATA", str(tmp_path / "rows.json")))
    (tasks / "utils.py").write_text(UTILS)
    more = ("--include_path", str(tasks))
    told = f"pretrained=storyfilm-tiny,device=cpu,store={tmp_path / 'kept'}"
    found = [evaluate(house, tmp_path / name, told, "likely", *more)["likely"]["acc,none"] for name in ("one", "two")]
    assert found[0] == found[1]
    assert found[0] in (0.0, 0.5, 1.0)
    with serving(Server(reply=mvbench.with_a)) as server, pytest.raises(AssertionError, match="tells no likelihoods"):
        evaluate(house, tmp_path / "three", f"pretrained={server.name}", "likely", *more)

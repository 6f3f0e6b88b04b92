"""`longvid bench published` from end to end: a tiny MVBench, models behind a server and from a folder, going on."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from longvid_benchmarks.published.protocols import PROTOCOLS
from longvid_benchmarks.published.tasks import BY_SHORT, TASKS
from tests.benchmarks.published import mvbench
from tests.checkpoints import make_checkpoint
from tests.cli.program import Ended, longvid
from tests.servers import Answer, Asked, Server, fails, says, serving

SHORT = {task.name: task.short for task in TASKS}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mvbench.make(tmp_path_factory.mktemp("MVBench"))


def ask(data: Path, out: Path, model: str, *more: str | Path) -> Ended:
    return longvid("bench", "published", "--data", data, "--model", model, "-o", out, *more)


def result(ended: Ended) -> dict[str, Any]:
    return json.loads(ended.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def test_a_model_that_answers_rightly_scores_one_on_every_task_and_goes_on_without_asking(
    data: Path, tmp_path: Path
) -> None:
    with serving(Server(reply=mvbench.rightly(data))) as server:
        done = ask(data, tmp_path, server.name)
        assert done.returncode == 0, done.stderr
        found = result(done)
        assert [(row["name"], row["accuracy"], row["asked"]) for row in found["tasks"]] == [
            (task.short, 1.0, 2) for task in TASKS
        ]
        assert len(found["classes"]) == 9
        assert (found["all"]["accuracy"], found["all"]["asked"], found["cached"]) == (1.0, 40, 0)
        assert found["all"]["scorers"] == {"official": 1.0, "pllava": 1.0, "lmms-eval": 1.0}
        assert not list((tmp_path / "clips").iterdir()), "frames are not kept"
        asked = len(server.asked)
        again = result(ask(data, tmp_path, server.name))
        assert (len(server.asked), again["cached"], again["all"]) == (asked, 40, found["all"])
    for name in ("results.json", "table.md", "answers.jsonl"):
        assert (tmp_path / name).read_text().strip(), name
    assert "| CogVLM2-Video |" in done.stdout
    assert "VideoChat2_HD (re-read)" in done.stdout


def test_a_model_that_says_a_scores_its_share_task_by_task(data: Path, tmp_path: Path) -> None:
    known = mvbench.answers(data)
    with serving(Server(reply=mvbench.with_a)) as server:
        found = result(ask(data, tmp_path, server.name, "--protocol", "official"))
    for task in TASKS:
        wanted = [known[row["question"]] == "A" for row in mvbench.read(data, task)]
        row = next(row for row in found["tasks"] if row["name"] == task.short)
        assert row["right"] == sum(wanted), task.name
        assert row["scorers"]["official"] == sum(wanted) / 2


@pytest.mark.parametrize("protocol", list(PROTOCOLS))
def test_the_prompt_that_reaches_the_model_is_the_protocols_for_each_task(
    data: Path, tmp_path: Path, protocol: str
) -> None:
    with serving(Server(reply=mvbench.with_a)) as server:
        ask(data, tmp_path, server.name, "--protocol", protocol, "--limit", "1")
    rows = [mvbench.read(data, task)[0] for task in TASKS]
    wanted = {PROTOCOLS[protocol].prompt(row["question"], tuple(row["candidates"])) for row in rows}
    assert {asked.prompt for asked in server.asked} == wanted
    if protocol != "lmms-eval":
        for asked in server.asked:
            assert hashlib.sha256(asked.prompt[:244].encode()).hexdigest().startswith("60c3a2cdc233f080")
    frames = {
        sum(part["type"] == "image_url" for part in asked.body["messages"][0]["content"]) for asked in server.asked
    }
    assert frames == {PROTOCOLS[protocol].frames}


def test_a_run_that_ended_goes_on_with_what_is_not_answered(data: Path, tmp_path: Path) -> None:
    rightly = mvbench.rightly(data)
    server = Server(reply=lambda asked: rightly(asked) if len(server.asked) <= 9 else fails(401, "no such key"))
    with serving(server):
        ended = ask(data, tmp_path, server.name, "--limit", "1", "--concurrency", "1")
        assert ended.returncode == 1
        assert "no such key" in ended.stderr
        assert ended.stdout == "", "no score of a part that failed"
        server.reply = rightly
        server.asked.clear()
        found = result(ask(data, tmp_path, server.name, "--limit", "1"))
        assert (found["cached"], len(server.asked)) == (9, 20 - 9)
        assert found["all"]["accuracy"] == 1.0


def test_a_run_that_was_killed_goes_on_from_the_answers_that_it_had(data: Path, tmp_path: Path) -> None:
    rightly, enough, killed = mvbench.rightly(data), threading.Event(), threading.Event()

    def reply(asked: Asked) -> Answer:
        if len(server.asked) > 12:
            enough.set()
            killed.wait(30)
        return rightly(asked)

    server = Server(reply=reply)
    with serving(server):
        command = ["bench", "published", "--data", str(data), "--model", server.name, "-o", str(tmp_path)]
        command += ["--limit", "1"]
        program = subprocess.Popen([sys.executable, "-m", "longvid", *command, "--concurrency", "1"])
        assert enough.wait(60)
        program.kill()
        program.wait()
        killed.set()
        server.asked.clear()
        found = result(ask(data, tmp_path, server.name, "--limit", "1"))
    assert (found["cached"], found["all"]["accuracy"]) == (12, 1.0)
    assert len(server.asked) - (20 - 12) in (0, 1), "but for the one that was in flight"


def test_the_first_answer_counts_and_is_asked_for_once(data: Path, tmp_path: Path) -> None:
    def reply(asked: Asked) -> Answer:
        return says("") if "action_antonym" in asked.prompt else says("(C)")

    with serving(Server(reply=reply)) as server:
        found = [result(ask(data, tmp_path, server.name, "--tasks", "AA,OE")) for _ in range(2)]
    assert len(server.asked) == 4, "no second try, neither now nor when it goes on"
    for one in found:
        rows = {row["name"]: row for row in one["tasks"]}
        assert (rows["AA"]["answered"], rows["OE"]["answered"]) == (0, 2)
        assert rows["AA"]["scorers"] == {"official": 1.0, "pllava": 0.0, "lmms-eval": None}


def test_a_withheld_answer_is_no_answer_and_is_asked_for_again_but_the_models_own_refusal_counts(
    data: Path, tmp_path: Path
) -> None:
    def filtered(asked: Asked) -> Answer:
        return says("", "content_filter") if "action_antonym" in asked.prompt else says("I'm sorry, I can't help.")

    more = ("--tasks", "AA,OE", "--protocol", "official")
    with serving(Server(reply=filtered)) as server:
        done = ask(data, tmp_path, server.name, *more)
        found = result(done)
        assert (done.returncode, found["unasked"]) == (3, {"withheld": 2})
        rows = {row["name"]: (row["asked"], row["answered"]) for row in found["tasks"]}
        assert rows == {"AA": (0, 0), "OE": (2, 0)}
        assert "not asked, withheld: 2" in done.stdout
        server.reply = mvbench.rightly(data)
        server.asked.clear()
        found = result(ask(data, tmp_path, server.name, *more))
    assert (len(server.asked), found["cached"], found["unasked"]) == (2, 2, {})
    assert {row["name"]: row["asked"] for row in found["tasks"]} == {"AA": 2, "OE": 2}


def test_a_part_of_the_tasks_is_told_as_a_part(data: Path, tmp_path: Path) -> None:
    with serving(Server(reply=mvbench.rightly(data))) as server:
        done = ask(data, tmp_path, server.name, "--tasks", "AC,CO")
    assert "published scores of classes and of all are here means over the 2 tasks asked" in done.stdout
    row = result(done)["published"][0]
    assert row["mean_of_asked"] == (row["tasks"]["AC"] + row["tasks"]["CO"]) / 2
    last = [line for line in done.stdout.splitlines() if line.startswith("| all ")][-1]
    assert f"{row['mean_of_asked']:.1f}" in last
    assert f"{row['mean']:.1f}" not in last


def test_missing_broken_and_empty_videos_are_counted_told_and_left_out(data: Path, tmp_path: Path) -> None:
    spoiled = shutil.copytree(data, tmp_path / "data")
    folders = {short: spoiled / "video" / BY_SHORT[short].folder for short in ("AA", "FA", "UA", "ER")}
    names = {short: mvbench.read(spoiled, BY_SHORT[short])[0]["video"] for short in folders}
    (folders["AA"] / names["AA"]).unlink()
    (folders["FA"] / names["FA"]).write_bytes(b"")
    (folders["UA"] / names["UA"]).write_bytes(b"no film" * 100)
    for picture in (folders["ER"] / names["ER"]).iterdir():
        picture.unlink()
    with serving(Server(reply=mvbench.rightly(data))) as server:
        done = ask(spoiled, tmp_path / "out", server.name)
    assert done.returncode == 3
    found = result(done)
    assert found["unasked"] == {"missing": 1, "empty": 2, "broken": 1}
    rows = {row["name"]: (row["asked"], row["total"], row["accuracy"]) for row in found["tasks"]}
    assert [rows[short] for short in folders] == [(1, 2, 1.0)] * 4
    assert names["AA"] in done.stderr
    assert "1 of 2" in done.stdout
    assert "not asked, broken: 1, such as unexpected_action" in done.stdout
    lines = [json.loads(line) for line in (tmp_path / "out" / "answers.jsonl").read_text().splitlines()]
    assert sum("fault" in line for line in lines) == 4


def test_data_is_checked_without_a_model(data: Path, tmp_path: Path) -> None:
    done = longvid("bench", "published", "--data", data, "--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "40 questions of 20 tasks" in done.stdout
    part = shutil.copytree(data, tmp_path / "data")
    (part / "json" / "object_shuffle.json").unlink()
    done = longvid("bench", "published", "--data", part, "--check")
    assert done.returncode == 3
    assert "1 task without questions: object_shuffle; fetch" in done.stderr
    shutil.rmtree(part / "video")
    done = longvid("bench", "published", "--data", part, "--model", "storyfilm-tiny", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "no question's video is there" in done.stderr


def test_a_wording_of_ones_own_stands_beside_no_published_score(data: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("{question} {options} Letter:")
    with serving(Server(reply=mvbench.with_a)) as server:
        done = ask(data, tmp_path / "out", server.name, "--tasks", "AA", "--wording", mine)
    found = result(done)
    assert (found["protocol"]["published_wording"], found["published"]) == (False, [])
    assert "CogVLM2-Video" not in done.stdout
    assert "the wording is not a published one" in done.stdout
    assert server.asked[0].prompt.endswith("Letter:")


def test_a_checkpoint_from_a_folder_is_asked_in_batches(data: Path, tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "model")
    done = ask(data, tmp_path / "out", str(folder), "--tasks", "AA,ER,AL", "--protocol", "lmms-eval", "--device", "cpu")
    assert done.returncode in (0, 3), done.stderr
    found = result(done)
    assert found["all"]["asked"] + sum(found["unasked"].values()) == 6
    assert found["all"]["asked"], "it says nonsense, but it is asked"
    assert found["identity"]["class"] == "cogvlm2-video"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--tasks", "nothing"), "is none of mvbench, still, videochatgpt, msvd-qa"),
        (("--tasks", ","), "names no task"),
        (("--limit", "0"), "--limit"),
        (("--protocol", "mine"), "--protocol"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_opened(data: Path, arguments: tuple[str, ...], told: str) -> None:
    done = longvid("bench", "published", "--data", data, *arguments)
    assert done.returncode == 2
    assert told in done.stderr


def test_a_wording_that_cannot_be_used_is_named(data: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    for content, told in ((b"{question}", "{options} must stand in it once"), (b"\xff", "write a prompt with")):
        mine.write_bytes(content)
        done = longvid("bench", "published", "--data", data, "--wording", mine)
        assert done.returncode == 1
        assert told in done.stderr

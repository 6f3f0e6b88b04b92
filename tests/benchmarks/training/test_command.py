"""`longvid bench tiny` as a program: it trains, goes on, judges and bundles, and says in one line what is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from longvid_benchmarks.claiming import claimed
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.training import heldout
from longvid_benchmarks.training.checkpointing import read_log, read_state
from tests.cli.program import longvid

ONE_THREAD = ("--device", "cpu", "--threads", "1", "--evaluate-every", "0", "-q")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training of two batches."""
    folder = tmp_path_factory.mktemp("tiny") / "captioner"
    made = longvid("bench", "tiny", "train", folder, "--until", "2", *ONE_THREAD)
    assert (made.returncode, made.stdout) == (0, ""), made.stderr
    return folder


def test_a_training_goes_on_until_the_batch_that_is_named(trained: Path) -> None:
    more = longvid("bench", "tiny", "train", trained, "--until", "3", *ONE_THREAD)
    assert more.returncode == 0, more.stderr
    rows = [json.loads(line) for line in (trained / "log.jsonl").read_text().splitlines()]
    assert [row["batch"] for row in rows if row.get("event") == "begin"] == [0, 2]
    assert read_log(trained) == rows


def test_a_training_of_other_prompts_is_not_gone_on_with(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(prompts.WATCHING, "caption", "Tell me what you see.")
    more = longvid("bench", "tiny", "train", trained, "--until", "9", *ONE_THREAD)
    assert more.returncode == 1
    assert "--begin-from" in more.stderr


def test_a_training_is_not_gone_on_with_as_the_other_model(trained: Path) -> None:
    more = longvid("bench", "tiny", "train", trained, "--role", "llm", "--until", "9", *ONE_THREAD)
    assert more.returncode == 1
    assert "with --role captioner" in more.stderr


def test_a_folder_with_another_model_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    done = longvid("bench", "tiny", "train", tmp_path, *ONE_THREAD)
    assert done.returncode == 1
    assert "no training of ours" in done.stderr
    assert "fault" not in done.stderr


def test_two_do_not_train_in_one_folder(trained: Path) -> None:
    with claimed(trained, "training"):
        second = longvid("bench", "tiny", "train", trained, "--until", "9", *ONE_THREAD)
    assert second.returncode == 1
    assert "is in use by another training" in second.stderr
    (trained.parent / "file").touch()
    third = longvid("bench", "tiny", "train", trained.parent / "file" / "below", "--until", "9", *ONE_THREAD)
    assert third.returncode == 1
    assert "cannot be written: Not a directory" in third.stderr


@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_a_training_that_is_ended_leaves_no_process_and_loses_nothing_if_it_was_asked(how: str, tmp_path: Path) -> None:
    words = ["bench", "tiny", "train", str(tmp_path), *ONE_THREAD]
    process = subprocess.Popen(
        [sys.executable, "-m", "longvid", *words], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    workers: list[psutil.Process] = []
    while not workers and time.monotonic() < deadline:
        time.sleep(0.2)
        workers = [one for one in psutil.Process(process.pid).children() if "spawn_main" in " ".join(one.cmdline())]
    if how == "kill":
        process.kill()
    else:
        # As a terminal does: to all processes of the group.
        os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=120)
    assert psutil.wait_procs(workers, timeout=30)[1] == []
    if how == "interrupt":
        assert process.returncode == 130
        assert "Traceback" not in stderr
        assert [row.get("by") for row in read_log(tmp_path)][-1] == "interrupt"
        assert read_state(tmp_path)["number"] == read_log(tmp_path)[-1]["batch"]


def test_a_training_becomes_a_bundle_that_can_be_judged(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What has learnt nothing comes to no end by itself.
    monkeypatch.setattr(heldout, "LIMITS", {"caption": 4, "events": 4})
    monkeypatch.setattr(heldout, "QUESTION_TOKENS", 4)
    out = tmp_path / "bundle"
    made = longvid("bench", "tiny", "export", trained, "--out", out)
    assert (made.returncode, made.stdout.strip()) == (0, str(out)), made.stderr
    judged = longvid("bench", "tiny", "evaluate", out, "--films", "1", "--chunks", "1", "--json")
    assert judged.returncode == 0, judged.stderr
    found = json.loads(judged.stdout)
    assert found["first_seed"] == 500_000
    assert found["captioner"]["caption"]["recall"]["films"] == 1
    assert "llm" not in found
    carded = longvid("bench", "tiny", "card", out, "--films", "1", "--chunks", "1")
    assert (carded.returncode, carded.stdout.strip()) == (0, str(out / "README.md")), carded.stderr
    assert "1 film from seed 600000 on" in (out / "README.md").read_text()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("evaluate", "nowhere"), 1, "no such folder"),
        (("export", "nowhere", "--out", "out"), 1, "no training"),
        (("evaluate", "nowhere", "--first-seed", "7"), 2, "500000"),
        (("card", "nowhere"), 1, "no card"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(words: tuple[str, ...], status: int, said: str) -> None:
    done = longvid("bench", "tiny", *words)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr

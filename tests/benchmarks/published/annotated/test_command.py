"""`bench mvbench make --annotations` from end to end: small videos, MVBench's layout, asked by `bench published`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from longvid.film import probe
from tests.cli.program import Ended, longvid
from tests.film.films import encode, numbered
from tests.servers import Answer, Asked, Server, says, serving

RATE = 4
SECONDS = 6


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("notes")
    rows: list[dict[str, Any]] = []
    for at, verbs in enumerate((["jumps", "sings", "reads"], ["sleeps", "walks", "cooks"], ["swims"])):
        encode(home / f"{at}.mp4", [numbered(number) for number in range(RATE * SECONDS)], rate=RATE)
        actions = [{"text": text, "start": 2.0 * step, "end": 2.0 * step + 2} for step, text in enumerate(verbs)]
        poses = [f"pose {'abc'[at]}"]
        rows.append({"video": f"{at}.mp4", "actions": actions, "poses": poses})
    rows.append({"video": "gone.mp4", "poses": ["pose d"]})
    (home / "notes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return home / "notes.jsonl"


def make(notes: Path, out: Path, *more: str | Path) -> Ended:
    return longvid("bench", "mvbench", "make", out, "--annotations", notes, *more)


def result(ended: Ended) -> dict[str, Any]:
    return json.loads(ended.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def test_questions_are_in_mvbench_s_layout_with_parts_cut_or_told_and_can_be_asked(notes: Path, tmp_path: Path) -> None:
    done = make(notes, tmp_path / "data")
    assert done.returncode == 3, done.stderr
    assert "gone.mp4: not there" in done.stderr
    found = result(done)
    assert {row["type"] for row in found["types"]} == {"AS", "AP", "FA", "AL"}
    assert "left out: OS, since it takes `qa` of its type" in done.stdout
    cut = json.loads((tmp_path / "data" / "json" / "fine_grained_action.json").read_text())
    first = next(row for row in cut if row["answer"] == "sings")
    video = tmp_path / "data" / "video" / "Moments_in_Time_Raw" / "videos" / first["video"]
    assert probe(video).duration == pytest.approx(2.0, abs=1 / RATE)
    told = json.loads((tmp_path / "data" / "json" / "action_prediction.json").read_text())
    assert {(row["answer"], row["start"], row["end"]) for row in told} >= {("sings", 0.0, 2.0), ("reads", 0.0, 4.0)}

    def right(asked: Asked) -> Answer:
        return says("(A)")

    with serving(Server(reply=right)) as server:
        asked = longvid(
            "bench", "published", "--data", tmp_path / "data", "--model", server.name, "-o", tmp_path / "out"
        )
    assert asked.returncode == 0, asked.stderr
    whole = result(asked)
    assert (whole["benchmark"], whole["published"]) == ("annotated-mvbench", [])
    assert whole["all"]["asked"] == sum(row["questions"] for row in found["types"])
    assert "made of annotations: no published score is of them" in asked.stdout
    assert make(notes, tmp_path / "data").returncode == 3, "the same again goes on"
    assert make(notes, tmp_path / "data", "--seed", "1").returncode == 1


def test_a_language_model_writes_options_and_a_reply_without_a_list_is_told(notes: Path, tmp_path: Path) -> None:
    server = Server(reply=lambda asked: says('["flies", "crawls", "leaps"]' if "sings" in asked.prompt else "Sorry."))
    with serving(server):
        done = make(notes, tmp_path / "data", "--llm", server.name, "--no-videos")
        assert done.returncode == 3, done.stderr
        count = len(server.asked)
        assert make(notes, tmp_path / "data", "--llm", server.name, "--no-videos").returncode == 3
        assert len(server.asked) == count, "replies are kept"
    assert result(done)["replies_unread"] > 0
    assert "other videos gave options" in done.stdout
    rows = json.loads((tmp_path / "data" / "json" / "fine_grained_action.json").read_text())
    assert set(next(row for row in rows if row["answer"] == "sings")["candidates"]) == {
        "sings", "flies", "crawls", "leaps",
    }  # fmt: skip


def test_what_cannot_be_asked_and_what_does_not_go_together_are_told(notes: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text(json.dumps({"video": str(notes.parent / "0.mp4")}) + "\n")
    done = make(empty, tmp_path / "data")
    assert (done.returncode, "nothing can be asked of it" in done.stderr) == (1, True)
    assert longvid("bench", "mvbench", "make", tmp_path / "x", "--llm", "files:x").returncode == 2

"""Data sets: read in every form that the trainers know, refused with the line where they are wrong, written back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from longvid.errors import DataError
from longvid.training.data import Sample, Turn, read, write

ASKED = Turn("user", "When does it rain?")
TOLD = Turn("assistant", "At the 3rd second.")
PLAIN = Sample(("/films/a.mp4",), (ASKED, TOLD))


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def only(tmp_path: Path, row: Any) -> Sample:
    (sample,) = read(lines(tmp_path / "set.jsonl", row))
    return sample


def test_what_is_written_in_either_form_is_read_back(tmp_path: Path) -> None:
    long = Sample(
        ("a.mp4", "https://host/b.mp4"),
        (Turn("system", "Be short."), ASKED, Turn("assistant", "No.", learnt=False), Turn("user", "So?"), TOLD),
        rejected="Never.",
        id="7",
        more={"film": "ab", "second": 3},
    )
    pair = [PLAIN, Sample((), (Turn("user", "Ünï \u2028 ?"), TOLD), id="2")]
    for name in ("set.jsonl", "set.json"):
        write(tmp_path / name, [long, *pair])
        assert read(tmp_path / name) == [long, *pair]
        write(tmp_path / name, pair, form="llava")
        assert read(tmp_path / name) == pair
    assert len(json.loads((tmp_path / "set.json").read_text(encoding="utf-8"))) == 2


def test_rows_have_the_keys_that_the_trainers_look_for(tmp_path: Path) -> None:
    write(tmp_path / "set.jsonl", [Sample(("a.mp4",), (ASKED, TOLD), rejected="Never.")])
    assert json.loads((tmp_path / "set.jsonl").read_text()) == {
        "messages": [
            {"role": "user", "content": "<video>\nWhen does it rain?"},
            {"role": "assistant", "content": "At the 3rd second."},
        ],
        "videos": ["a.mp4"],
        "rejected_response": "Never.",
    }
    write(tmp_path / "set.jsonl", [PLAIN], form="llava")
    assert json.loads((tmp_path / "set.jsonl").read_text()) == {
        "video": "/films/a.mp4",
        "conversations": [
            {"from": "human", "value": "<video>\nWhen does it rain?"},
            {"from": "gpt", "value": "At the 3rd second."},
        ],
    }


ANSWER = {"role": "assistant", "content": TOLD.content}
HUMAN, GPT = {"from": "human", "value": "<video>\n" + ASKED.content}, {"from": "gpt", "value": TOLD.content}


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [{"role": "user", "content": ASKED.content + "<video>"}, ANSWER], "videos": "/films/a.mp4"},
        {"query": "<video>" + ASKED.content, "response": TOLD.content, "video": ["/films/a.mp4"], "history": []},
        {"query": ASKED.content, "response": TOLD.content, "videos": [{"path": "/films/a.mp4"}], "images": []},
        {"instruction": ASKED.content, "input": "", "output": TOLD.content, "videos": ["/films/a.mp4"]},
        {"conversations": [HUMAN, GPT], "video": "/films/a.mp4"},
        {"conversations": [{**HUMAN, "from": "user"}, {**GPT, "from": "assistant"}], "videos": ["/films/a.mp4"]},
    ],
)
def test_a_sample_is_the_same_whichever_form_it_came_in(tmp_path: Path, row: dict[str, Any]) -> None:
    assert only(tmp_path, row) == PLAIN


def test_a_history_comes_before_the_question(tmp_path: Path) -> None:
    row = {"query": "So?", "response": "Yes.", "history": [["Is it?", "No."]], "system": "Be short.", "videos": ["a"]}
    assert [turn.content for turn in only(tmp_path, row).turns] == ["Be short.", "Is it?", "No.", "So?", "Yes."]


def test_a_rejected_answer_may_be_a_dialogue_that_ends_otherwise(tmp_path: Path) -> None:
    asked, told = {"role": "user", "content": "<video>When?"}, {"role": "assistant", "content": "Now."}
    row = {"messages": [asked, told], "videos": ["a"], "rejected_response": [asked, {**told, "content": "Never."}]}
    assert only(tmp_path, row).rejected == "Never."
    assert only(tmp_path, {**row, "rejected_response": [{**told, "content": "Never."}]}).rejected == "Never."
    row["rejected_response"] = [{**asked, "content": "<video>Where?"}, told]
    with pytest.raises(DataError, match="more than its last answer"):
        only(tmp_path, row)


ASK, TELL = {"role": "user", "content": "When?"}, {"role": "assistant", "content": "Now."}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([], "a JSON object"),
        ({}, "neither messages"),
        ({"messages": [ASK]}, "the last an assistant's"),
        ({"messages": [TELL, ASK, TELL]}, "one after another"),
        ({"messages": [ASK, {"role": "system", "content": ""}, TELL]}, "speaks first"),
        ({"messages": [ASK, {"role": "tool", "content": "x"}]}, "not 'tool'"),
        ({"messages": [ASK, {**TELL, "content": [{"type": "text"}]}]}, "content: text is missing"),
        ({"messages": [ASK, {**TELL, "loss_scale": 0.5}]}, "weights between"),
        ({"messages": [ASK, TELL], "images": ["a.png"]}, "images: images"),
        ({"messages": [ASK, TELL], "label": False}, "label: a mark"),
        ({"messages": [ASK, TELL], "videos": [["1.png", "2.png"]]}, "frames in place"),
        ({"messages": [ASK, TELL], "videos": [""]}, "path of one file"),
        ({"messages": [ASK, TELL], "query": "When?"}, "messages and query too"),
        ({"messages": [{**ASK, "content": "<video>When?"}, TELL]}, "1 of <video> stand for 0"),
        ({"messages": [ASK, TELL, {**ASK, "content": "<video>So?"}, TELL], "videos": ["a"]}, "a later turn"),
        ({"messages": [{**ASK, "content": "<image>"}, TELL]}, "<image> stands"),
        ({"messages": [ASK, TELL], "id": [1]}, "id: text"),
        ({"conversations": [{"from": "martian", "value": "x"}]}, "from human, gpt"),
    ],
)
def test_what_is_no_sample_is_refused_with_its_line_and_why(tmp_path: Path, row: Any, said: str) -> None:
    good = {"messages": [ASK, TELL]}
    with pytest.raises(DataError, match=r"set\.jsonl, line 2: ") as refused:
        read(lines(tmp_path / "set.jsonl", good, row))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_files_that_are_no_data_sets_are_refused(tmp_path: Path) -> None:
    bad = tmp_path / "set.jsonl"
    for data, said in (
        (b"", "no rows"),
        (b"{", "line 1 is no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[" * 9999, "no JSON"),
    ):
        bad.write_bytes(data)
        with pytest.raises(DataError, match=said):
            read(bad)
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match=r"cannot be read|regular"):
        read(tmp_path)
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(DataError, match="regular"):
        read(tmp_path / "pipe.jsonl")


def test_a_relative_path_is_found_beside_the_data_set(tmp_path: Path) -> None:
    (tmp_path / "b.mp4").touch()
    videos = ["b.mp4", "c.mp4", "/d.mp4", "data:video/mp4;base64,AA"]
    row = {"messages": [ASK, TELL], "videos": videos}
    assert only(tmp_path, row).videos == (str(tmp_path / "b.mp4"), *videos[1:])


def test_a_name_that_is_no_utf8_comes_back_whole(tmp_path: Path) -> None:
    strange = Sample((os.fsdecode(b"/films/\xff.mp4"),), (ASKED, TOLD))
    write(tmp_path / "set.jsonl", [strange])
    assert read(tmp_path / "set.jsonl") == [strange]


def test_llavas_form_refuses_what_it_cannot_say(tmp_path: Path) -> None:
    for sample in (
        Sample(("a", "b"), (ASKED, TOLD)),
        Sample((), (ASKED, TOLD), rejected="No."),
        Sample((), (Turn("system", "Be short."), ASKED, TOLD)),
    ):
        with pytest.raises(DataError, match=r"sample 1: LLaVA's form"):
            write(tmp_path / "set.jsonl", [sample], form="llava")
    assert not (tmp_path / "set.jsonl").exists()

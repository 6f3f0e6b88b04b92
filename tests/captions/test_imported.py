"""Captions from a file: what is read, and how what is wrong is refused."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from longvid.captions.imported import LARGEST_FILE, LONGEST_TEXT, MOST_CHUNKS, ImportedCaptions, read_captions
from longvid.errors import CaptionsError
from longvid.film import Cue
from longvid.output.report import ChunkReport, Report
from longvid.output.subtitles import render_srt, render_vtt
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent

TEXTS = ("A man & a dog walk.", "She takes the key. It is <late> at \u201cnight\u201d.", "They meet in the hall.")


def written(folder: Path, rows: list[object], name: str = "said.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_rows_with_captions_and_event_lines_are_one_chunk_each(tmp_path: Path) -> None:
    lines = ["3 | a man | walks | yard", " ", "9 | he | sits | hall"]
    rows: list[object] = [
        {"start": 0, "end": 58.5, "caption": TEXTS[0], "lines": lines},
        {"start": 58.5, "end": 120, "caption": TEXTS[2], "index": 7},
    ]
    imported = read_captions(written(tmp_path, rows))
    assert [(c.index, c.start, c.end, c.scenes) for c in imported.chunks] == [
        (0, 0.0, 58.5, ((0.0, 58.5),)),
        (1, 58.5, 120.0, ((58.5, 120.0),)),
    ]
    assert imported.captions == (TEXTS[0], TEXTS[2])
    assert imported.events == ("3 | a man | walks | yard\n9 | he | sits | hall", "")


def test_the_gold_of_a_story_film_is_read_as_it_is(tmp_path: Path) -> None:
    story = invent(3, chunks=5)
    gold.write(story, tmp_path)
    for level in ("named", "appearance", "noisy"):
        imported = read_captions(tmp_path / f"captions.{level}.jsonl")
        assert imported.captions == tuple(gold.captions(story, level))  # type: ignore[arg-type]
        assert imported.events is None
    lines = read_captions(tmp_path / "event_lines.jsonl")
    assert lines.captions is None
    assert lines.events == tuple("\n".join(gold.event_lines(story, chunk)) for chunk in story.chunks)
    assert [(c.start, c.end) for c in lines.chunks] == [(c.start, c.end) for c in story.chunks]


@pytest.mark.parametrize(("kind", "render"), [("srt", render_srt), ("vtt", render_vtt)])
def test_subtitles_that_longvid_wrote_come_back(tmp_path: Path, kind: str, render: object) -> None:
    chunks = tuple(ChunkReport(i, 60.0 * i, 60.0 * i + 60, text, "ok") for i, text in enumerate(TEXTS))
    report = Report("film", 180.0, "concat", "m", "w", "", chunks, {}, (), "run")
    path = tmp_path / f"film.{kind}"
    path.write_text(render(report), encoding="utf-8")  # type: ignore[operator]
    imported = read_captions(path)
    expected = TEXTS if kind == "vtt" else tuple(text.replace("<", "(").replace(">", ")") for text in TEXTS)
    assert imported.captions == expected
    assert [(c.start, c.end) for c in imported.chunks] == [(0, 60), (60, 120), (120, 180)]


def test_texts_are_harmless_whatever_the_file_holds(tmp_path: Path) -> None:
    row = {"start": 0, "end": 1, "caption": "A \x1b[2Jman\u202e.\ud800", "lines": ["1 | a\nb | c\x07 | d"]}
    imported = read_captions(written(tmp_path, [row]))
    assert imported.captions == ("A [2Jman.",)
    assert imported.events == ("1 | a b | c | d",)


def test_equal_content_has_one_digest_whatever_the_file_is_called(tmp_path: Path) -> None:
    one = read_captions(written(tmp_path, [{"start": 0, "end": 60, "caption": "A."}], "one.jsonl"))
    same = read_captions(written(tmp_path, [{"start": 0.0, "end": 60.0, "caption": "A. ", "x": 1}], "two.jsonl"))
    other = read_captions(written(tmp_path, [{"start": 0, "end": 60, "caption": "B."}], "three.jsonl"))
    moved = read_captions(written(tmp_path, [{"start": 0, "end": 61, "caption": "A."}], "four.jsonl"))
    assert one.digest == same.digest
    assert len({one.digest, other.digest, moved.digest}) == 3


GOOD = {"start": 0, "end": 60, "caption": "A."}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"start": 50, "end": 90, "caption": "B."}, "starts at 50 s, before"),
        ({"start": 90, "end": 90, "caption": "B."}, "not after its start"),
        ({"start": 60, "end": float("nan"), "caption": "B."}, "times must be"),
        ({"start": 60, "end": 10**400, "caption": "B."}, "times must be"),
        ({"start": True, "end": 90, "caption": "B."}, "as numbers"),
        ({"start": "60", "end": 90, "caption": "B."}, "as numbers"),
        ({"end": 90, "caption": "B."}, "as numbers"),
        ({"start": 60, "end": 90}, "neither caption nor lines"),
        ({"start": 60, "end": 90, "caption": ["B."]}, "caption must be text"),
        ({"start": 60, "end": 90, "lines": "1 | a | b | c"}, "lines must be a list"),
        ({"start": 60, "end": 90, "caption": "B" * (LONGEST_TEXT + 1)}, "characters"),
        ([1, 2], "is not an object"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(tmp_path: Path, row: object, says: str) -> None:
    with pytest.raises(CaptionsError, match=rf"said\.jsonl: line 2: .*{says}"):
        read_captions(written(tmp_path, [GOOD, row]))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("said.jsonl", b"", "holds no captions"),
        ("said.jsonl", b"\n \n", "holds no captions"),
        ("said.jsonl", b'{"start": 0,\n', "line 1: is not JSON"),
        ("said.jsonl", b"[" * 100_000, "line 1: is not JSON"),
        ("said.jsonl", b'{"start": ' * 100_000, "line 1: is not JSON"),
        ("said.jsonl", b'{"start": 0, "end": 9, "caption": ' + b"[" * 500 + b"]" * 500 + b"}", "line 1: caption must"),
        ("said.jsonl", b'{"start": 0, "end": ' + b"9" * 5000 + b"}", "line 1: is not JSON"),
        ("said.jsonl", json.dumps(GOOD).encode() + b"\n\xff\xfe", "line 2: is not UTF-8"),
        ("said.jsonl", b" " * (LARGEST_FILE + 1), "over 16 MiB"),
        ("said.srt", b"no cue at all", "holds no captions"),
        ("said.vtt", b"WEBVTT\n\n00:20.000 --> 00:10.000\nBack\n", "cue 1: ends at 10 s"),
        (
            "said.srt",
            b"1\n00:00:00,000 --> 00:00:09,000\nA\n\n2\n00:00:05,000 --> 00:00:12,000\nB\n",
            "cue 2: starts at 5 s, before",
        ),
        ("said.txt", b"A man walks.", r"\.jsonl, \.vtt and \.srt"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CaptionsError, match=says) as caught:
        read_captions(path)
    assert "\n" not in str(caught.value)


def test_more_chunks_than_any_film_has_are_refused(tmp_path: Path) -> None:
    rows: list[object] = [{"start": i, "end": i + 1, "caption": "A."} for i in range(MOST_CHUNKS + 1)]
    with pytest.raises(CaptionsError, match=f"line {MOST_CHUNKS + 1}: there are more than"):
        read_captions(written(tmp_path, rows))


def test_a_missing_file_and_a_hostile_name_are_one_harmless_line(tmp_path: Path) -> None:
    for name in ("missing.jsonl", "line\nbreak\x1b[2J.srt", "nul\0.vtt"):
        with pytest.raises(CaptionsError, match="check the path") as caught:
            read_captions(tmp_path / name)
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["said.jsonl", "said.srt"])
def test_a_pipe_is_refused_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(CaptionsError, match="is no regular file; save"):
        read_captions(tmp_path / name)


@pytest.mark.parametrize(("name", "head"), [("said.srt", "1\n00:00:00,000"), ("said.vtt", "WEBVTT\n\n00:00:00.000")])
def test_escaped_characters_of_cues_are_read(tmp_path: Path, name: str, head: str) -> None:
    end = "00:00:09,000" if name.endswith("srt") else "00:00:09.000"
    (tmp_path / name).write_text(f"{head} --> {end}\nTom &amp; Ann &lt;3\n")
    assert read_captions(tmp_path / name).captions == ("Tom & Ann <3",)


def test_an_address_in_the_place_of_a_file_is_shown_as_it_was_typed() -> None:
    with pytest.raises(CaptionsError, match=r"^https://example\.org/said\.srt: cannot be read"):
        read_captions(Path("https://example.org/said.srt"))


def test_what_is_given_by_a_program_is_held_to_the_same_rules() -> None:
    times = [(0.0, 60.0), (60.0, 120.0)]
    assert ImportedCaptions.of("here", times, events=[["1 | a | b | c"], []]).events == ("1 | a | b | c", "")
    for bad in ([], [(0.0, 60.0)], [(0.0, 60.0), (30.0, 90.0)]):
        with pytest.raises(ValueError, match=r"chunk"):
            ImportedCaptions.of("here", bad, captions=["A.", "B."])
    with pytest.raises(ValueError, match="captions or events"):
        ImportedCaptions.of("here", times)


def test_lines_alone_also_answer_as_sentences(tmp_path: Path) -> None:
    row = {"start": 0, "end": 60, "lines": ["2 | the tall nurse | opens a box | pier", "Ada | waves"]}
    (tmp_path / "lines.jsonl").write_text(json.dumps(row))
    assert read_captions(tmp_path / "lines.jsonl").prose == ("The tall nurse opens a box. Ada waves.",)


def test_dialogue_goes_to_the_chunk_that_holds_most_of_it_and_is_part_of_the_digest() -> None:
    times = [(0.0, 60.0), (60.0, 120.0)]
    across, later = Cue(58.0, 61.0, "Wait.", "Ada"), Cue(70.0, 72.0, "a door slams", None, "sound")
    silent = ImportedCaptions.of("a", times, TEXTS[:2])
    spoken = ImportedCaptions.of("a", times, TEXTS[:2], dialogue=[later, across])
    assert [chunk.dialogue for chunk in spoken.chunks] == [(across,), (later,)]
    assert [chunk.dialogue for chunk in silent.chunks] == [(), ()]
    whispered = ImportedCaptions.of("a", times, TEXTS[:2], dialogue=[later, replace(across, speaker=None)])
    assert len({silent.digest, spoken.digest, whispered.digest}) == 3
    assert ImportedCaptions.of("b", times, TEXTS[:2], dialogue=()).digest == silent.digest
    # What captions without a word were known by before dialogue was read.
    assert silent.digest == hashlib.sha256(json.dumps([times, TEXTS[:2], None]).encode()).hexdigest()

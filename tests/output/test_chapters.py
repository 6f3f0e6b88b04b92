"""Chapters from the paragraphs of a summary: in time, without gaps, and in files that players read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import av
import pytest

from longvid.film import dialogue, probe
from longvid.output import FORMATS, ChunkReport, Cited, Report
from longvid.output.chapters import pieces_of
from tests.films import make_film

TOLD = (("Anna hides a key.", [5.0]), ("Carl sleeps.", [65.0]), ("She finds it.", [5.0, 130.0]), ("It ends.", [170.0]))


def report(*paragraphs: tuple[int, ...], title: str = "") -> Report:
    """Three chunks of a minute, and a summary whose paragraphs have these sentences of `TOLD`."""
    told = [(title + sentence, times) for sentence, times in TOLD]
    summary = "\n\n".join(" ".join(told[index][0] for index in one) for one in paragraphs)
    chunks = tuple(ChunkReport(index, 60.0 * index, 60.0 * index + 60, "", "ok") for index in range(3))
    evidence = tuple(
        Cited(*told[index][:1], [], told[index][1], ["x"] * len(told[index][1])) for one in paragraphs for index in one
    )
    return Report("a.mp4", 180.0, "s", "m", "w", summary, chunks, {}, (), "a.longvid", evidence=evidence)


def spans(report: Report) -> list[tuple[float, float, int]]:
    return [(chapter.start, chapter.end, chapter.paragraph) for chapter in report.chapters]


def test_a_paragraph_begins_a_chapter_where_its_first_sentence_is_told() -> None:
    made = report((0,), (1,), (2, 3))
    assert spans(made) == [(0.0, 60.0, 0), (60.0, 120.0, 1), (120.0, 180.0, 2)]
    assert [chapter.title for chapter in made.chapters] == ["Anna hides a key", "Carl sleeps", "She finds it"]
    value = json.loads(FORMATS["json"](made))["chapters"]
    assert value[1] == {"start": 60.0, "end": 120.0, "title": "Carl sleeps", "paragraph": 1}


def test_a_paragraph_that_goes_back_in_time_belongs_to_the_chapter_before() -> None:
    assert spans(report((1,), (0,), (2,))) == [(0.0, 120.0, 0), (120.0, 180.0, 2)]


@pytest.mark.parametrize("paragraphs", [(), ((0, 1, 2, 3),), ((1,), (0,))])
def test_what_would_be_one_chapter_is_none(paragraphs: tuple[tuple[int, ...], ...]) -> None:
    made = report(*paragraphs)
    assert made.chapters == ()
    assert "chapters" not in made.as_json()
    assert FORMATS["chapters.txt"](made) == ""


def test_without_times_there_are_none() -> None:
    made = report((0,), (1,))
    assert replace(made, evidence=tuple(replace(one, times=[]) for one in made.evidence)).chapters == ()


def test_a_long_title_ends_at_a_word() -> None:
    (first, *_) = report(
        (0,), (1,), title="A very long beginning of a sentence that goes on and on until nobody reads "
    ).chapters
    assert len(first.title) <= 70
    assert first.title.endswith("nobody…")


@pytest.mark.parametrize(
    ("paragraph", "title"),
    [
        ("Mr. Brown opens the door.", "Mr. Brown opens the door"),
        ("Dr. No shuts it! Then all run.", "Dr. No shuts it!"),
        ("The U.S. Army lands. It rains.", "The U.S. Army lands"),
        ("\u4ed6\u6253\u5f00\u4e86\u95e8\u3002\u4ed6\u8d70\u4e86\u3002", "\u4ed6\u6253\u5f00\u4e86\u95e8\u3002"),
    ],
)
def test_a_title_is_the_first_sentence_whatever_stops_are_in_it(paragraph: str, title: str) -> None:
    made = report((0,), (1,))
    told = (Cited(paragraph, [], [5.0], ["x"]), *made.evidence[1:])
    made = replace(made, summary=made.summary.replace(TOLD[0][0], paragraph), evidence=told)
    assert made.chapters[0].title == title


def test_the_pieces_of_a_summary_are_the_summary() -> None:
    summary = "One. Two.\n\nTwo again? Three."
    pieces = pieces_of(summary, ["One.", "missing", "Two.", "Three."])
    assert "\n\n".join("".join(text for _, text in one) for one in pieces) == summary
    assert [[index for index, _ in one if index is not None] for one in pieces] == [[0, 2], [3]]


HOSTILE = "=;#\\ --> <b>&\n[CHAPTER]\x1b "


@pytest.mark.parametrize("title", ["", HOSTILE])
def test_ffmpeg_reads_the_metadata(tmp_path: Path, title: str) -> None:
    path = tmp_path / "a.ffmeta"
    path.write_text(FORMATS["chapters.ffmeta"](report((0,), (1,), (2,), title=title)))
    with av.open(str(path), format="ffmetadata") as container:
        found = container.chapters()
    assert [(chapter["start"], chapter["end"]) for chapter in found] == [(0, 60000), (60000, 120000), (120000, 180000)]
    assert found[0]["metadata"]["title"] == " ".join(f"{title}Anna hides a key".replace("\x1b", "").split())


def test_the_track_of_chapters_is_webvtt_and_is_never_taken_for_what_is_said(tmp_path: Path) -> None:
    text = FORMATS["chapters.vtt"](report((0,), (1,), title=HOSTILE))
    assert text.count("-->") == 2
    assert "<b>" not in text
    film = make_film(tmp_path / "a.mp4", chunks=1)
    (tmp_path / "a.chapters.vtt").write_text(text)
    assert dialogue(probe(film)).cues == ()


def test_the_lines_begin_at_nothing() -> None:
    assert FORMATS["chapters.txt"](report((0,), (1,))) == "0:00:00 Anna hides a key\n0:01:00 Carl sleeps\n"


def test_the_nfo_is_xml_with_the_summary_as_its_plot() -> None:
    made = report((0,), (1,), title="<plot>&\x00")
    movie = ElementTree.fromstring(FORMATS["nfo"](made).encode())
    assert [child.tag for child in movie] == ["title", "plot", "runtime"]
    assert movie.findtext("plot") == made.summary.replace("\x00", "")
    assert movie.findtext("runtime") == "3"

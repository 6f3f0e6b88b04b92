"""The outputs: stable JSON, and text that no model output can break out of."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.output import FORMATS, ChunkReport, Cited, Report, clock
from longvid.output.markdown import escape, render, render_summary
from longvid.text.mark import is_marked, marked

HOSTILE = "# Not a heading\n\n<script>alert(1)</script> [x](http://evil) `code`\n\n1\n00:00 --> 00:01\n{\\an8}\x1b[2J"


def report(caption: str = "A man walks.", summary: str = "He walks far.") -> Report:
    chunks = (
        ChunkReport(0, 0.0, 59.96, caption, "ok"),
        ChunkReport(1, 59.96, 3723.5, "", "degraded", "looping"),
    )
    calls = {"watch": 2, "ask": 2, "write": 1, "cached": 0}
    return Report(
        "film.mp4", 3723.5, "refine", "m", "w", summary, chunks, calls, ("1 of 2 captions looping",), "f.longvid"
    )


def test_the_json_has_every_promised_key() -> None:
    value = json.loads(FORMATS["json"](report()))
    assert {"film", "duration", "strategy", "model", "summary", "chunks", "calls", "degraded", "run"} <= set(value)
    assert value["carry"] == "none"
    assert set(value["calls"]) == {"watch", "ask", "write", "cached"}
    for chunk in value["chunks"]:
        assert {"index", "start", "end", "caption", "status"} <= set(chunk)
    assert value["chunks"][1]["reason"] == "looping"


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_lets_control_characters_through(name: str) -> None:
    text = FORMATS[name](report(HOSTILE, HOSTILE))
    assert "\x1b" not in text


def test_markdown_shows_model_output_literally() -> None:
    text = FORMATS["md"](report(HOSTILE, HOSTILE))
    assert "<script>" not in re.sub(r"\\<", "", text)
    assert not re.search(r"(?m)^# Not", text)
    assert "[x](" not in text


@pytest.mark.parametrize(
    ("plain", "escaped"),
    [
        ("# A", r"\# A"),
        ("- a", r"\- a"),
        ("12. a", r"12\. a"),
        ("Foo\n===\nbar", "Foo\n\\===\nbar"),
        ("Foo\n---", "Foo\n\\---"),
        ("a\n\n    code", "a\n\ncode"),
        ("big_buck_bunny", "big_buck_bunny"),
        ("_a_ *b*", r"\_a\_ \*b\*"),
    ],
)
def test_markdown_escapes_what_would_be_markup_and_nothing_else(plain: str, escaped: str) -> None:
    assert escape(plain) == escaped


@pytest.mark.parametrize("name", ["srt", "vtt"])
@given(caption=st.text(min_size=1, max_size=80))
def test_a_caption_can_neither_end_its_cue_nor_start_another(name: str, caption: str) -> None:
    text = FORMATS[name](report(caption))
    cues = pysubs2.SSAFile.from_string(text, format_=name)
    assert len(cues) <= 1


def test_cues_have_their_chunks_times_and_words() -> None:
    for name in ("srt", "vtt"):
        cue = pysubs2.SSAFile.from_string(FORMATS[name](report("A dog & a cat.")), format_=name)[0]
        assert (cue.start, cue.end) == (0, 59960)
        assert cue.plaintext.replace("&amp;", "&") == marked("A dog & a cat.")


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_the_first_cue_alone_is_marked_as_longvids_own(name: str) -> None:
    chunks = tuple(ChunkReport(i, 60.0 * i, 60.0 * i + 60, f"Chunk {i}.", "ok") for i in range(3))
    cues = list(pysubs2.SSAFile.from_string(FORMATS[name](replace(report(), chunks=chunks)), format_=name))
    assert [is_marked(cue.text) for cue in cues] == [True, False, False]
    assert cues[0].plaintext.isprintable() is False
    assert "".join(c for c in cues[0].plaintext if c.isprintable()) == "Chunk 0."


def test_what_is_not_as_it_should_be_is_a_note_in_webvtt_and_no_cue() -> None:
    text = FORMATS["vtt"](replace(report(), problems=("film does not --> say\n\nso",)))
    assert "\nNOTE film does not -> say so\n\n" in text
    assert [cue.plaintext for cue in pysubs2.SSAFile.from_string(text, format_="vtt")] == [marked("A man walks.")]


def test_times_read_as_clocks() -> None:
    assert clock(59.99) == "0:00:59"
    assert clock(3723.5) == "1:02:03"
    assert clock(3723.4996, millis=",") == "01:02:03,500"
    assert clock(59.9996, millis=".") == "00:01:00.000"


CITED = (
    Cited("He takes the *key*.", [0], [12.0], ["12 | man <b> | takes the key | hall"]),
    Cited("It is late.", [], [], []),
    Cited(
        "She finds it [there].", [0, 1], [12.0, 63.0], ["12 | man | hides key | hall", "63 | she\n# x | finds | hall"]
    ),
)


def cited(evidence: tuple[Cited, ...] = CITED, summary: str = "") -> Report:
    chunks = (ChunkReport(0, 0, 60, "A.", "ok"), ChunkReport(1, 60, 120, "B.", "ok"))
    summary = summary or "He takes the *key*. It is late.\n\nShe finds it [there]. The end."
    return Report("film.mp4", 120, "ledger", "m", "w", summary, chunks, {}, (), "run", evidence=evidence)


def test_events_of_evidence_have_their_earlier_name_beside_the_present_one_in_json() -> None:
    value = json.loads(FORMATS["json"](cited()))
    assert value["evidence"][0]["events"] == value["evidence"][0]["rows"] == CITED[0].events


def test_evidence_is_numbered_in_the_summary_and_listed_with_times_when_asked_for() -> None:
    assert "[1]" not in render_summary(cited()).replace("\\", "")
    shown = render_summary(replace(cited(), show_evidence=True))
    plain = shown.replace("\\", "")
    assert "He takes the *key*.[1] It is late.[2]\n\nShe finds it [there].[3] The end.\n" in plain
    assert "**3** chunk 0, 0:00:00 to 0:01:00; chunk 1, 0:01:00 to 0:02:00\n" in plain
    assert "- 0:00:12 12 | man | hides key | hall\n- 0:01:03 63 | she # x | finds | hall\n" in plain
    assert "**2** *nothing is cited*" in plain
    assert "<b>" not in re.sub(r"\\[<>]", "", shown), "events are escaped like everything else"
    assert shown.rstrip() in render(replace(cited(), show_evidence=True))


def test_evidence_of_sentences_that_the_summary_does_not_hold_is_listed_all_the_same() -> None:
    shown = render_summary(replace(cited(summary="Something else. It is late."), show_evidence=True)).replace("\\", "")
    assert "Something else. It is late.[2]\n" in shown
    assert "**1** chunk 0" in shown
    assert "There is none: ledger" in render_summary(replace(cited(()), show_evidence=True))

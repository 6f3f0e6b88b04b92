"""Transcripts as files: what is said cannot break the format that it is written in."""

from __future__ import annotations

from longvid.film.timedtext import cues
from longvid.output.report import Cue, Heard
from longvid.output.transcript import Transcript, render_srt, render_vtt

SAID = (
    Cue(1.0, 2.5, "Where? --> there"),
    Cue(3661.25, 3662.0, "<b>{loud} & clear</b>\n\nwith\x1b[31m breaks"),
)
HEARD = Heard("transcribed by small (track 1)", "en", 2, "transcribed")
TRANSCRIPT = Transcript("a.mkv", 4000.0, 1, HEARD, "en", SAID, "a.longvid", ("-->",))


def test_both_formats_are_read_again_as_what_was_said() -> None:
    for text in (render_srt(TRANSCRIPT), render_vtt(TRANSCRIPT)):
        read = list(cues(text, None))
        assert [(cue.start, cue.end) for cue in read] == [(1.0, 2.5), (3661.25, 3662.0)]
        assert read[0].text.strip() == "Where? -- there"
        assert "<" not in read[1].text
        assert "{" not in read[1].text
        assert "\n\n" not in read[1].text.strip()
    assert "&amp; clear" in render_vtt(TRANSCRIPT)


def test_nothing_said_is_a_file_of_its_format() -> None:
    nothing = Transcript("a.mkv", 4.0, None, Heard(), None, (), "a.longvid", ("there is no audio track",))
    assert render_srt(nothing) == ""
    assert render_vtt(nothing) == "WEBVTT\n\nNOTE there is no audio track\n"
    assert nothing.as_json()["cues"] == []

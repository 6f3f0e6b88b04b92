"""Cues: subtitle files as they are really written; what is broken costs itself alone."""

from __future__ import annotations

import time

import pytest

from longvid.film.timedtext import RawCue, cues

HELLO = [(1.0, 3.0, "Hello"), (4.0, 5.0, "Bye")]


def read(text: str) -> list[tuple[float, float | None, str]]:
    return [(cue.start, cue.end, cue.text.strip()) for cue in cues(text, 24.0)]


SUBRIP = "1\n00:00:01,000 --> 00:00:03,000\nHello\n\n2\n00:00:04,000 --> 00:00:05,000\nBye\n\n"
WEBVTT = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:03.000\nHello\n\n2\n00:00:04.000 --> 00:00:05.000\nBye\n\n"


@pytest.mark.parametrize("text", [SUBRIP, WEBVTT])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_rows_may_end_in_every_way(text: str, end: str) -> None:
    assert read(text.replace("\n", end)) == HELLO
    assert read("\ufeff" + text.replace("\n", end)) == HELLO


@pytest.mark.parametrize(
    "one", ["00:00:01", "0:0:1,0", "00:01.000", "00:00:01:000", "00: 00: 01, 000", " 00:00:01.000000", "000:01,00"]
)
def test_times_may_be_written_in_every_way(one: str) -> None:
    assert read(SUBRIP.replace("00:00:01,000", one)) == HELLO
    assert read(SUBRIP.replace("00:00:01,000 --> ", f"{one}->")) == HELLO


def test_parts_of_a_second_count() -> None:
    assert read("00:00:01,5 --> 01:00:02.25\nx")[0][:2] == (1.5, 3602.25)


def test_what_stands_between_cues_is_not_said() -> None:
    text = WEBVTT.replace("\n\n2\n", "\n\nNOTE not said\nnor this\n\nSTYLE\n::cue { color: red }\n\nname of a cue\n")
    assert read(text.replace("00:00:03.000\n", "00:00:03.000 align:start position:0%\n")) == HELLO


def test_subrip_may_leave_out_and_put_in_blank_rows() -> None:
    assert read(SUBRIP.replace("\n\n", "\n")) == HELLO
    assert read(SUBRIP.replace("1\n00", "00", 1).replace("2\n00", "00")) == HELLO
    assert read(SUBRIP.replace("Hello", "Hello\n\nyou"))[0][2] == "Hello\n\nyou"
    assert read(SUBRIP.replace("Hello", "")) == [(1.0, 3.0, ""), HELLO[1]]


ASS = (
    "[Script Info]\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n[Events]\n{format}"
    "Comment: 0,0:00:00.10,0:00:00.30,Default,,0,0,0,,not said\n{events}"
)
ORDER = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
EVENTS = (
    "Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,Hello\nDialogue: 0,0:00:04.00,0:00:05.00,Default,,0,0,0,,Bye\n"
)


def test_a_broken_row_of_ass_costs_itself_alone() -> None:
    broken = "Style: Default,Arial,large,&Hred\nDialogue: 0,soon,later,Default,,0,0,0,,never\nDialogue: \n"
    assert read(ASS.format(format=ORDER, events=broken + EVENTS)) == HELLO
    assert read(ASS.format(format="", events=EVENTS)) == HELLO


def test_ass_may_order_its_fields() -> None:
    events = "Dialogue: 0:00:03.00,0:00:01.00,Hello\nDialogue: 0:00:05.00,0:00:04.00,Bye\n"
    assert read(ASS.format(format="Format: End, Start, Text\n", events=events)) == HELLO


def test_a_comma_in_what_is_said_stays() -> None:
    assert read(ASS.format(format=ORDER, events=EVENTS.replace("Hello", "Well, hello")))[0][2] == "Well, hello"


@pytest.mark.parametrize("text", ["not subtitles", "WEBVTT\n\n00:00 --> \n", "[Script Info]\n[", "{1}{", "<html>"])
def test_what_is_broken_is_said_to_be(text: str) -> None:
    with pytest.raises(ValueError, match="subtitle"):
        read(text)


def test_formats_that_nobody_expects_are_read_too() -> None:
    assert read("{24}{72}Hello\n{96}{120}Bye\n") == HELLO


@pytest.mark.parametrize(
    "text",
    [
        "0" * 2_000_000,
        "0:" * 1_000_000,
        "1:1 " * 500_000,
        "-->\n" * 250_000,
        "00:00:01 -->" + " " * 500_000,
        "WEBVTT\n0:1-->0:2\n" + "\n" * 1_000_000,
        "0:1-->0:2\n" + "x\n" * 500_000,
        "[Events]\n" + "Format: start, end, text\n" * 50_000 + "Dialogue:,,,\n" * 50_000,
        "[" * 500_000,
    ],
    ids=["digits", "colons", "times", "arrows", "blanks", "gap", "rows", "formats", "brackets"],
)
def test_a_hostile_file_takes_no_time(text: str) -> None:
    begin = time.process_time()  # not the clock's: other tests run on the same cores
    try:
        found: list[RawCue] = list(cues(text, None))
    except ValueError:
        found = []
    assert len(found) < 10
    assert time.process_time() - begin < 1

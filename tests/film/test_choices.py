"""Choices: what a user writes for the subtitles to take, and what is said to be wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid.film.choices import AUTO, NONE, SubtitleChoice, parse_subtitles


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        ("auto", AUTO),
        ("None", NONE),
        ("track:2", SubtitleChoice("track", track=2)),
        ("Track: 0", SubtitleChoice("track", track=0)),
        ("lang:en", SubtitleChoice("language", language="en")),
        ("lang:ger", SubtitleChoice("language", language="de")),
        ("lang:pt_BR", SubtitleChoice("language", language="pt-BR")),
        ("film.srt", SubtitleChoice("file", file=Path("film.srt"))),
        ("./auto", SubtitleChoice("file", file=Path("auto"))),
        ("C:\\a.srt", SubtitleChoice("file", file=Path("C:\\a.srt"))),
        ("a: b.srt", SubtitleChoice("file", file=Path("a: b.srt"))),
    ],
)
def test_a_choice_is_read_and_written(value: str, choice: SubtitleChoice) -> None:
    assert parse_subtitles(value) == choice
    assert parse_subtitles(str(choice)) == choice


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", "needs auto, none, a file, track:N or lang:CODE"),
        ("  ", "needs auto"),
        ("a\0b", "needs auto"),
        ("track:", "number of a stream"),
        ("track:-1", "number of a stream"),
        ("track:two", "such as track:2, not 'two'"),
        ("track:²", "number of a stream"),
        ("lang:", "code of a language"),
        ("lang:klingonish", "such as lang:en or lang:pt-BR, not 'klingonish'"),
    ],
)
def test_what_is_no_choice_is_refused_with_the_remedy(value: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_subtitles(value)

"""Words from outside made safe to show, and an address shown as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid.text.shown import shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("https://hub.example/film.mp4", "https://hub.example/film.mp4"),
        ("rtsp://10.0.0.1/cam", "rtsp://10.0.0.1/cam"),
        ("films/a:/b.mp4", "films/a:/b.mp4"),
        ("C:/film.mp4", "C:/film.mp4"),
        ("/films/b.mp4", "/films/b.mp4"),
        ("a\x1b[31mb.mp4", "ab.mp4"),
    ],
)
def test_a_path_is_shown_as_it_was_given_and_harmless(given: str, said: str) -> None:
    assert shown(Path(given)) == said

"""Probing: what is told of a film, and the one line that is told of whatever is none."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from longvid.errors import FilmError
from longvid.film import dialogue, fingerprint, probe, scan
from tests.film.films import encode, nearest, scenes, with_audio_only


def test_a_plain_film_is_told_as_it_is(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "plain.mp4", scenes([36])))
    assert film.container.startswith("mov,mp4")
    assert film.size == (tmp_path / "plain.mp4").stat().st_size
    assert film.duration == pytest.approx(1.5)
    assert (film.start, film.origin) == (0, 0)
    video = film.video
    assert (video.codec, video.width, video.height) == ("h264", 128, 96)
    assert (video.rotation, video.mirrored, video.pixel_aspect) == (0, False, 1.0)
    assert video.average_rate == pytest.approx(24)
    assert film.videos == (video,)
    assert film.audio == film.subtitles == ()


def test_a_film_that_starts_late_has_its_own_length(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "late.mkv", scenes([48]), times=[5 + i / 24 for i in range(48)]))
    assert film.start == pytest.approx(5)
    assert film.duration == pytest.approx(2, abs=0.05)


def test_pixel_aspect_is_read_and_nonsense_is_one(tmp_path: Path) -> None:
    wide = probe(encode(tmp_path / "wide.mp4", scenes([30]), pixel_aspect=Fraction(16, 11)))
    assert wide.video.pixel_aspect == pytest.approx(16 / 11)
    absurd = probe(encode(tmp_path / "absurd.mp4", scenes([30]), pixel_aspect=Fraction(1, 200)))
    assert absurd.video.pixel_aspect == 1.0


@pytest.mark.parametrize(("counterclockwise", "clockwise"), [(0, 0), (90, 270), (-90, 90), (180, 180)])
@pytest.mark.parametrize("hflip", [False, True])
def test_rotation_is_told_clockwise(tmp_path: Path, counterclockwise: int, clockwise: int, hflip: bool) -> None:
    film = probe(encode(tmp_path / "turned.mp4", scenes([30]), rotation=counterclockwise, hflip=hflip))
    assert film.video.mirrored is hflip
    assert film.video.rotation in ((clockwise,) if not hflip else (0, 90, 180, 270))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_film_tells_the_comment_of_its_container(tmp_path: Path, name: str) -> None:
    assert probe(encode(tmp_path / f"no-{name}", scenes([30]))).comment is None
    film = probe(encode(tmp_path / name, scenes([30]), metadata={"comment": "StoryFilm 1"}))
    assert film.comment == "StoryFilm 1"


def test_a_hostile_comment_is_one_short_harmless_line(tmp_path: Path) -> None:
    comment = "\x1b[2Jred\x1b[0m\n\u202etxt" + "x" * 5000
    film = probe(encode(tmp_path / "a.mkv", scenes([30]), metadata={"comment": comment}))
    assert film.comment is not None
    assert film.comment.startswith("red txtx")
    assert len(film.comment) <= 200


def test_tracks_are_told_with_clean_words(tmp_path: Path) -> None:
    lines = [(0.1, 0.9, "Hello")]
    path = encode(
        tmp_path / "a.mkv",
        scenes([30]),
        subtitles=("subrip", lines),
        language="eng",
        metadata={"title": "a\x1b[31mb\u202ec"},
    )
    film = probe(path)
    (track,) = film.subtitles
    assert (track.codec, track.language, track.text) == ("srt", "eng", True)
    assert "\x1b" not in repr(film)
    assert "\u202e" not in repr(film)


def _text(folder: Path) -> Path:
    (folder / "story.txt").write_text("Once upon a time\n" * 50)
    return folder / "story.txt"


def _playlist(folder: Path) -> Path:
    (folder / "list.mp4").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n"
    )
    return folder / "list.mp4"


def _empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def _noise(folder: Path) -> Path:
    (folder / "noise.mp4").write_bytes(bytes(range(256)) * 200)
    return folder / "noise.mp4"


def _headless(folder: Path) -> Path:
    whole = encode(folder / "whole.mp4", scenes([48])).read_bytes()
    (folder / "half.mp4").write_bytes(whole[: len(whole) // 2])  # the index is at the end, and gone
    return folder / "half.mp4"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "nowhere.mp4", "no such file"),
        (lambda folder: folder, "is a folder"),
        (lambda folder: folder / "nul\0.mp4", "no such file"),
        (_empty, "is empty"),
        (_text, "not a video file"),
        (_playlist, "not a video file"),
        (_noise, "not a video file"),
        (_headless, "not a video file"),
        (lambda folder: with_audio_only(folder / "sound.mp4"), "only audio"),
        (lambda folder: with_audio_only(folder / "cover.mp4", cover=True), "only audio"),
        (lambda folder: encode(folder / "short.mp4", scenes([12])), "only 0.50 s"),
    ],
)
def test_what_is_no_film_is_one_clear_line(tmp_path: Path, make: Callable[[Path], Path], words: str) -> None:
    path = make(tmp_path)
    with pytest.raises(FilmError) as caught:
        probe(path)
    message = str(caught.value)
    assert words in message
    assert path.name.replace("\0", "") in message
    assert len(message.splitlines()) == 1


def test_a_file_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    with pytest.raises(FilmError) as caught:
        probe(tmp_path / "a\x1b[2Jb\nc.mp4")
    assert "\x1b" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_film_is_read_or_refused_but_never_crashes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    suffix = (".mkv", ".mp4", ".ts")[seed % 3]
    data = bytearray(encode(tmp_path / f"whole{suffix}", scenes([40])).read_bytes())
    for _ in range(30):
        data[chance.randrange(len(data))] = chance.randrange(256)
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(data)
    with contextlib.suppress(FilmError):
        film = probe(path)
        dialogue(film)
        scan(film, transform=nearest, scratch=tmp_path).close()


def test_a_stream_can_be_named(tmp_path: Path) -> None:
    path = encode(tmp_path / "plain.mp4", scenes([30]))
    assert probe(path, video=0).video.index == 0
    with pytest.raises(FilmError, match="stream 3 is not video"):
        probe(path, video=3)


def test_a_fingerprint_follows_the_content_not_the_name(tmp_path: Path) -> None:
    a, b, c = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    a.write_bytes(b"x" * 3_000_000)
    b.write_bytes(b"x" * 3_000_000)
    c.write_bytes(b"x" * 2_999_999 + b"y")
    assert fingerprint(a) == fingerprint(b) != fingerprint(c)
    assert len(bytes.fromhex(fingerprint(a))) == 16
    with pytest.raises(FilmError, match="no such file"):
        fingerprint(tmp_path / "d")


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ("av", "cv2", "scenedetect", "numpy", "pysubs2")
    code = f"import sys, longvid.film; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    import longvid.film

    assert longvid.film.__all__ == sorted(longvid.film.__all__)
    for name in longvid.film.__all__:
        assert getattr(longvid.film, name).__name__ == {"Line": "Cue"}.get(name, name)

"""Languages: the same one by every name it goes by, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid.film.languages import distance, of_words, tag_of
from longvid.film.sidecars import language_in_name, sidecars


@pytest.mark.parametrize(
    ("names", "tag"),
    [
        (("en", "eng", "EN", "English", " english "), "en"),
        (("en-US", "en_us", "eng-US"), "en-US"),
        (("de", "ger", "deu", "German", "Deutsch"), "de"),
        (("fr", "fre", "fra"), "fr"),
        (("cs", "cze", "ces"), "cs"),
        (("zh", "chi", "zho", "Chinese"), "zh"),
        (("pt-BR", "pt-br", "pob", "por-BR"), "pt-BR"),
        (("fil",), "fil"),
    ],
)
def test_a_language_has_one_tag(names: tuple[str, ...], tag: str) -> None:
    assert {tag_of(name) for name in names} == {tag}


@pytest.mark.parametrize(
    "name", ["", "und", "mul", "xx", "sdh", "forced", "sub", "dub", "2", "x-private", "qaa", "../en", "e" * 500, "en\0"]
)
def test_what_is_no_language_has_no_tag(name: str) -> None:
    assert tag_of(name) is None


def test_regions_are_near_and_languages_are_not() -> None:
    assert distance("en", "en") == 0
    assert distance("pt-BR", "pt-BR") == 0
    british, chinese = distance("en", "en-GB"), distance("zh", "zh-TW")
    assert british is not None
    assert chinese is not None
    for wanted, other in (("de", "lb"), ("es", "ca"), ("zh-TW", "zh-CN"), ("en", "fr"), ("da", "nb"), ("gsw", "de")):
        assert distance(wanted, other) is None, (wanted, other)


@pytest.mark.parametrize(
    ("words", "tag"),
    [
        ("en", "en"),
        ("eng.sdh", "en"),
        ("forced.en", "en"),
        ("pt-br.forced", "pt-BR"),
        ("english_sdh", "en"),
        ("2_english", "en"),
        ("en.hi", "en"),
        ("hi", "hi"),
        ("sdh", None),
        ("ledger", None),
        ("1080p", None),
        ("", None),
    ],
)
def test_a_name_tells_its_language(words: str, tag: str | None) -> None:
    assert of_words(words) == tag


def test_a_file_elsewhere_tells_its_language_at_the_end_of_its_name() -> None:
    film = Path("My film.mkv")
    for name, tag in (
        ("My film.en.srt", "en"),
        ("subs/other.de.srt", "de"),
        ("other.pt-BR.sdh.srt", "pt-BR"),
        ("It.2017.srt", None),
        ("Do.It.Right.srt", None),
        ("other.srt", None),
    ):
        assert language_in_name(Path(name), film) == tag, name


def test_files_beside_a_file_of_captions_are_found_and_itself_is_not(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.srt", "a.EN.vtt", "a.srt.txt", "ab.srt", "a b.srt", "a.of another longer film.srt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "a.ass").mkdir()
    found = {file.path.name: (file.words, file.language) for file in sidecars(tmp_path / "a.jsonl")}
    assert found == {"a.srt": ("", None), "a.EN.vtt": ("en", "en")}
    assert {file.path.name for file in sidecars(tmp_path / "a.srt")} == {"a.EN.vtt"}
    assert sidecars(tmp_path / "nowhere" / "a.srt") == []

"""Films as text: what is read of a folder, and what is refused with its line."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from longvid.captions.imported import ImportedCaptions
from longvid.errors import LongvidError
from longvid_benchmarks.compare.films import Film
from longvid_benchmarks.compare.filmtexts import MOST_CUES, read_texts
from tests.benchmarks.compare.filmtexts import LINK, PROMISE, SAID, SEEN, SYNOPSIS, TRAP, film_text, write_rows


def read(*folders: Path) -> list[Film]:
    return read_texts(folders, words=None)


def test_a_film_is_read_with_what_is_seen_and_said_in_each_chunk_and_what_is_known_of_it(tmp_path: Path) -> None:
    (film,) = read(film_text(tmp_path / "one"))
    assert isinstance(film.source, ImportedCaptions)
    assert film.source.captions == tuple(SEEN)
    spoken = [[cue.text for cue in chunk.dialogue] for chunk in film.source.chunks]
    assert spoken == [[SAID[0][2]], [SAID[1][2]], [], [SAID[2][2]]]
    assert (film.name, film.chunks, film.words, film.synopsis) == ("one", 4, len(SYNOPSIS.split()), SYNOPSIS)
    assert film.claims is not None
    key, promise = film.claims.links
    assert (key.id, key.needs, key.weight, key.gap, key.cues) == (
        "key", "picture", 3, 3, (("key",), ("boy", "lad"), ("locker",))
    )  # fmt: skip
    assert (promise.gap, promise.kind) == (2, ""), "the gap is that of the ends which lie nearest"
    assert [trap.id for trap in film.claims.traps] == ["thief"]


def test_folders_of_films_are_read_in_order_and_each_film_once(tmp_path: Path) -> None:
    for name in ("b", "a"):
        film_text(tmp_path / "films" / name)
    (tmp_path / "films" / "notes").mkdir()
    assert [film.name for film in read(tmp_path / "films" / "b", tmp_path / "films")] == ["b", "a"]
    film_text(tmp_path / "others" / "a")
    with pytest.raises(LongvidError, match="have one name"):
        read(tmp_path / "films", tmp_path / "others")


def test_whatever_a_summary_is_held_against_makes_another_film(tmp_path: Path) -> None:
    folder = film_text(tmp_path / "one")
    seen = {read(folder)[0].digest}
    for name, rows in (
        ("links.jsonl", [LINK]),
        ("links.jsonl", [{**LINK, "weight": 2}]),
        ("links.jsonl", [{**LINK, "a": [["key", "bolt"]]}]),
        ("traps.jsonl", []),
    ):
        write_rows(folder / name, *rows)
        seen.add(read(folder)[0].digest)
    assert len(seen) == 5
    before = read(folder)[0].source.digest  # type: ignore[union-attr]
    (folder / "dialogue.srt").write_text("1\n00:00:02,000 --> 00:00:04,000\nOther words.\n")
    assert read(folder)[0].source.digest != before  # type: ignore[union-attr]


def test_dialogue_traps_and_synopsis_may_be_missing(tmp_path: Path) -> None:
    folder = film_text(tmp_path / "one")
    for name in ("dialogue.srt", "traps.jsonl", "synopsis.txt"):
        (folder / name).unlink()
    (film,) = read(folder)
    assert film.claims is not None
    assert (film.claims.traps, film.words, film.synopsis) == ((), None, None)
    assert all(chunk.dialogue == () for chunk in film.source.chunks)  # type: ignore[union-attr]
    with pytest.raises(LongvidError, match="leave out --dialogue said-only"):
        read_texts([folder], words=None, heard=True)
    (folder / "captions.jsonl").unlink()
    with pytest.raises(LongvidError, match=r"captions\.jsonl"):
        read(folder)


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("links.jsonl", {**LINK, "id": ""}, "id must be text"),
    ("links.jsonl", {**LINK, "id": "promise"}, 'the id "promise" stands in an earlier row too'),
    ("links.jsonl", {**LINK, "says": 3}, "says must be text"),
    ("links.jsonl", {**LINK, "says": "x" * 1001}, "says must be text of at most 1000"),
    ("links.jsonl", {**LINK, "kind": None}, "kind must be text"),
    ("links.jsonl", {**LINK, "weight": 0}, "weight must be a whole number"),
    ("links.jsonl", {**LINK, "weight": True}, "weight must be a whole number"),
    ("links.jsonl", {**LINK, "weight": 1.5}, "weight must be a whole number"),
    ("links.jsonl", {**LINK, "needs": "sound"}, "needs must be one of picture, dialogue, both"),
    ("links.jsonl", {**LINK, "from": []}, "from must be a list of chunks"),
    ("links.jsonl", {**LINK, "to": [4]}, "each a whole number from 0 to 3"),
    ("links.jsonl", {**LINK, "to": [-1]}, "to must be a list of chunks"),
    ("links.jsonl", {**LINK, "to": 3}, "to must be a list of chunks"),
    ("links.jsonl", {**LINK, "a": []}, "a must be a list of 1 to 20 lists"),
    ("links.jsonl", {**LINK, "a": [[]]}, "a has what is no list of 1 to 200 cues"),
    ("links.jsonl", {**LINK, "a": [["x"] * (MOST_CUES + 1)]}, "a has what is no list of 1 to 200 cues"),
    ("links.jsonl", {**LINK, "b": ["locker"]}, "b has what is no list"),
    ("links.jsonl", {**LINK, "b": [["-\u200b"]]}, "b has a cue that is no text"),
    ("links.jsonl", {**LINK, "b": [["x" * 101]]}, "b has a cue that is no text"),
    ("traps.jsonl", {**TRAP, "id": "key"}, 'the id "key" stands in an earlier row too'),
    ("traps.jsonl", {"id": "x", "says": "y"}, "a must be a list"),
]


@pytest.mark.parametrize(("name", "row", "said"), WRONG)
def test_a_wrong_row_is_one_line_that_says_where(tmp_path: Path, name: str, row: dict[str, Any], said: str) -> None:
    folder = film_text(tmp_path / "one")
    write_rows(folder / name, *([PROMISE] if name == "links.jsonl" else [{**TRAP, "id": "first"}]), row)
    with pytest.raises(LongvidError, match=re.escape(said)) as caught:
        read(folder)
    assert f"{name}: line 2: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("links.jsonl", b"", "holds no links"),
        ("links.jsonl", b"{", "line 1: is not JSON"),
        ("links.jsonl", b"[1]", "line 1: is not a JSON object"),
        ("links.jsonl", b"[" * 50_000, "line 1: is not JSON"),
        ("links.jsonl", b"\xff", "not UTF-8"),
        ("links.jsonl", b" " * (5 << 20), "over 4 MiB"),
        ("dialogue.srt", b"-->" * (2 << 20), "over 4 MiB"),
        ("dialogue.srt", b"1\n00:00:02,000 --> \nNothing.\n", "dialogue.srt: "),
        ("captions.jsonl", b'{"start": 0, "end": 60}\n', "captions.jsonl: line 1"),
    ],
)
def test_a_file_that_is_none_is_one_line_that_names_it(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    folder = film_text(tmp_path / "one")
    (folder / name).write_bytes(content)
    with pytest.raises(LongvidError, match=re.escape(said)) as caught:
        read(folder)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_regular_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    for name in ("traps.jsonl", "dialogue.srt"):
        folder = film_text(tmp_path / name)
        (folder / name).unlink()
        os.mkfifo(folder / name)
        with pytest.raises(LongvidError, match="no regular file"):
            read(folder)
    for wrong in (tmp_path / "nowhere", tmp_path / "file"):
        (tmp_path / "file").touch()
        with pytest.raises(LongvidError):
            read(wrong)


def test_more_claims_than_anybody_reads_are_refused(tmp_path: Path) -> None:
    folder = film_text(tmp_path / "one")
    write_rows(folder / "links.jsonl", *({**LINK, "id": str(i)} for i in range(1001)))
    with pytest.raises(LongvidError, match="line 1001: there are more than 1000 links and traps"):
        read(folder)


def test_what_a_row_hides_reaches_no_table(tmp_path: Path) -> None:
    folder = film_text(tmp_path / "one")
    write_rows(folder / "links.jsonl", {**LINK, "id": "k\x1b[31m\ney", "says": "The\u202e key."})
    (film,) = read(folder)
    assert film.claims is not None
    assert json.dumps([film.claims.links[0].id, film.claims.links[0].says]) == '["k[31m ey", "The key."]'

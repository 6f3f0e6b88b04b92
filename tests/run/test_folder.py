"""The run folder: whose it is, who may use it, and that nothing else is ever touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid.errors import RunError
from longvid.run import FilmIdentity, open_existing, open_for


def film(folder: Path, name: str = "film.mp4", fingerprint: str = "aa" * 8) -> FilmIdentity:
    return FilmIdentity(folder / name, fingerprint, 1000)


def test_the_folder_lies_beside_the_film_and_is_found_again(tmp_path: Path) -> None:
    with open_for(film(tmp_path)) as run:
        assert run.path == tmp_path / "film.longvid"
        key = run.store.keep("kept")
    with open_for(film(tmp_path)) as run:
        assert run.store.text(key) == "kept"
        assert run.film().stem == "film"


def test_two_films_of_one_stem_never_share_a_folder(tmp_path: Path) -> None:
    with open_for(film(tmp_path, "film.mp4", "aa" * 8)) as one, open_for(film(tmp_path, "film.mkv", "bb" * 8)) as two:
        assert one.path != two.path
    with open_for(film(tmp_path, "film.mkv", "bb" * 8)) as again:
        assert again.path == two.path


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    with open_for(film(tmp_path)):
        with pytest.raises(RunError, match="in use"):
            open_for(film(tmp_path))
        with pytest.raises(RunError, match="in use"):
            open_existing(tmp_path / "film.longvid")
    with open_for(film(tmp_path)):
        pass


def test_a_moved_film_finds_its_folder_by_content(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with open_for(film(tmp_path / "here"), out) as run:
        first = run.path
    with open_for(film(tmp_path / "there"), out) as run:
        assert run.path == first


def test_where_the_film_lies_cannot_be_written_the_working_directory_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    # The suite may run as root, who may write everywhere: so the answer of the system is replaced, not the rights.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with open_for(film(tmp_path)) as run:
        assert run.path == here / "film.longvid"
        assert run.notice is not None
        assert str(tmp_path) in run.notice


def test_fresh_forgets_what_is_stored(tmp_path: Path) -> None:
    with open_for(film(tmp_path)) as run:
        key = run.store.keep("kept")
    with open_for(film(tmp_path), fresh=True) as run, pytest.raises(KeyError):
        run.store.text(key)


def test_a_folder_of_somebody_else_is_never_taken_over(tmp_path: Path) -> None:
    foreign = tmp_path / "film.longvid"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("precious")
    with pytest.raises(RunError, match="no run folder"):
        open_for(film(tmp_path), fresh=True)
    assert (foreign / "thesis.txt").read_text() == "precious"
    assert [entry.name for entry in foreign.iterdir()] == ["thesis.txt"]


FOREIGN = ("holiday.mp4", "holiday.srt", "holiday.notes.txt", "clips-of-mine.txt", "lock.txt", "graph.sqlite.bak")


@pytest.mark.parametrize("name", FOREIGN)
def test_a_folder_with_a_file_that_longvid_does_not_write_is_never_taken_over(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "holiday.longvid"
    folder.mkdir()
    (folder / name).write_text("precious")
    with pytest.raises(RunError, match="no run folder"):
        open_for(film(tmp_path, "holiday.mp4"), fresh=True)
    assert (folder / name).read_text() == "precious"


def test_fresh_removes_what_longvid_wrote_and_nothing_else(tmp_path: Path) -> None:
    with open_for(film(tmp_path, "holiday.mp4")) as run:
        folder = run.path
    ours = ["run.json", "journal.jsonl", "graph.sqlite-wal", ".run.json-abcd1234", ".holiday.concat.md-abcd1234"]
    ours += ["holiday.concat.md", "holiday.refine-1f2e3d.cast-0a1b2c.json", "holiday.concat.srt", "holiday.concat.vtt"]
    for name in (*ours, *FOREIGN):
        (folder / name).write_text("some text")
    (folder / "clips" / "aa").mkdir(parents=True)
    with open_for(film(tmp_path, "holiday.mp4"), fresh=True):
        left = {entry.name for entry in folder.iterdir()}
    database = {"answers.sqlite", "answers.sqlite-wal", "answers.sqlite-shm"}
    assert left - set(FOREIGN) <= {"lock", "film.json", *database}
    assert left >= set(FOREIGN)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1, "path": "x", "fingerprint": "y", "size": "z"}'])
def test_a_damaged_film_json_is_one_clear_line(tmp_path: Path, content: str) -> None:
    with open_for(film(tmp_path)) as run:
        path = run.path
    (path / "film.json").write_text(content)
    with pytest.raises(RunError, match=r"damaged|another version"):
        open_existing(path)


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(RunError, match="run folder"):
            open_existing(path)


@pytest.mark.parametrize("left", [["lock", ".film.json-abcd1234"], ["lock", "clips"], ["lock", "answers.sqlite-wal"]])
def test_what_a_kill_leaves_behind_is_still_our_folder(tmp_path: Path, left: list[str]) -> None:
    folder = tmp_path / "film.longvid"
    folder.mkdir()
    for name in left:
        (folder / name).mkdir() if name == "clips" else (folder / name).touch()
    with open_for(film(tmp_path)) as run:
        assert run.path == folder


def test_fresh_mends_a_damaged_film_json(tmp_path: Path) -> None:
    with open_for(film(tmp_path)) as run:
        path = run.path
    (path / "film.json").write_text("{")
    with open_for(film(tmp_path), fresh=True) as run:
        assert run.path == path
        assert run.film().fingerprint == "aa" * 8


def test_a_link_to_a_film_has_its_run_beside_the_link(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "film.mp4").touch()
    (tmp_path / "link.mp4").symlink_to(tmp_path / "films" / "film.mp4")
    with open_for(film(tmp_path, "link.mp4")) as run:
        assert run.path == tmp_path / "link.longvid"


def test_a_very_long_name_still_has_a_folder_and_outputs(tmp_path: Path) -> None:
    long = film(tmp_path, "\u00e9" * 124 + ".mp4")
    with open_for(long) as run:
        assert len(f"{run.film().stem}.hierarchical.json".encode()) < 200
        (run.path / f"{run.film().stem}.hierarchical.json").touch()

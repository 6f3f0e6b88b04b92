"""Films in object stores: found, known by their content, fetched for their turn alone, under names of ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from longvid.batch import stores
from longvid.batch.manifest import read_list
from longvid.batch.sources import find
from longvid.batch.stores import Known, fetch, look, place_of
from longvid.errors import BatchError, FilmError
from longvid.film import fingerprint
from tests.batch.shelf import OPTIONS, rows
from tests.cli.program import longvid
from tests.cli.scripted import answer_at_once, watched
from tests.films import make_film

STOP = threading.Event()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "a.mp4", chunks=1, seconds=1, width=64, height=48)


@pytest.fixture
def store(film: Path) -> Iterator[Any]:
    """A store with four films, one of them hidden and one twice, and a text."""
    made = fsspec.filesystem("memory")
    data = film.read_bytes()
    for name in ("/films/a.mp4", "/films/x/copy.mp4", "/films/.hidden/c.mp4"):
        made.pipe(name, data)
    made.pipe("/films/notes.txt", b"no film")
    made.pipe("/films/x/noise.mp4", bytes(range(256)))
    yield made
    made.store.clear()


def test_folders_patterns_and_films_are_found_as_on_this_machine(store: Any) -> None:
    def found(address: str, *exclude: str) -> list[str]:
        return [entry.address.removeprefix("memory:///films/") for entry in find(address, (), exclude)]

    assert found("memory:///films") == ["a.mp4", "x/copy.mp4", "x/noise.mp4"]
    assert found("memory:///films", "x") == ["a.mp4"]
    assert found("memory:///films/*/*.mp4") == ["x/copy.mp4", "x/noise.mp4"]
    assert found("memory:///films/*.txt") == ["notes.txt"]
    assert found("memory:///films/a.mp4") == ["a.mp4"]
    assert [entry.below for entry in find("memory:///films")] == [Path(), Path("x"), Path("x")]
    with pytest.raises(BatchError, match="no film there"):
        find("memory:///films/*.mkv")


def test_films_of_a_store_are_done_once_by_their_content_and_nothing_of_them_stays(
    store: Any, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eye = answer_at_once(monkeypatch)
    done = longvid("batch", "memory:///films", *OPTIONS, "-o", tmp_path)
    assert done.returncode == 3
    told = rows(tmp_path)
    assert {path: row["status"] for path, row in told.items()} == {
        "memory:///films/a.mp4": "done",
        "memory:///films/x/noise.mp4": "failed",
    }
    assert told["memory:///films/a.mp4"]["also"] == ["memory:///films/x/copy.mp4"]
    assert told["memory:///films/a.mp4"]["fingerprint"] == fingerprint(film)
    assert list((tmp_path / ".fetched").iterdir()) == []
    before = watched(eye)
    assert longvid("batch", film, *OPTIONS, "-o", tmp_path).returncode == 0
    assert watched(eye) == before, "the same film on this machine has its row"


def test_more_than_there_is_room_for_is_not_fetched(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_at_once(monkeypatch)
    done = longvid("batch", "memory:///films/a.mp4", *OPTIONS, "-o", tmp_path, "--ahead-gb", "0")
    assert done.returncode == 1
    assert "--ahead-gb lets 0.00 GB be fetched; name more" in done.stderr


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..", "", "a\\b", ".hidden", "a" * 5000, "é" * 300, "a b;c.mp4", "x\u202ey", "\udcff"],
)
def test_no_name_leads_out_of_the_folder_for_films(tmp_path: Path, name: str) -> None:
    place = place_of(f"s3://bucket/{name}")
    assert len(place.parts) == 2
    assert not place.name.startswith(".")
    (tmp_path / place).parent.mkdir()
    (tmp_path / place).write_bytes(b"it can be written")
    assert (tmp_path / place).resolve().is_relative_to(tmp_path.resolve())


def test_folders_of_a_store_are_harmless_names_here(store: Any) -> None:
    store.pipe("/odd/../../up/a.mp4", b"film")
    store.pipe("/odd/ x\\y;/a.mp4", b"film")
    (entry,) = find("memory:///odd")
    assert entry.below == Path("x_y_")


def test_what_is_another_film_by_now_or_gone_is_told(store: Any, tmp_path: Path) -> None:
    address, path = "memory:///films/a.mp4", tmp_path / "x" / "a.mp4"
    known = look([address])[address]
    fetch(address, known, path, known.size, STOP)
    assert fingerprint(path) == known.fingerprint
    stores.discard(path)
    data = store.cat("/films/a.mp4")
    for other in (data[:-1], data[:-1] + b"\0"):
        store.pipe("/films/a.mp4", other)
        with pytest.raises(FilmError, match="another film than when the batch began"):
            fetch(address, known, path, known.size, STOP)
    store.rm("/films/a.mp4")
    with pytest.raises(FilmError, match="has no such film"):
        fetch(address, known, path, known.size, STOP)
    assert list(path.parent.iterdir()) == []
    assert "has no such film" in look([address])[address].error
    with pytest.raises(FilmError, match="has no such film"):
        fetch(address, look([address])[address], path, known.size, STOP)
    ended = threading.Event()
    ended.set()
    with pytest.raises(FilmError, match="run again"):
        fetch("memory:///films/x/copy.mp4", known, path, known.size, ended)


def test_an_empty_film_is_told() -> None:
    fsspec.filesystem("memory").pipe("/empty.mp4", b"")
    assert "is empty" in look(["memory:///empty.mp4"])["memory:///empty.mp4"].error
    assert Known().fingerprint is None


def test_lists_name_films_in_stores_and_nothing_else_elsewhere() -> None:
    listed = read_list(b"memory:///films/a.mp4\nhttps://host/b.mp4\nzip://a::s3://b/c\n", "list", Path())
    assert [entry.address for entry in listed.entries] == ["memory:///films/a.mp4"]
    assert [fault.partition(": ")[2] for fault in listed.faults] == [
        "is an address, and films are fetched from s3, gs, az alone; download it first"
    ] * 2


def test_a_store_whose_package_is_missing_is_one_line(tmp_path: Path) -> None:
    for kind in ("s3", "gs", "az"):
        if kind in fsspec.available_protocols():
            (error,) = {known.error for known in look([f"{kind}://bucket/a.mp4"]).values()}
            assert error.startswith(f"{kind}://bucket/a.mp4: ")
    done = longvid("batch", "s3://bucket/a*.mp4", "-o", tmp_path)
    assert done.returncode == 1
    assert "install it beside longvid" in done.stderr

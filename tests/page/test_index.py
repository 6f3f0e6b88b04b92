"""The index over many pages: every film is in it, closed to whatever is said, and leads to what is there."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from longvid.errors import RunError
from longvid.page.index import write_index
from longvid.page.writing import write_pages
from tests.cli.program import longvid
from tests.page.made import HOSTILE, make_run
from tests.page.test_rendering import Read


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three runs, one of them in a folder below and of a film that says anything. Read-only."""
    folder = tmp_path_factory.mktemp("a shelf")
    run, report = make_run(folder)
    (run / "film.ledger.json").write_text(json.dumps(report.as_json()))
    for name, film, says in (("a#b.longvid", "Other.mp4", " Zanzibar"), ("below/c.longvid", f"{HOSTILE}.mp4", HOSTILE)):
        shutil.copytree(run, folder / name)
        told = replace(
            report, film=film, summary=f"{report.summary}{says}", problems=() if says != HOSTILE else (says,)
        )
        (folder / name / "film.ledger.json").write_text(json.dumps(told.as_json()))
    return folder


def index_of(folder: Path, *absent: tuple[str, str]) -> str:
    pages = [page for run in sorted(folder.rglob("*.longvid")) for page in write_pages(run)]
    return write_index(folder, pages, absent).read_text(encoding="utf-8")


def test_every_film_has_its_poster_its_summary_and_a_way_to_its_page(shelf: Path) -> None:
    read = Read(index_of(shelf, ("gone.mp4", "no film")))
    assert (read.open, read.astray) == ([], [])
    pages = [attributes["href"] for tag, attributes in read.found if tag == "a" and "tabindex" not in attributes][1:]
    posters = [attributes["src"] for tag, attributes in read.found if tag == "img"]
    assert len(pages) == len(posters) == 3
    for address in (*pages, *posters):
        assert address is not None
        assert (shelf / unquote(address)).is_file(), address
    assert sum("".join(texts).count("Anna hides the key.") for texts in read.texts.values()) >= 3


def test_what_films_say_stays_text_and_nothing_else_may_run(shelf: Path) -> None:
    page = index_of(shelf, (HOSTILE, HOSTILE))
    read = Read(page)
    assert [tag for tag, _ in read.found if tag in ("script", "style")] == ["style", "script", "script"]
    assert not [name for _, attributes in read.found for name in attributes if name.startswith("on")]
    assert "\x1b" not in page
    assert "\u202e" not in page
    texts = re.search(r'<script type="application/json" id="texts">(.*?)</script>', page, re.S)
    assert texts is not None
    assert any("Seven doves" in part[2] for film in json.loads(texts[1]) for part in film)
    policy = unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])  # type: ignore[index]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_picture_that_is_a_link_or_none_is_no_poster(shelf: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(shelf / "a#b.longvid", tmp_path / "one.longvid")
    secret = tmp_path / "secret.webp"
    secret.write_bytes(b"RIFF0000WEBPsecret")
    for picture in copy.rglob("*.webp"):
        picture.unlink()
        picture.symlink_to(secret)
    assert "<img" not in index_of(tmp_path)


def test_a_page_whose_json_is_damaged_is_named(shelf: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(shelf / "a#b.longvid", tmp_path / "one.longvid")
    (page,) = write_pages(copy)
    page.with_suffix(".json").write_text("{")
    with pytest.raises(RunError, match=r"film\.ledger\.json is damaged"):
        write_index(tmp_path, [page])


def test_the_command_makes_all_pages_and_their_index_with_what_a_batch_could_not_do(
    shelf: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(shelf, tmp_path / "out")
    row = {"key": "k", "status": "failed", "kind": "FilmError", "film": "noise.mp4", "error": "noise.mp4: no film; go"}
    (out / "results.jsonl").write_text(json.dumps(row) + "\n")
    shutil.copytree(out / "a#b.longvid", out / "empty.longvid")
    (out / "empty.longvid" / "film.ledger.json").unlink()
    done = longvid("page", out, "--index", "--json")
    assert done.returncode == 3
    assert "has no summary as JSON" in done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told[-1] == {"index": str(out / "index.html"), "pages": 3}
    page = (out / "index.html").read_text()
    assert "noise.mp4: no film; go" in page
    assert "<b>empty</b>" in page
    lone = longvid("page", out / "a#b.longvid", "--index")
    assert lone.returncode == 1
    assert "has no run folders in it" in lone.stderr

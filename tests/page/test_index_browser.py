"""The index in a browser: it searches all films, leads into their pages, and loads nothing but pictures on the disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from longvid.page.index import write_index
from longvid.page.writing import write_pages
from tests.page.made import HOSTILE, make_run
from tests.page.test_browser import Seen, chromium, pytestmark, until

__all__ = ["chromium", "pytestmark"]


@pytest.fixture
def seen(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    run, report = make_run(tmp_path)
    (run / "film.ledger.json").write_text(json.dumps(report.as_json()))
    other = shutil.copytree(run, tmp_path / "other.longvid")
    chunks = (replace(report.chunks[0], caption=f"A café by the sea.{HOSTILE}"), *report.chunks[1:])
    told = replace(report, film="Other.mp4", summary="Zanzibar.", chunks=chunks)
    (other / "film.ledger.json").write_text(json.dumps(told.as_json()))
    for picture in other.rglob("*.webp"):
        picture.write_bytes(picture.read_bytes()[:20])  # is taken for one, and is none
    pages = [page for one in (run, other) for page in write_pages(one)]
    path = write_index(tmp_path, pages, [("gone.mp4", HOSTILE)])
    opened = Seen(chromium, path, path.read_text(encoding="utf-8"))
    yield opened.page
    assert opened.complaints == []
    assert set(opened.asked) <= {"file", "data"}
    assert opened.page.evaluate("window.hacked === undefined")
    opened.context.close()


def test_posters_are_shown_and_one_that_is_broken_leaves_no_hole(seen: Any) -> None:
    until(seen, "document.querySelectorAll('.poster')[0].naturalWidth > 0")
    until(seen, "document.querySelectorAll('.poster')[1].parentNode.hidden")


def test_a_search_leaves_the_films_that_have_all_words_and_leads_to_the_moment(seen: Any) -> None:
    films = seen.locator(".film")
    searches = {"zanzibar": ["Other"], "anna HIDES": ["film"], "DOVES": ["film", "Other"], "zorro cafe": []}
    for words, left in searches.items():
        seen.locator("#query").fill(words)
        names = "[...document.querySelectorAll('.film:not([hidden]) .name')].map((name) => name.textContent).join()"
        until(seen, f"{names} === '{','.join(left)}'")
        assert seen.locator("#count").inner_text() == f"{len(left)} of 2"
    seen.locator("#query").fill("CAFE sea")
    until(seen, "document.querySelectorAll('.hits mark').length === 2")
    assert seen.locator(".hits mark").all_inner_texts() == ["café", "sea"]
    seen.locator(".hits a").first.click()
    seen.wait_for_url("**/other.longvid/film.ledger.html#p0")
    seen.go_back()
    seen.locator("#query").fill("")
    until(seen, "document.querySelector('#count').hidden")
    assert all(one.is_visible() for one in films.all())


@pytest.mark.parametrize("width", [360, 1600])
def test_nothing_runs_out_of_the_index(seen: Any, width: int) -> None:
    seen.set_viewport_size({"width": width, "height": 900})
    assert seen.evaluate("document.documentElement.scrollWidth <= innerWidth")

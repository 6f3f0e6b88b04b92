"""The page as text: whole, closed to whatever a film or a model says, small, and as good where things are missing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from longvid.output import Pictures
from longvid.page import rendered
from longvid.page.ledger import links_of
from longvid.page.rendering import LARGEST, film_of, render
from longvid.page.told import told_of
from longvid.run import open_existing
from tests.page.made import HOSTILE, READ, RULED, make_run, report

VOID = {"meta", "img", "input", "br", "path"}


class Read(HTMLParser):
    """The elements of a page, and whether each is closed by its own end."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.astray: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag not in VOID:
            self.astray.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    return make_run(tmp_path_factory.mktemp("made"))


def test_every_element_is_closed_and_every_id_is_there_once(made: tuple[Path, Any]) -> None:
    page = Read(rendered("html", made[1]))
    assert page.astray == []
    assert page.open == []
    ids = [attrs["id"] for _, attrs in page.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    aims = [attrs["href"] for attrs in page.all("a")]
    assert {str(aim).removeprefix("#") for aim in aims} <= set(ids)


def test_each_sentence_leads_to_what_it_rests_on_and_the_summary_is_whole(made: tuple[Path, Any]) -> None:
    text = rendered("html", made[1])
    told = re.findall(r'<a class="s (\w+)" id="s(\d)" href="#e(\d)"[^>]*>([^<]*)</a>', text)
    assert [row[3] for row in told] == [cited.sentence for cited in made[1].evidence]
    assert [row[0] for row in told] == ["founded", "degraded", "founded", "doubtful", "uncited"]
    assert all(row[1] == row[2] for row in told)


def test_nothing_that_is_said_becomes_markup(made: tuple[Path, Any]) -> None:
    run, whole = made
    plain = Read(rendered("html", replace(report(run), pictures=whole.pictures)))
    for ledger in (RULED, READ):
        text = rendered("html", replace(report(run, says=HOSTILE, ledger=ledger), pictures=whole.pictures))
        page = Read(text)
        assert page.astray == []
        assert len(page.all("script")) == len(plain.all("script")) == 2
        assert not [attrs for _, attrs in page.found if any(name.startswith("on") for name in attrs)]
        assert not [attrs for _, attrs in page.found if "style" in attrs]
        assert all("src" not in attrs for attrs in page.all("img"))
        assert "{{7*7}}" in text, "a text is no template"
        assert not set(text) & set("\u202e\x1b")


def test_a_chapter_shows_a_title_that_its_text_does_not_begin_with_and_its_line(tmp_path: Path) -> None:
    value = json.loads(json.dumps(report(tmp_path).as_json()))
    rows = [{"start": 0.0, "end": 4.0, "title": "Anna hides", "paragraph": 0}]
    rows += [{"start": 4.0, "end": 12.0, "title": f"Found{HOSTILE}", "paragraph": 1, "line": f"A key.{HOSTILE}"}]
    text = render(told_of(value | {"chapters": rows}), tmp_path)
    page = Read(text)
    assert page.astray == []
    assert [words.partition("<")[0] for words in page.texts["b"] if words.startswith(("Anna hides", "Found"))] == [
        "Found"
    ]
    assert sum(words.startswith("A key.<") for words in page.texts["p"]) == 1
    assert len(page.all("script")) == 2
    assert not set(text) & set("\u202e\x1b")


def test_the_policy_lets_the_pages_own_script_and_style_run_and_nothing_else(made: tuple[Path, Any]) -> None:
    text = rendered("html", made[1])
    (policy,) = (a["content"] for a in Read(text).all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in str(policy).split("; "))
    assert rules["default-src"] == "'none'"
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert rules["img-src"] == "data:"
    assert "unsafe" not in str(policy)
    assert text.index("Content-Security-Policy") < text.index("<style>") < text.index("<script>")
    assert not re.findall(r"https?://(?!www\.w3\.org/)", text), "nothing is fetched"


def test_pictures_are_in_the_page_once_and_in_the_films_own_shape(made: tuple[Path, Any]) -> None:
    text = rendered("html", made[1])
    (kept,) = re.findall(r'<script type="application/json" id="pictures">(.*?)</script>', text)
    value = json.loads(kept)
    assert len(value["data"]) == len(set(value["data"])) == len(value["times"]) > 4
    assert value["times"] == sorted(value["times"])
    shown = [attrs for attrs in Read(text).all("img") if "data-p" in attrs]
    assert {(attrs["width"], attrs["height"]) for attrs in shown} == {("320", "136")}
    assert {int(str(attrs["data-p"])) for attrs in shown} <= set(range(len(value["data"])))


@pytest.mark.parametrize("flat", [True, False])
def test_links_and_cast_are_read_as_either_way_of_the_ledger_keeps_them(tmp_path: Path, flat: bool) -> None:
    ledger = dict(READ) if flat else dict(READ) | {"links": [READ["links"]]}
    text = rendered("html", report(tmp_path, ledger=ledger))
    assert text.count('<g class="arc strong"') == 1
    assert "The hidden key is found." in text
    assert "Carl slept." in text
    assert "turns out to be Anna" in text
    ruled = rendered("html", report(tmp_path, ledger=RULED))
    assert ruled.count("<g class=") == 2
    assert "Hidden, then found: Anna, the red star, finds the key in the chest (attic)" in ruled


LINES = {
    "- 2.5 s | Anna | opens it | attic": (10.5, "Anna opens it (attic)."),
    "0:03 | Anna | shuts it | attic": (11.0, "Anna shuts it (attic)."),
    "0 | Anna | waits": (8.0, "Anna waits."),
    "| 1 | Anna | waits | |": (9.0, "Anna waits."),
    "77 | Anna | leaves | attic": (8.0, "Anna leaves (attic)."),
    "Anna waits in the attic.": (8.0, "Anna waits in the attic."),
    "second | who | does what | place": None,
}
"""Lines as models write them in the third part, from 8 to 12 s, when they are, and how they are told."""


@pytest.mark.parametrize("line", LINES)
def test_an_event_is_where_and_what_it_is_everywhere_else(tmp_path: Path, line: str) -> None:
    base, want = report(tmp_path), LINES[line]
    last = replace(base.chunks[2], events=(line,))
    rows = [*RULED["events"][:2], {"id": "2.0", "chunk": 2, "line": line}]
    cited = replace(base.evidence[2], times=[1.0, 9.0], events=[base.evidence[2].events[0], line])
    told = replace(
        base, chunks=(*base.chunks[:2], last), evidence=(cited,), extras={"ledger": {**RULED, "events": rows}}
    )
    page = told_of(told.as_json())
    assert [(moment.time, moment.text) for moment in page.parts[2].events] == ([want] if want else [])
    if want:
        text = rendered("html", told)
        assert " | " not in text
        assert text.count(want[1]) >= 3, "as an event, as evidence, and as an end of a link"
        (link,) = (link for link in links_of(page) if link.text.startswith("Hidden"))
        assert (link.moments[-1].time, link.moments[-1].text) == want


def test_what_kind_of_line_it_is_is_one_of_three(tmp_path: Path) -> None:
    value = json.loads(json.dumps(report(tmp_path).as_json()))
    for kind in ("s", "event unseen", "t"):
        value["chunks"][1]["dialogue"][0]["kind"] = kind
        page = Read(render(told_of(value), tmp_path))
        lines = [attrs["class"] for attrs in page.all("p") if str(attrs.get("class")).startswith("line ")]
        assert lines == ["line speech", "line sound"]


@pytest.mark.parametrize(
    "ledger", [{}, {"links": 7}, {"cast": [{}], "facts": [{"id": 0}], "links": [[]]}, {"events": {}, "entities": [1]}]
)
def test_a_page_without_links_or_cast_is_as_good(tmp_path: Path, ledger: dict[str, Any]) -> None:
    page = Read(rendered("html", report(tmp_path, ledger=ledger)))
    assert page.astray == []
    assert not {"links", "cast"} & {attrs.get("id") for _, attrs in page.found}


def test_what_is_degraded_stands_in_the_page(made: tuple[Path, Any]) -> None:
    page = Read(rendered("html", made[1]))
    assert "1 of 3 answers looping" in page.texts["li"]
    assert "looping" in page.texts["b"]


def test_without_a_summary_evidence_pictures_or_film_there_is_still_a_page(tmp_path: Path) -> None:
    bare = replace(report(tmp_path), summary="", evidence=(), extras={}, problems=(), notes=(), chunks=())
    text = rendered("html", bare)
    assert Read(text).astray == []
    assert "There is no summary" in text
    assert "<video" not in text
    assert "keeps no record" in rendered("html", replace(report(tmp_path), evidence=()))


def test_a_page_of_two_hours_keeps_its_size(tmp_path: Path) -> None:
    run = tmp_path / "film.longvid"
    folder = run / "clips" / "0123456789abcdef" / "pictures"
    folder.mkdir(parents=True)
    picture = b"RIFF0000WEBP" + bytes(9_000)
    for second in range(0, 7200, 4):
        (folder / f"{second * 1000:09}.webp").write_bytes(picture)
    base = report(run, pictures=Pictures("clips/0123456789abcdef/pictures", 384, 216))
    first = base.chunks[0]
    chunks = tuple(
        replace(
            first,
            index=index,
            start=60.0 * index,
            end=60.0 * index + 60,
            caption="They talk in a room. " * 40,
            dialogue=base.chunks[1].dialogue * 8,
            cuts=tuple(60.0 * index + second for second in range(5, 60, 5)),
        )
        for index in range(120)
    )
    page = rendered("html", replace(base, chunks=chunks)).encode()
    assert 4_000_000 < len(page) <= LARGEST
    # Where words alone take the room, pictures give way.
    long = tuple(replace(chunk, caption="They talk in a room. " * 2200) for chunk in chunks[:100])
    assert len(rendered("html", replace(base, chunks=long)).encode()) <= LARGEST


def test_no_picture_is_taken_from_outside_the_run_folder_and_none_that_is_no_picture(tmp_path: Path) -> None:
    run, told = make_run(tmp_path)
    secret = tmp_path / "secret"
    secret.write_bytes(b"RIFF0000WEBP" + b"secret" * 9)
    folder = run / told.pictures.folder
    for path in sorted(folder.iterdir()):
        path.unlink()
        path.symlink_to(secret)
    (folder / "000000000.webp").unlink()
    (folder / "000000000.webp").write_text("no picture")
    assert '"data": []' in rendered("html", told)
    for lie in ("../..", "/etc", "clips/../../x", "clips/0123456789abcdef/pictures/.."):
        assert '"data": []' in rendered("html", replace(told, pictures=Pictures(lie, 4, 4)))


def test_the_film_is_named_by_its_way_from_the_page_whatever_it_is_called(tmp_path: Path) -> None:
    run, _ = make_run(tmp_path)
    assert film_of(run) == "./../film.mp4"
    odd = tmp_path / 'javascript:alert("1")?#.mp4'
    (tmp_path / "film.mp4").rename(odd)
    known = json.loads((run / "film.json").read_text())
    (run / "film.json").write_text(json.dumps(known | {"path": str(odd)}))
    assert film_of(run) == "./../javascript%3Aalert%28%221%22%29%3F%23.mp4"
    (run / "film.json").write_text(json.dumps(known | {"path": "/nowhere/film.mp4"}))
    assert film_of(run) is None
    (run / "film.json").write_text(json.dumps(known | {"path": "/" + "a" * 5000}))
    assert film_of(run) is None
    (tmp_path / "captions.jsonl").write_text("")
    (run / "film.json").write_text(json.dumps(known | {"path": str(tmp_path / "captions.jsonl")}))
    assert film_of(run) is None


def test_a_run_that_was_moved_with_its_film_finds_it_again(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    run, _ = make_run(tmp_path / "before")
    (tmp_path / "before").rename(tmp_path / "after")
    with open_existing(tmp_path / "after" / run.name) as folder:
        assert film_of(folder.path) == "./../film.mp4"


@pytest.mark.parametrize("damage", [{}, {"chunks": 1}, {"summary": 7}, {"chunks": [{"index": 0}]}, [], {"evidence": 3}])
def test_what_is_no_report_is_refused(tmp_path: Path, damage: Any) -> None:
    value = json.loads(json.dumps(report(tmp_path).as_json()))
    with pytest.raises(ValueError, match=r"."):
        told_of(value | damage if damage else damage)


def test_what_was_rendered_from_the_json_is_what_the_run_wrote(made: tuple[Path, Any]) -> None:
    run, told = made
    value = json.loads(json.dumps(told.as_json()))
    assert render(told_of(value), run) == rendered("html", told)

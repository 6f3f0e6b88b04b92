"""`longvid mcp` by the official package's own client: its tools, and that no path leads out of the folders named."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

pytest.importorskip("mcp", reason="needs longvid[mcp]")

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from longvid.api import IngestSettings, Job, load_strategy, open_llm_models, summarize, wait
from longvid.engine.models import Models
from longvid.mcp.confined import Confined
from longvid.mcp.server import Tools, serve
from tests.asking.runs import Says, run_of
from tests.film.films import two_tracks
from tests.films import make_film
from tests.standins import ScriptedBackend, plainly

T = TypeVar("T")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a film, its run, and the run of a film text."""
    folder = tmp_path_factory.mktemp("served")
    film = make_film(folder / "film.mp4")
    job = Job(load_strategy("concat")(), IngestSettings(target_length=4), directory=folder)
    wait(summarize(film, job, _models()))
    run_of("harbour", folder)
    return folder


@pytest.fixture
def films(made: Path, tmp_path: Path) -> Path:
    """A copy of that folder beside a folder that may not be read."""
    (tmp_path / "outside").mkdir()
    shutil.copytree(made, tmp_path / "outside" / "all", symlinks=True)
    return Path(shutil.copytree(made, tmp_path / "films", symlinks=True))


def _models() -> Models:
    eye = ScriptedBackend(lambda prompt: plainly("A square slides over a wall."))
    sizes = {"image_size": 28, "caption_tokens": 100, "events_tokens": 60}
    return Models("scripted", eye.identity, eye, Says(), "says", **sizes)


def tools(folder: Path, *, watches: bool = False) -> Tools:
    return Tools(
        Confined.to([folder]), lambda run: open_llm_models("none"), _models if watches else None, strategy="concat"
    )


def with_client(made: Tools, work: Callable[[Client], Awaitable[T]]) -> T:
    async def run() -> T:
        async with Client(serve(made)) as client:
            return await work(client)

    return asyncio.run(run())


def called(made: Tools, name: str, **arguments: Any) -> Any:
    """What the tool `name` answers: its object, or a list of its contents; a line of text where it fails."""

    async def work(client: Client) -> Any:
        came = await client.call_tool(name, arguments)
        if came.is_error:
            return came.content[0].text
        return came.structured_content if came.structured_content is not None else came.content

    return with_client(made, work)


def test_the_tools_and_what_they_take_are_listed(films: Path) -> None:
    async def work(client: Client) -> Any:
        return (await client.list_tools()).tools

    listed = {tool.name: tool for tool in with_client(tools(films), work)}
    assert set(listed) == {"films", "search", "ask", "summarize", "frame"}
    assert all(tool.description for tool in listed.values())
    assert set(listed["ask"].input_schema["properties"]) == {"run", "question"}
    assert set(listed["summarize"].input_schema["properties"]) == {"path"}


def test_films_are_listed_searched_asked_told_and_shown(films: Path) -> None:
    made = tools(films)
    listed = called(made, "films")["films"]
    assert {one["film"] for one in listed} == {"captions.jsonl", "film.mp4"}
    harbour = next(one["run"] for one in listed if one["film"] == "captions.jsonl")
    found = called(made, "search", words="knocks twice")["found"]
    assert {one["run"] for one in found} == {harbour}
    assert called(made, "search", words="square", run="film.longvid")["found"]
    answer = called(made, "ask", run=harbour, question="When is the shattered green lamp seen?")
    assert answer["answered"]
    assert answer["evidence"][0]["chunk"] == 11
    assert "corduroy cap" in called(made, "summarize", path=harbour)["summary"]
    assert "square slides" in called(made, "summarize", path="film.mp4")["summary"]
    for path in ("film.mp4", "film.longvid"):
        told, picture = called(made, "frame", path=path, time=5.0)
        assert told.text.startswith("film.mp4 at ")
        assert picture.mime_type == "image/jpeg"
        assert len(picture.data) > 500


def test_a_film_without_summary_is_told_only_where_a_model_watches(films: Path) -> None:
    shutil.rmtree(films / "film.longvid")
    assert "no model watches here" in called(tools(films), "summarize", path="film.mp4")
    assert "square slides" in called(tools(films, watches=True), "summarize", path="film.mp4")["summary"]
    assert (films / "film.longvid").is_dir()


@pytest.mark.parametrize(
    "path",
    ["../outside/all/film.mp4", "/etc/passwd", "..", "{outside}/film.mp4", "film.mp4/../../outside/all", "\0", "", "~"],
)
@pytest.mark.parametrize("tool", ["frame", "summarize", "ask", "search"])
def test_no_path_leads_out(films: Path, path: str, tool: str) -> None:
    named = path.format(outside=films.parent / "outside" / "all")
    arguments: dict[str, dict[str, Any]] = {
        "frame": {"path": named, "time": 1.0},
        "summarize": {"path": named},
        "ask": {"run": named, "question": "Who?"},
        "search": {"run": named, "words": "square"},
    }
    said = called(tools(films), tool, **arguments[tool])
    assert isinstance(said, str)
    assert "may be read here" in said or "no run folder" in said
    assert said.count("\n") == 0


def test_no_link_is_followed_out(films: Path) -> None:
    outside = films.parent / "outside" / "all"
    (films / "linked.mp4").symlink_to(outside / "film.mp4")
    (films / "linked").symlink_to(outside)
    (films / "linked.longvid").symlink_to(outside / "film.longvid")
    made = tools(films)
    for path in ("linked.mp4", "linked/film.mp4", "linked.longvid", "linked/film.longvid"):
        assert "may be read here" in called(made, "frame", path=path, time=1.0)
    assert len(called(made, "films")["films"]) == 2
    assert called(made, "search", words="square")["runs"] == 2


def test_a_run_folder_with_a_link_in_it_is_refused(films: Path) -> None:
    run = films / "captions.longvid"
    output = next(run.glob("*.concat.json"))
    secret = films.parent / "outside" / "secret.json"
    secret.write_text(output.read_text(encoding="utf-8").replace("corduroy", "zeppelin"), encoding="utf-8")
    output.unlink()
    output.symlink_to(secret)
    made = tools(films)
    for name, arguments in (("ask", {"run": str(run), "question": "Who?"}), ("summarize", {"path": str(run)})):
        assert "has links in it" in called(made, name, **arguments)
    assert called(made, "search", words="zeppelin")["found"] == []


def test_a_run_whose_film_lies_elsewhere_shows_no_frame_of_it(films: Path) -> None:
    outside = films.parent / "outside" / "all" / "film.mp4"
    (films / "film.mp4").unlink()
    about = films / "film.longvid" / "film.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"path": str(outside)}), encoding="utf-8")
    assert "is gone" in called(tools(films), "frame", path="film.longvid", time=1.0)


def test_links_beside_a_film_are_refused_before_anything_is_read_or_written(films: Path) -> None:
    shutil.rmtree(films / "film.longvid")
    target = films.parent / "outside" / "target"
    target.mkdir()
    (films / "film.longvid").symlink_to(target)
    assert "stands a link" in called(tools(films, watches=True), "summarize", path="film.mp4")
    assert list(target.iterdir()) == []


def test_a_summary_is_never_written_through_a_link_in_a_run_folder(films: Path) -> None:
    run, target = films / "film.longvid", films.parent / "outside" / "target"
    target.mkdir()
    shutil.rmtree(run / "clips")
    (run / "clips").symlink_to(target)
    for output in run.glob("*.concat.*"):
        output.unlink()
    assert "has links in it" in called(tools(films, watches=True), "summarize", path="film.mp4")
    assert list(target.iterdir()) == []


def test_the_second_folder_of_a_film_is_looked_at_as_the_first(films: Path) -> None:
    run, target = films / "film.longvid", films.parent / "outside" / "target"
    target.mkdir()
    about = json.loads((run / "film.json").read_text(encoding="utf-8"))
    second = films / f"film-{about['fingerprint'][:8]}.longvid"
    run.rename(second)
    (films / "film.avi").write_bytes(b"another film")
    shutil.copytree(films / "captions.longvid", run)
    assert "square slides" in called(tools(films), "summarize", path="film.mp4")["summary"]
    shutil.rmtree(second)
    second.mkdir()
    (second / "clips").symlink_to(target)
    assert "has links in it" in called(tools(films, watches=True), "summarize", path="film.mp4")
    assert list(target.iterdir()) == []


def test_where_a_films_folder_cannot_be_written_nothing_is_written_elsewhere(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(films / "film.longvid")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    may, make = os.access, os.mkdir

    # Whoever runs the tests may be allowed to write anywhere.
    def refuse(path: Path, mode: int = 0o777) -> None:
        if Path(path).parent == films:
            raise PermissionError(13, "Permission denied", str(path))
        make(path, mode)

    monkeypatch.setattr(os, "access", lambda path, mode, **how: Path(path) != films and may(path, mode, **how))
    monkeypatch.setattr(os, "mkdir", refuse)
    assert "cannot make the run folder" in called(tools(films, watches=True), "summarize", path="film.mp4")
    assert list((tmp_path / "here").iterdir()) == []


def test_a_named_folder_that_is_itself_a_run_is_not_read_through_its_links(films: Path) -> None:
    run = films / "captions.longvid"
    output = next(run.glob("*.concat.json"))
    secret = films.parent / "outside" / "secret.json"
    secret.write_text(output.read_text(encoding="utf-8").replace("corduroy", "zeppelin"), encoding="utf-8")
    output.unlink()
    output.symlink_to(secret)
    assert "no run" in called(tools(run), "search", words="zeppelin")
    # It takes nothing from the others.
    both = Tools(Confined.to([run, films]), lambda run: open_llm_models("none"))
    assert called(both, "search", words="square")["runs"] == 1


def test_a_named_folder_without_runs_takes_nothing_from_the_others(films: Path) -> None:
    (films / "empty").mkdir()
    both = Tools(Confined.to([films / "empty", films]), lambda run: open_llm_models("none"))
    assert called(both, "search", words="square")["runs"] == 2
    assert "no run" in called(tools(films / "empty"), "search", words="square")


def test_a_frame_of_a_run_is_of_the_video_track_that_it_read(films: Path) -> None:
    import base64

    import cv2
    import numpy as np

    film = two_tracks(films / "two.mp4")
    job = Job(load_strategy("concat")(), IngestSettings(video_track=1), directory=films)
    wait(summarize(film, job, _models()))
    for path, green in (("two.longvid", True), ("two.mp4", False)):
        _, picture = called(tools(films), "frame", path=path, time=1.0)
        shown = cv2.imdecode(np.frombuffer(base64.b64decode(picture.data), np.uint8), cv2.IMREAD_COLOR)
        assert (shown[..., 1].mean() > shown[..., 2].mean()) == green


def test_what_the_system_cannot_look_at_is_one_line(films: Path) -> None:
    about = films / "film.longvid" / "film.json"
    known = json.loads(about.read_text(encoding="utf-8"))
    about.write_text(json.dumps(known | {"path": "/" + "a" * 5000}), encoding="utf-8")
    made = tools(films)
    assert "is gone" in called(made, "frame", path="film.longvid", time=1.0)
    about.unlink()
    about.symlink_to("a" * 300)
    for tool, arguments in (("frame", {"time": 1.0}), ("summarize", {})):
        assert "no run folder" in called(made, tool, path="film.longvid", **arguments)
    assert len(called(made, "films")["films"]) == 1
    assert called(made, "search", words="locker")["found"]


def test_a_folder_that_goes_away_while_it_is_looked_at_is_left_out(
    films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = os.scandir

    def gone(path: Any) -> Any:
        if str(path).endswith("film.longvid/clips"):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return looked(path)

    monkeypatch.setattr(os, "scandir", gone)
    made = tools(films)
    assert [one["film"] for one in called(made, "films")["films"]] == ["captions.jsonl"]
    assert called(made, "search", words="locker")["runs"] == 1


def test_an_index_is_never_written_outside(films: Path) -> None:
    run = films / "captions.longvid"
    assert called(tools(run), "search", words="locker")["found"]
    assert not list(films.glob(".longvid-search*"))


def test_the_program_talks_over_stdio_and_nothing_else_is_on_the_wire(films: Path) -> None:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "longvid", "mcp", str(films), "--llm", "none"], env=dict(os.environ)
    )

    async def talk() -> Any:
        async with Client(stdio_client(server)) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            came = await client.call_tool("ask", {"run": "captions.longvid", "question": "Who knocks twice?"})
            return names, came.structured_content

    names, answer = asyncio.run(talk())
    assert "ask" in names
    assert answer["answered"]
    assert "knocks twice" in answer["answer"]

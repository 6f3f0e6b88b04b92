"""The tools of `longvid mcp`, over stdio: films, search, ask, summarize, frame. All go through `longvid.api`.

What a program may name is confined (`confined`); errors of the user and the world are its to read, in one line. One
question or summary runs at a time: there is one device. The package `mcp` keeps whatever is printed off the wire.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import Context, Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from longvid import api
from longvid.asking.looking import film_of, how_read, video_track
from longvid.asking.passages import gather, outputs
from longvid.asking.searching import runs_below, searched
from longvid.engine.models import Models
from longvid.errors import LongvidError, RunError
from longvid.files import as_text
from longvid.film import fingerprint
from longvid.mcp.confined import Confined, is_run
from longvid.mcp.frames import frame_at
from longvid.run import FilmIdentity
from longvid.run.files import read_json
from longvid.run.folder import folders_for, read_identity
from longvid.text.shown import shown

MOST_FILMS = 1_000
"""Films that are listed at once."""
INSTRUCTIONS = (
    "Films that were turned into text. List them with films, look for words with search, and ask one film a question "
    "with ask; answers name the times and passages they rest on. frame shows a moment, summarize tells a whole film. "
    "Times are seconds from the first picture of a film."
)


@dataclass
class Tools:
    """What a program can call. Paths are of run folders or films, as `films` and `search` give them."""

    confined: Confined
    llm: Callable[[Path], Models]
    """Who answers questions to a run folder."""
    watcher: Callable[[], Models] | None = None
    """Who watches films that have no summary yet; None: nobody."""
    looks: int = 0
    strategy: str = "ledger"
    embedder: api.Embedder | None = None
    seed: int = 0
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def films(self) -> dict[str, Any]:
        """List the films that can be asked: name, run folder, duration in seconds."""
        return {"films": await asyncio.to_thread(self._films)}

    async def search(self, words: str, run: str | None = None, most: int = 20) -> dict[str, Any]:
        """Find words in what is seen, said and told in all films, or in one run folder: film, time, text."""
        places = [self.confined.run(run)] if run is not None else await asyncio.to_thread(self._places)
        found = await searched(
            places, words, most=max(1, min(most, 200)), allowed=self._may_search, writable=self.confined.allows
        )
        return found.as_json()

    async def ask(self, run: str, question: str) -> dict[str, Any]:
        """Ask one film a question: the answer names times and passages, or says that the film does not show it."""
        folder = self.confined.run(run)
        async with self._one:
            models = await asyncio.to_thread(self._models, folder)
            with api.open_existing(folder) as opened:
                session = api.Session(opened, models, self.looks, self.seed, self.embedder, self.confined.allows)
                try:
                    return (await session.ask(question)).as_json()
                finally:
                    session.close()

    async def summarize(self, path: str, ctx: Context) -> dict[str, Any]:
        """Tell a whole film: the summary that its run folder has, or one that is made now where a model may watch."""
        target = self.confined.path(path)
        if target.is_dir():
            return self._stored(self.confined.run(path))
        film = self.confined.film(path)
        told = await asyncio.to_thread(self._told_before, film)
        if told is not None:
            return told
        if self.watcher is None:
            raise RunError(f"{shown(film)} has no summary, and no model watches here; start longvid mcp with --model")
        async with self._one:
            models = await asyncio.to_thread(self.watcher)
            # Beside the film or nowhere: the working directory may be anybody's.
            where = film.parent
            job = api.Job(api.load_strategy(self.strategy)(), api.IngestSettings(), self.seed, directory=where)
            report = await api.summarize(film, job, models, _Progress(ctx, asyncio.get_running_loop()))
        return _told(report.as_json())

    async def frame(self, path: str, time: float) -> list[Any]:
        """Show the picture of a film, or of a run folder's film, at a time in seconds from its first picture."""
        target, video = self.confined.path(path), None
        if target.is_dir():
            run = self.confined.run(path)
            video = video_track(how_read(run, (read_json(run / "run.json") or {}).get("plan")))
            target = await asyncio.to_thread(film_of, read_identity(run), run, self.confined.allows)
        data, since = await asyncio.to_thread(frame_at, target, time, video)
        return [f"{as_text(target.name)} at {since:.3f} s", Image(data=data, format="jpeg")]

    def _films(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for root in self.confined.roots:
            for run in self._runs(root):
                if len(found) == MOST_FILMS:
                    return found
                try:
                    source = gather(run)
                except LongvidError:
                    continue
                found.append({"film": source.film, "run": as_text(run), "duration": round(source.moments[-1].end, 3)})
        return found

    def _runs(self, root: Path) -> Iterator[Path]:
        """The run folders that may be read: `root` itself, or those below it."""
        if is_run(root):
            yield from [root] if self.confined.is_plain(root) else []
        else:
            yield from runs_below(root, self.confined.is_plain)

    def _places(self) -> list[Path]:
        """The folders named at the start that have something to search. Raises RunError where none has."""
        found = [root for root in self.confined.roots if next(self._runs(root), None) is not None]
        if not found:
            raise RunError("there is no run folder that may be read here; summarize a film first")
        return found

    def _may_search(self, path: Path) -> bool:
        # A folder that was named at the start is a place of runs, unless it is a run.
        return (path in self.confined.roots and not is_run(path)) or self.confined.is_plain(path)

    def _told_before(self, film: Path) -> dict[str, Any] | None:
        """The summary that the run folder of `film` has; None where there is none. Raises RunError where one of the
        folders that a run would be kept in leads elsewhere."""
        identity = FilmIdentity(film, fingerprint(film), film.stat().st_size)
        runs = folders_for(identity, film.parent)
        for run in runs:
            self.confined.require_plain(run)
        for run in runs:
            with suppress(RunError):
                if read_identity(run).fingerprint == identity.fingerprint:
                    return self._stored(run)
        return None

    def _models(self, folder: Path) -> Models:
        return self.watcher() if self.watcher is not None and self.looks else self.llm(folder)

    @staticmethod
    def _stored(run: Path) -> dict[str, Any]:
        for output in outputs(run):
            if isinstance(output.get("summary"), str) and output["summary"]:
                return _told({**output, "run": as_text(run)})
        raise RunError(f"{shown(run)} has no summary; run longvid summarize on its film, or longvid merge")


TOLD = ("film", "duration", "strategy", "model", "llm", "summary", "problems", "evidence", "run")
"""What of a report a program is told: the chunks, one by one, are for `search` and `ask`."""


def _told(report: dict[str, Any]) -> dict[str, Any]:
    return {name: report[name] for name in TOLD if name in report}


class _Progress:
    """A monitor that tells the program how far the work is. May be called from any thread."""

    def __init__(self, ctx: Context, loop: asyncio.AbstractEventLoop) -> None:
        self._ctx, self._loop = ctx, loop

    def note(self, message: str) -> None:
        del message

    def warn(self, message: str) -> None:
        del message  # it stands among the problems

    def advance(self, stage: str, done: float, total: float) -> None:
        asyncio.run_coroutine_threadsafe(self._ctx.report_progress(done, total, stage), self._loop)


def serve(tools: Tools) -> MCPServer:
    """A server with `tools`; `run_stdio_async` of it talks over stdin and stdout."""
    from longvid import __version__

    server = MCPServer("longvid", version=__version__, instructions=INSTRUCTIONS, log_level="WARNING")
    for tool in (tools.films, tools.search, tools.ask, tools.summarize, tools.frame):
        server.add_tool(_plainly(tool), structured_output=tool.__name__ != "frame")
    return server


def _plainly(tool: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """`tool`, whose errors of the user and the world are its answer in one line."""

    @wraps(tool)
    async def called(*given: Any, **named: Any) -> Any:
        try:
            return await tool(*given, **named)
        except LongvidError as error:
            raise ToolError(str(error)) from error

    return called

"""`longvid plan`: how a film would be cut and watched, without any model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from longvid.cli import options as o
from longvid.cli.groups import RangeOptions, TalkOptions
from longvid.cli.sharing import with_options
from longvid.files import as_text


@with_options
def plan(
    film: o.Film,
    *,
    strategy: o.StrategyName = o.DEFAULT_STRATEGY,
    template: o.TemplateOption = o.Template.auto,
    label: o.LabelOption = o.Label.by_index,
    length: o.Length = "auto",
    settings: o.Setting = None,
    config: o.ConfigFile = None,
    sampler: o.SamplerOption = o.Sampler.uniform,
    cut: RangeOptions,
    as_json: o.JsonAlone = False,
    talk: TalkOptions,
) -> None:
    """Show the scenes, chunks and frame times of FILM, and how many calls and tokens a summary takes.

    Needs no model and writes nothing. Figures are for the published model: 24 frames of 224 pixels, 2048 tokens; what
    --carry asks beforehand is not among them.

    Example: longvid plan film.mp4 --json | jq '.chunks | length'
    """
    from longvid.cli.console import TerminalMonitor
    from longvid.cli.running import print_json, run_interruptible
    from longvid.cli.streams import only_results

    chosen = o.read_strategy(strategy, settings, config)
    words = o.read_length(length, chosen)
    read = cut.settings(sampler)
    with TerminalMonitor(quiet=talk.quiet, verbose=talk.verbose) as monitor:
        monitor.film(as_text(film))
        try:
            with only_results():
                made = run_interruptible(_plan(film, read, chosen, words, template.value, label.value, monitor))
        except KeyboardInterrupt as ended:
            raise typer.Exit(getattr(ended, "status", 130)) from None
        for line in made["notes"]:
            monitor.note(f"{film.name}: {line}")
        for line in made["warnings"]:
            monitor.warn(f"{film.name}: {line}")
    if as_json:
        print_json(made)
    else:
        _show(made)
    if made["warnings"]:
        raise typer.Exit(3)


async def _plan(
    path: Path, settings: Any, strategy: Any, words: int | None, template: str, label: Any, monitor: Any
) -> dict[str, Any]:
    import asyncio
    import threading

    from longvid.cogvlm2.estimates import clip_tokens
    from longvid.engine.models import resolve_template
    from longvid.engine.prompts import CAPTION, CAPTION_TOKENS
    from longvid.engine.request import Stopped
    from longvid.engine.sizing import CPU_BATCH
    from longvid.film import dialogue, probe, scan
    from longvid.pipeline.ingest import frame_times, of_range, plan_chunks
    from longvid.pipeline.job import auto_words
    from longvid.strategy.contract import Limits

    halted = threading.Event()

    def advance(done: float, total: float) -> None:
        if halted.is_set():
            raise Stopped
        monitor.advance("scan", done, total)

    film = await asyncio.to_thread(probe, path, video=settings.video_track)
    for line in film.notes:
        monitor.detail(f"{path.name}: {line}")
    progress = of_range(film, settings, advance)
    try:
        scanned = await asyncio.to_thread(
            scan, film, detector=settings.detector, start=settings.start, end=settings.end, progress=progress
        )
    finally:
        halted.set()
    spoken = await asyncio.to_thread(dialogue, film)
    chunks = plan_chunks(scanned.scenes, settings, spoken.lines)
    seconds = chunks[-1].end - chunks[0].start
    limits = Limits(2048, CAPTION_TOKENS, CPU_BATCH, words or auto_words(seconds))
    bound = strategy.estimate(len(chunks), limits)
    told = strategy.told(bound)
    kind = resolve_template(o.DEFAULT_MODEL, template)
    asked = clip_tokens(settings.frames, 224, kind, label) + len(CAPTION) // 4
    return {
        "film": as_text(film.path.name),
        "path": as_text(path),
        "duration": round(scanned.seconds, 3),
        "video_track": film.video.index,
        "video_tracks": [
            {"index": v.index, "codec": v.codec, "width": v.width, "height": v.height} for v in film.videos
        ],
        "scenes": [{"start": round(s.start, 3), "end": round(s.end, 3)} for s in scanned.scenes],
        "chunks": [
            {
                "index": c.index,
                "start": round(c.start, 3),
                "end": round(c.end, 3),
                "scenes": [{"start": round(a, 3), "end": round(b, 3)} for a, b in c.scenes],
                "frames": [round(t, 3) for t in frame_times(c, settings, scanned.shown)],
            }
            for c in chunks
        ],
        "estimate": {
            "strategy": strategy.name,
            "words": limits.words,
            "caption": bound.caption,
            "events": bound.events,
            "ask": bound.ask,
            "write": bound.write,
            "depth": bound.depth,
            "told": told,
            "watch_tokens": (told + bound.ask) * asked,
            "answer_tokens": (told + bound.ask) * CAPTION_TOKENS + bound.write * (2048 // 3),
        },
        "notes": [spoken.warning] if spoken.warning and not spoken.lost else [],
        "warnings": [line for line in (scanned.warning, spoken.warning if spoken.lost else None) if line],
    }


def _show(made: dict[str, Any]) -> None:
    from longvid.output import clock
    from longvid.text import counted, printable

    typer.echo(f"{printable(made['film'])}: {clock(made['duration'])}, {counted(len(made['scenes']), 'scene')}")
    if len(made["video_tracks"]) > 1:
        tracks = ", ".join(f"{v['index']} ({v['codec']}, {v['width']}x{v['height']})" for v in made["video_tracks"])
        typer.echo(f"video track {made['video_track']} of {tracks}; --video-track names another")
    typer.echo("chunk  start    end      seconds  scenes  frames")
    for c in made["chunks"]:
        seconds = c["end"] - c["start"]
        typer.echo(
            f"{c['index']:>5}  {clock(c['start'])}  {clock(c['end'])}  {seconds:>7.1f}  {len(c['scenes']):>6}  "
            f"{len(c['frames']):>6}"
        )
    e = made["estimate"]
    told = counted(e["told"], "caption or list of events", "captions or lists of events")
    calls = f"{told}, {counted(e['ask'], 'question')}, {counted(e['write'], 'write')}"
    typer.echo(
        f"{e['strategy']}, {counted(e['words'], 'word')}: at most {calls}; "
        f"{e['watch_tokens']} tokens read with frames, {e['answer_tokens']} written"
    )

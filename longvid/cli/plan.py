"""`longvid plan`: how a film would be cut and watched, without any model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import typer

from longvid.cli import options as o
from longvid.cli import pictures as p
from longvid.cli import servers as s
from longvid.cli.groups import RangeOptions, TalkOptions
from longvid.cli.listening import read_listening
from longvid.cli.sharing import with_options
from longvid.files import as_text

if TYPE_CHECKING:
    from longvid.api import Plan
    from longvid.pipeline.planning import Reckoned


@with_options
def plan(
    film: o.Film,
    *,
    model: o.ModelId = o.DEFAULT_MODEL,
    model_price: s.ModelPrice = None,
    strategy: o.StrategyName = o.DEFAULT_STRATEGY,
    llm_context: o.LLMContext = None,
    llm_price: s.LLMPrice = None,
    template: o.TemplateOption = o.Template.auto,
    label: o.LabelOption = None,
    length: o.Length = "auto",
    settings: o.Setting = None,
    config: o.ConfigFile = None,
    sampler: o.SamplerOption = o.Sampler.uniform,
    frames: p.Frames = 24,
    pixels: p.Pixels = None,
    cut: RangeOptions,
    subtitles: o.Subtitles = "auto",
    as_json: o.JsonAlone = False,
    talk: TalkOptions,
) -> None:
    """Show the scenes, chunks and frame times of FILM, and how many calls and tokens a summary takes.

    Needs no model, asks nobody and writes nothing. Figures are for the published model: frames of 224 pixels, 2048
    tokens; where --model names a server, for frames of --pixels and an LLM of --llm-context tokens; where it is a video
    model that lies here, by its own processor. They are bounds: most runs take less. Not counted are the first look of
    --context cast, what --context and --tell-dialogue add to questions, and what is asked a second time.

    Example: longvid plan film.mp4 --json | jq '.chunks | length'
    """
    from longvid.api import Job
    from longvid.api import plan as plan_film
    from longvid.cli.console import TerminalMonitor
    from longvid.cli.running import print_json, until_interrupted

    chosen = o.read_strategy(strategy, settings, config)
    listening = read_listening(subtitles, [film])
    job = Job(chosen, cut.settings(sampler, frames), words=o.read_length(length, chosen), listening=listening)
    assumed = reckon(model, llm_context, frames, pixels, template, label, model_price, llm_price)
    with TerminalMonitor(quiet=talk.quiet, verbose=talk.verbose) as monitor:
        monitor.film(as_text(film))
        made = until_interrupted(
            plan_film(film, job, monitor, template=assumed.template, label=assumed.label, reckoned=assumed.models)
        )
        for line in made.details:
            monitor.detail(f"{film.name}: {line}")
        for line in made.notes:
            monitor.note(f"{film.name}: {line}")
        for line in made.warnings:
            monitor.warn(f"{film.name}: {line}")
    if as_json:
        print_json(made.as_json())
    else:
        _show(made)
    if made.warnings:
        raise typer.Exit(3)


@dataclass(frozen=True, slots=True)
class Assumed:
    """The models that a plan is for, and how they are asked."""

    models: Reckoned
    template: Literal["chat", "base", "vqa"]
    label: Literal["index", "seconds", "none"]


def reckon(
    model: str,
    llm_context: int | None,
    frames: int,
    pixels: int | None,
    template: o.Template,
    label: o.Label | None,
    model_price: str | None,
    llm_price: str | None,
) -> Assumed:
    """What the options of these names say. Raises typer.BadParameter for pixels of a model that takes squares, and
    ModelError for clips that are too large."""
    from longvid.api import resolve_template
    from longvid.engine.pictures import DEFAULT_PIXELS, require_clip
    from longvid.engine.servers.addresses import is_address
    from longvid.engine.usage import Prices
    from longvid.engine.videos import find_here, sizes
    from longvid.pipeline.planning import Reckoned

    prices = Prices(s.price_of(model_price), s.price_of(llm_price))
    video = None if is_address(model) else find_here(model)
    if pixels is not None and not is_address(model) and video is None:
        raise typer.BadParameter(f"{model} sees squares", param_hint="'--pixels'")
    if video is not None:
        context, tokens, memory = sizes(model, video, frames, pixels)
        models = Reckoned(llm_context or context, None, prices, tokens, memory, context)
    else:
        if is_address(model):
            require_clip(frames, pixels or DEFAULT_PIXELS)
        models = Reckoned.of(is_address(model), llm_context, pixels, prices)
    return Assumed(models, resolve_template(model, template.value), (label or o.Label.by_index).value)


def _show(made: Plan) -> None:
    from longvid.engine.device import gigabytes
    from longvid.engine.prompts import CARRY_TOKENS, DIALOGUE_TOKENS
    from longvid.output import clock
    from longvid.text import counted, printable

    name = printable(as_text(made.path.name))
    typer.echo(f"{name}: {clock(made.duration)}, {counted(len(made.scenes), 'scene')}")
    if len(made.video_tracks) > 1:
        tracks = ", ".join(f"{v.index} ({v.codec}, {v.width}x{v.height})" for v in made.video_tracks)
        typer.echo(f"video track {made.video_track} of {tracks}; --video-track names another")
    typer.echo("chunk  start    end      seconds  scenes  frames")
    for chunk, times in zip(made.chunks, made.frames, strict=True):
        typer.echo(
            f"{chunk.index:>5}  {clock(chunk.start)}  {clock(chunk.end)}  {chunk.end - chunk.start:>7.1f}  "
            f"{len(chunk.scenes):>6}  {len(times):>6}"
        )
    told = counted(made.told, "caption or list of events", "captions or lists of events")
    if made.heard.cues:
        typer.echo(f"dialogue: {counted(made.heard.cues, 'cue')} from {made.heard.source}")
    calls = f"{told}, {counted(made.calls.ask, 'question')}, {counted(made.calls.write, 'write')}"
    typer.echo(
        f"{made.strategy}, {counted(made.words, 'word')}: at most {calls}; "
        f"{made.watch_tokens} tokens read with frames, {made.answer_tokens} written"
    )
    if made.memory:
        sizes = ", ".join(f"{gigabytes(size)} in {dtype}" for dtype, size in made.memory.items())
        least = f"; at least {gigabytes(made.least_memory)}, if layers wait in main memory" if made.least_memory else ""
        typer.echo(f"GPU memory for one call: {sizes}{least}")
    if made.cost is not None:
        typer.echo(
            f"at most {made.requests} requests; cost at most {made.cost:.2f}. Not in these: a bad answer is asked for "
            "once more (at worst that doubles both), a request that fails is sent again, and --context and "
            f"--tell-dialogue make questions up to {CARRY_TOKENS + DIALOGUE_TOKENS} tokens longer"
        )

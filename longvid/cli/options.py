"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import contextlib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from longvid.cli.computing import BatchSize as BatchSize
from longvid.cli.computing import Device as Device
from longvid.cli.computing import DtypeOption as DtypeOption
from longvid.cli.sharing import Formerly
from longvid.cli.streams import only_results
from longvid.cli.values import (
    FORMATS_HELP,
    check_seed,
    parse_context,
    parse_llm,
    parse_model,
    parse_path,
    parse_path_or_word,
    parse_time,
    parse_track,
    parse_words,
)

if TYPE_CHECKING:
    from longvid.carry import Carry, Way
    from longvid.engine.models import Models
    from longvid.pipeline.ingest import IngestSettings
    from longvid.strategy.contract import Strategy


class Sampler(StrEnum):
    first = "first"
    uniform = "uniform"
    scene = "scene"


class Fit(StrEnum):
    crop = "crop"
    pad = "pad"


class Label(StrEnum):
    by_index = "index"
    seconds = "seconds"
    none = "none"


class Template(StrEnum):
    auto = "auto"
    chat = "chat"
    base = "base"
    vqa = "vqa"


class Detector(StrEnum):
    adaptive = "adaptive"
    content = "content"


class Dialogue(StrEnum):
    both = "seen-and-said"
    said = "said-only"
    none = "none"


Films = Annotated[
    list[Path], typer.Argument(metavar="FILM...", help="Films to read.", show_default=False, parser=parse_path)
]
Film = Annotated[Path, typer.Argument(metavar="FILM", help="The film to read.", show_default=False, parser=parse_path)]

ModelId = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="ID|DIR",
        parser=parse_model,
        help="What watches: a CogVLM2-Video checkpoint (zai-org/cogvlm2-video-llama3-chat, or cogvlm2-llama3-caption "
        "and cogvlm2-video-llama3-base of the same), any video model that transformers opens (hub ids or folders); "
        "storyfilm-tiny, which comes with longvid and understands generated films alone; or a server: "
        "http://HOST:PORT/v1#NAME, openai:NAME, vllm:NAME, ollama:NAME, llamacpp:NAME, lmstudio:NAME, sglang:NAME.",
    ),
]
LLMName = Annotated[
    str | None,
    typer.Option(
        "--llm",
        metavar="ID",
        parser=parse_llm,
        help="The language model that merges: a local causal LM (hub id or folder), a server as for --model, "
        "provider:model for another LangChain chat model, or none. [default: the model itself, or the LLM that "
        "comes with it]",
        show_default=False,
    ),
    Formerly("--writer"),
]
LLMContext = Annotated[
    int | None,
    typer.Option(
        "--llm-context",
        metavar="N",
        min=512,
        max=10_000_000,
        help="Tokens of prompt and answer together that the LLM takes. [default: what is known of it, else 16384]",
        show_default=False,
    ),
    Formerly("--writer-context"),
]
EmbedderOption = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        metavar="MODEL",
        help="A sentence embedding model (hub id or folder) by which `ledger` also looks for what may belong together. "
        "[default: rare words alone]",
        show_default=False,
    ),
]
DEFAULT_STRATEGY = "ledger"
"""What tells most of an hour's film, by measurement (docs/strategies.md), and it needs no LLM."""
StrategyName = Annotated[
    str,
    typer.Option(
        "--strategy", metavar="NAME", help="How chunks are merged; see `longvid strategies list`. Or FILE.py:NAME."
    ),
]
ContextOption = Annotated[
    str,
    typer.Option(
        "--context",
        metavar="[none|previous|cast]",
        parser=parse_context,
        help="What each chunk is told of the others: nothing, the end of the answer before it (one chunk after "
        "another), or who is likely to be in it (a first look at all chunks).",
    ),
    Formerly("--carry"),
]
CastFile = Annotated[
    Path | None,
    typer.Option(
        "--cast",
        metavar="FILE",
        help="People that every chunk is told of: one a line, name = look.",
        parser=parse_path,
    ),
]
Setting = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting of the strategy; repeatable.", show_default=False),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Settings of the strategy as TOML; --set goes over them.", parser=parse_path
    ),
]
SamplerOption = Annotated[Sampler, typer.Option("--sampler", help="Which frames of a chunk the model sees.")]
FitOption = Annotated[
    Fit, typer.Option("--fit", help="How a square is filled: crop cuts the sides off, as published; pad keeps all.")
]
LabelOption = Annotated[
    Label | None,
    typer.Option(
        "--label",
        help="What the prompt says beside each frame: number, time, nothing. [default: as trained; servers seconds]",
        show_default=False,
    ),
]
TemplateOption = Annotated[Template, typer.Option("--template", help="Prompt template; auto goes by the model's name.")]
Seed = Annotated[
    int, typer.Option("--seed", metavar="N", min=0, callback=check_seed, help="Decides every random choice.")
]
Length = Annotated[
    str, typer.Option("--length", metavar="WORDS|auto", help="Words of the summary; auto grows with the film.")
]
Start = Annotated[
    float | None, typer.Option("--start", metavar="T", parser=parse_time, help="Begin at T: seconds or HH:MM:SS.")
]
End = Annotated[float | None, typer.Option("--end", metavar="T", parser=parse_time, help="End at T.")]
TargetLength = Annotated[
    float, typer.Option("--target-length", metavar="S", min=2, max=3600, help="Seconds a chunk should last.")
]
MinLength = Annotated[
    float | None,
    typer.Option("--min-length", metavar="S", min=0, max=3600, help="Shortest chunk. [default: by target]"),
]
MaxLength = Annotated[
    float | None,
    typer.Option("--max-length", metavar="S", min=1, max=7200, help="Longest chunk. [default: by target]"),
]
VideoTrack = Annotated[
    str,
    typer.Option(
        "--video-track",
        metavar="N|auto",
        help="Which video track to watch, by its number in the file; auto takes the film rather than a cover.",
    ),
]
DetectorOption = Annotated[Detector, typer.Option("--detector", help="PySceneDetect's detector.")]
ExactFrames = Annotated[
    bool,
    typer.Option("--exact-frames", help="Read exactly the sampled frames in a second pass (else within 0.25 s)."),
]
OutputDir = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output-dir",
        metavar="DIR",
        help="Where run folders go. [default: beside the film]",
        parser=parse_path,
    ),
]
Subtitles = Annotated[
    str,
    typer.Option(
        "--subtitles",
        metavar="auto|none|FILE|track:N|lang:CODE",
        parser=parse_path_or_word,
        help="Where the dialogue comes from; auto takes a subtitle file beside the film, else a track inside it.",
    ),
]
DialogueOption = Annotated[
    Dialogue,
    typer.Option(
        "--dialogue",
        help="What of a chunk is merged: description and dialogue, the dialogue alone (nobody watches), or none.",
    ),
]
TellDialogue = Annotated[
    bool, typer.Option("--tell-dialogue", help="Tell the model that watches a chunk what is said in it.")
]
ShowDialogue = Annotated[bool, typer.Option("--show-dialogue", help="Show in the Markdown what is said in each chunk.")]
CaptionFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--captions",
        metavar="FILE",
        help="Merge the captions in FILE (.jsonl, .vtt, .srt); repeatable.",
        parser=parse_path,
    ),
]
MergeDir = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output-dir",
        metavar="DIR",
        help="Where runs of --captions go. [default: beside FILE]",
        parser=parse_path,
    ),
]
Formats = Annotated[str, typer.Option("-f", "--format", metavar="LIST", help=FORMATS_HELP)]
Evidence = Annotated[
    bool, typer.Option("--evidence", help="Number the sentences in the Markdown and list what each rests on.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for each film on stdout.")]
JsonAlone = Annotated[bool, typer.Option("--json", help="Print one JSON value on stdout.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Forget what earlier runs of the film stored.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print results, errors and problems only.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say more about what is being done.")]

DEFAULT_MODEL = "zai-org/cogvlm2-video-llama3-chat"


def read_length(value: str, strategy: Strategy[Any]) -> int | None:
    """The words that `--length` names, None for "auto".

    Refused for a strategy that writes nothing, where it would do nothing. Raises typer.BadParameter.
    """
    length = parse_words(value)
    if length and "write" not in strategy.may_call():
        raise typer.BadParameter(
            f"{strategy.name} only joins captions, so it has no length to choose; leave out --length",
            param_hint="'--length'",
        )
    return length or None


def read_llm(value: str | None, strategy: Strategy[Any], *, needed: str | None) -> str | None:
    """The LLM for `strategy`, None for the model itself; `needed` says why there is no model and an LLM must be named.

    Raises typer.BadParameter for `none` where the strategy cannot do without an LLM, and where none is named.
    """
    if value is None and needed is not None:
        if "write" in strategy.may_call():
            raise typer.BadParameter(f"{needed}: name an LLM, or none", param_hint="'--llm'")
        return "none"
    if value == "none" and "write" in strategy.requires:
        raise typer.BadParameter(
            f"{strategy.name} cannot do without an LLM; strategies that can: {', '.join(_without_llm())}",
            param_hint="'--llm'",
        )
    return value


def require_llm(models: Models, strategy: Strategy[Any]) -> None:
    """Raise typer.BadParameter where `strategy` cannot do without an LLM and the model brings none."""
    if not models.writes and "write" in strategy.requires:
        raise typer.BadParameter(
            f"{models.name} only watches and {strategy.name} cannot do without an LLM: name one, or choose a "
            f"strategy that can: {', '.join(_without_llm())}",
            param_hint="'--llm'",
        )


def _without_llm() -> list[str]:
    """The strategies that can do without an LLM."""
    from longvid.errors import StrategyError
    from longvid.strategy.registry import load, names

    found = []
    for name in names():
        with contextlib.suppress(StrategyError):
            if "write" not in load(name).requires:
                found.append(name)
    return found


def read_strategy(reference: str, pairs: list[str] | None, file: Path | None) -> Strategy[Any]:
    """The strategy that `--strategy` names, with its settings.

    Raises StrategyError where it cannot be used, typer.BadParameter for a name that none has and for settings that it
    does not take.
    """
    from longvid.errors import StrategyError
    from longvid.strategy.settings import configured

    strategy = load_strategy(reference, "'--strategy'")
    with only_results():
        try:
            return configured(strategy, pairs or (), file)
        except StrategyError as error:
            raise typer.BadParameter(str(error), param_hint="'--set' / '--config'") from error


def load_strategy(reference: str, hint: str) -> type[Strategy[Any]]:
    """The strategy called `reference`. Raises StrategyError where it cannot be used, typer.BadParameter with `hint`
    for a name that none has."""
    from longvid.errors import UnknownStrategy
    from longvid.strategy.registry import load

    with only_results():
        try:
            return load(reference)
        except UnknownStrategy as error:
            raise typer.BadParameter(str(error), param_hint=hint) from error


def read_context(way: Way, cast: Path | None, *, tell_dialogue: bool = False) -> Carry:
    """What chunks are told of one another. Raises CarryError for a file of figures that cannot be used."""
    from longvid.carry import Carry, read_cast

    return Carry(way, read_cast(cast) if cast is not None else (), tell_dialogue)


def ingest_settings(
    sampler: Sampler,
    fit: Fit,
    start: float | None,
    end: float | None,
    target: float,
    minimum: float | None,
    maximum: float | None,
    detector: Detector,
    exact_frames: bool,
    video_track: str,
    frames: int,
) -> IngestSettings:
    """The settings of reading, after checking that they fit together. Raises typer.BadParameter."""
    from longvid.pipeline.ingest import IngestSettings

    begin = start or 0.0
    if end is not None and end <= begin:
        raise typer.BadParameter(f"{end:g} s is not after the start at {begin:g} s", param_hint="'--end'")
    if minimum is not None and minimum > target:
        raise typer.BadParameter(f"{minimum:g} s is more than the target of {target:g} s", param_hint="'--min-length'")
    if maximum is not None and maximum < target:
        raise typer.BadParameter(f"{maximum:g} s is less than the target of {target:g} s", param_hint="'--max-length'")
    return IngestSettings(
        video_track=parse_track(video_track),
        detector=detector.value,
        start=start,
        end=end,
        target_length=target,
        min_length=minimum,
        max_length=maximum,
        sampler=sampler.value,
        fit=fit.value,
        exact_frames=exact_frames,
        frames=frames,
    )

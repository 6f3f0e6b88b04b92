"""Options of hearing, and how their values are read; what they come to is SpeechSettings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli.values import NUMBER, parse_model

if TYPE_CHECKING:
    from longvid.speech import AudioChoice

AudioTrack = Annotated[
    str,
    typer.Option(
        "--audio-track",
        metavar="N|lang:CODE|auto",
        help="Which audio track to hear: its number in the file, or its language. auto takes the film's own sound, not "
        "a commentary.",
    ),
]
Transcribe = Annotated[
    str,
    typer.Option(
        "--transcribe",
        metavar="auto|none|ID|DIR",
        parser=parse_model,
        help="Who hears a film without subtitles: a size of Whisper such as small, a hub id or a folder. auto hears "
        "where a checkpoint is on this machine already.",
    ),
]
SpeechModel = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="auto|ID|DIR",
        parser=parse_model,
        help="Whisper checkpoint: a size such as small, a hub id or a folder; fetched if need be. auto takes one that "
        "is on this machine already.",
    ),
]
Translate = Annotated[
    bool, typer.Option("--translate", help="Put what is said into English; not with a checkpoint for English alone.")
]
Formats = Annotated[str, typer.Option("-f", "--format", metavar="LIST", help="Files to write: any of srt,vtt,json.")]


def parse_audio(value: str) -> AudioChoice:
    """The audio track that `--audio-track` names. Raises typer.BadParameter."""
    from longvid.film.languages import tag_of
    from longvid.speech import AudioChoice

    if value == "auto":
        return AudioChoice()
    if NUMBER.fullmatch(value):
        return AudioChoice(track=int(value))
    kind, _, name = value.partition(":")
    if kind == "lang" and (tag := tag_of(name)) is not None:
        return AudioChoice(language=tag)
    raise typer.BadParameter(
        f"{value!r} is no track; write the number of an audio track, lang: and a code such as lang:en, or auto",
        param_hint="'--audio-track'",
    )


def parse_formats(value: str) -> tuple[str, ...]:
    """The formats of a transcript in a comma-separated list. Raises typer.BadParameter for an unknown one."""
    from longvid.output.transcript import TRANSCRIPTS

    names = [name.strip() for name in value.split(",") if name.strip()]
    unknown = [name for name in names if name not in TRANSCRIPTS]
    if unknown or not names:
        what = f"{unknown[0]!r} is no format" if unknown else "no format is named"
        raise typer.BadParameter(f"{what}; choose from {', '.join(TRANSCRIPTS)}", param_hint="'-f' / '--format'")
    return tuple(dict.fromkeys(names))

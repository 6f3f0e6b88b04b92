"""How the values of options are read: times, lengths, files, models, devices. What is wrong by itself is refused here,
before anything is opened; whether a thing is there is for whoever opens it. Knows no command."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from longvid.engine.servers.addresses import is_address, read_address
from longvid.text.shown import without_logins

CLOCK = re.compile(r"^(?:(?:(\d{1,4}):)?(\d{1,2}):)?(\d{1,8}(?:\.\d+)?)$")  # libav cannot count beyond some years
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
HUB = re.compile(r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/([\w.-]+/[\w.-]+?)(?:/.*)?", re.ASCII)
NUMBER = re.compile(r"[0-9]{1,6}")
FORMATS = ("md", "json", "srt", "vtt", "html", "nfo", "chapters.vtt", "chapters.ffmeta", "chapters.txt")
"""As `longvid.output.NAMES` has them, which takes longer to import."""
FORMATS_HELP = f"Files to write: any of {','.join(FORMATS)}."


def parse_time(value: str) -> float:
    """Seconds from "90", "1:30" or "0:01:30.5". Raises typer.BadParameter for anything else."""
    match = CLOCK.match(value.strip())
    if match is None:
        raise typer.BadParameter(f"{value!r} is no time; write seconds, MM:SS or HH:MM:SS")
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def parse_track(value: str) -> int | None:
    """The index of a stream, None for "auto". Raises typer.BadParameter for anything else."""
    if value == "auto":
        return None
    if not NUMBER.fullmatch(value):
        raise typer.BadParameter(
            f"{value!r} is no track; write the number of a video track, or auto", param_hint="'--video-track'"
        )
    return int(value)


def parse_words(value: str) -> int:
    """A number of words, or 0 for "auto". Raises typer.BadParameter for anything else."""
    if value == "auto":
        return 0
    if not NUMBER.fullmatch(value) or not 10 <= int(value) <= 100_000:
        raise typer.BadParameter(
            f"{value!r} is no length; write a number of words from 10 to 100000, or auto", param_hint="'--length'"
        )
    return int(value)


def parse_path(value: str | Path) -> Path:
    """A file or folder of this machine; a default is one already. Raises typer.BadParameter for nothing, which a path
    would take for the working directory, and for an address."""
    if isinstance(value, Path):
        return value
    if not value:
        raise typer.BadParameter("an empty name names nothing; leave it out, or write . for the working directory")
    # An address as a path has lost one of its slashes, so whoever names it later names something else.
    if ADDRESS.match(value) and not Path(value).exists():
        raise typer.BadParameter(
            f"{without_logins(value)} is an address; films and files are read from this machine: download it first"
        )
    return Path(value)


def parse_path_or_word(value: str) -> str:
    """A file of this machine, or a word that stands for one. Raises typer.BadParameter as `parse_path`."""
    return str(parse_path(value))


def parse_model(value: str) -> str:
    """A model's name. Raises typer.BadParameter for nothing and for an address, with the id that it seems to mean."""
    if not value.strip():
        raise typer.BadParameter("an empty name names no model")
    known = HUB.fullmatch(value)
    if known is None and is_address(value):
        try:
            read_address(value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        return value
    if ADDRESS.match(value):
        meant = (
            f"write {known[1]}" if known else "write a hub id such as org/name, a folder, or http://HOST:PORT/v1#NAME"
        )
        raise typer.BadParameter(f"{without_logins(value)} is an address; {meant}")
    return value


def parse_llm(value: str) -> str:
    """An LLM's name, under which "plain" is the earlier one of "none". Raises typer.BadParameter as `parse_model`."""
    return "none" if parse_model(value) == "plain" else value


def parse_context(value: str) -> str:
    """A way of telling chunks of one another, also by its earlier name. Raises typer.BadParameter for any other."""
    way = {"gist": "previous"}.get(value, value)
    if way not in ("none", "previous", "cast"):
        raise typer.BadParameter(f"{value!r} is not one of 'none', 'previous', 'cast'")
    return way


def parse_device(value: str) -> str:
    """A device's name. Raises typer.BadParameter for what can be none on any machine."""
    if not re.fullmatch(r"cpu|cuda(:[0-9]{1,4})?", value):
        raise typer.BadParameter(f"there is no device {value!r}; choose cpu, cuda or cuda:N")
    return value


def check_seed(value: int) -> int:
    """`value` if torch takes it for a seed. Raises typer.BadParameter."""
    if value >= 1 << 63:
        raise typer.BadParameter("a seed is below 2^63")
    return value


def parse_formats(value: str) -> tuple[str, ...]:
    """The formats in a comma-separated list. Raises typer.BadParameter for an unknown one."""
    names = [name.strip() for name in value.split(",") if name.strip()]
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        what = f"{unknown[0]!r} is no format" if unknown else "no format is named"
        raise typer.BadParameter(f"{what}; choose from {', '.join(FORMATS)}", param_hint="'-f' / '--format'")
    return tuple(dict.fromkeys(names))

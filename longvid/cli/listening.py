"""What the options about dialogue come to, after checking that they fit the films and the strategy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from longvid.pipeline.job import Hearing
    from longvid.pipeline.listening import Listening
    from longvid.speech import SpeechSettings
    from longvid.strategy.contract import Strategy


def read_listening(subtitles: str, films: Sequence[Path] | None, speech: SpeechSettings | None = None) -> Listening:
    """Where dialogue comes from. Raises typer.BadParameter for a choice that is none, or a file for several films."""
    from longvid.film import parse_subtitles
    from longvid.pipeline.listening import Listening

    try:
        choice = parse_subtitles(subtitles)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--subtitles'") from error
    if choice.kind == "file" and films is not None and len(films) > 1:
        raise typer.BadParameter(
            "one subtitle file is of one film; name films one by one, or put each film's subtitles beside it",
            param_hint="'--subtitles'",
        )
    return Listening(choice, speech)


def require_said(strategy: Strategy[Any], hearing: Hearing) -> None:
    """Raise typer.BadParameter where `hearing` leaves out what is seen and `strategy` cannot do without."""
    missing = strategy.missing(frozenset({"write", "dialogue"})) if hearing == "said-only" else None
    if missing:
        raise typer.BadParameter(
            f"{strategy.name} cannot do without what is seen ({', '.join(sorted(missing))}); choose another --strategy",
            param_hint="'--dialogue'",
        )

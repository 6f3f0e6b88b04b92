"""Where the dialogue of a film comes from, as its user chose; and what was found, for a plan, a run and its outputs.

Subtitles come first, and where there are none what the film says is transcribed, if the user has what that takes. Knows
no strategy: `longvid.film` reads subtitles and `longvid.speech` hears.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from longvid.film import Dialogue, Film, SubtitleChoice, dialogue, dialogue_digest
from longvid.output import Heard
from longvid.run import key_of

if TYPE_CHECKING:
    from longvid.run import Store
    from longvid.speech import SpeechSettings

Progress = Callable[[str, float, float], None]
"""Told of a stage, seconds done and seconds to do; may raise to end the work."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Which subtitles are taken, and what transcribes a film that has none (None: nothing does)."""

    subtitles: SubtitleChoice = field(default_factory=SubtitleChoice)
    speech: SpeechSettings | None = None

    def digest(self, film: Film) -> str:
        """Hex of what decides, beside the film itself, what `read` gives; "" where nothing does. Raises FilmError."""
        found = dialogue_digest(film, self.subtitles)
        hearer = self.speech.identity() if self.speech is not None and self.subtitles.kind == "auto" else {}
        return key_of({"subtitles": found, "speech": hearer}) if hearer else found

    def read(
        self, film: Film, store: Store, progress: Progress, *, start: float | None = None, end: float | None = None
    ) -> Dialogue:
        """What is said in `film`; only from `start` to `end` (film time, s) where it has to be heard.

        Raises FilmError and SpeechError where what was asked for by name is not there.
        """
        found = dialogue(film, self.subtitles)
        # Who names subtitles wants those, and who names none wants to hear nothing.
        if found.cues or self.speech is None or self.subtitles.kind != "auto" or not self.speech.available():
            return found
        from longvid.speech import hear

        told = partial(progress, "hear")
        heard = hear(film, self.speech, store, told, start=start or 0.0, end=end)
        warnings = [line for line in (found.warning, heard.warning) if line]
        return replace(heard, warning="; ".join(warnings) or None, lost=found.lost or heard.lost)


LISTENING = Listening()
"""Subtitles beside the film or inside it."""


def heard_of(found: Dialogue) -> Heard:
    """What outputs say of where `found` comes from."""
    return Heard(found.source, found.language, len(found.cues), found.how) if found.cues else Heard()


def keep_faults(store: Store, key: str, found: Dialogue) -> None:
    """Keep what was wrong with `found`, heard for the plan `key`. The name of a plan has the digest of its subtitles,
    faults and all (`Listening.digest`): once they are mended nothing is kept for the plan that is made then."""
    store.keep(json.dumps([found.warning, found.lost]), f"faults-{key}")


def kept_faults(store: Store, key: str) -> tuple[str | None, bool]:
    """The warning of the dialogue that was heard for the plan `key`, and whether some of it was lost."""
    try:
        warning, lost = json.loads(store.text(f"faults-{key}"))
    except (KeyError, TypeError, ValueError):
        return None, False
    return (warning, lost is True) if isinstance(warning, str) else (None, False)

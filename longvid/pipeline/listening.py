"""Where the dialogue of a film comes from, as its user chose; and what was found, for a plan, a run and its outputs.

Subtitles come first, and where there are none what the film says is transcribed, if the user has what that takes. Knows
no strategy: `longvid.film` reads subtitles and `longvid.speech` hears.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
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
        if self.speech is None or self.subtitles.kind == "none":
            return found
        return key_of({"subtitles": found, "speech": self.speech.identity()})

    def read(self, film: Film, store: Store, progress: Progress) -> Dialogue:
        """What is said in `film`. Raises FilmError where what was asked for by name is not there, and SpeechError."""
        found = dialogue(film, self.subtitles)
        if found.cues or self.speech is None or self.subtitles.kind != "auto":
            return found
        from longvid.speech import hear

        return hear(film, self.speech, store, lambda done, total: progress("hear", done, total))


LISTENING = Listening()
"""Subtitles beside the film or inside it."""


def heard_of(found: Dialogue) -> Heard:
    """What outputs say of where `found` comes from."""
    return Heard(found.source, found.language, len(found.cues), found.how) if found.cues else Heard()

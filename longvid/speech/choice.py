"""Which audio track of a film is heard. Knows what the container says of its tracks, and opens nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from longvid.errors import SpeechError
from longvid.film import AudioTrack, Film
from longvid.film.languages import distance, tag_of
from longvid.text.shown import clean, shown

ASIDE = re.compile(
    r"(?<![a-z])(?:comment|descri)|(?<![a-z])(?:isolated|score|music only|karaoke)(?![a-z])", re.IGNORECASE
)
"""In the title of a track that is not what the film itself sounds like."""


@dataclass(frozen=True, slots=True)
class AudioChoice:
    """`track` is the number of a stream of the file, `language` a BCP 47 tag; neither: the film's own sound."""

    track: int | None = None
    language: str | None = None

    @property
    def asked(self) -> bool:
        return self.track is not None or self.language is not None


OWN_SOUND = AudioChoice()


def chosen(film: Film, choice: AudioChoice) -> AudioTrack | None:
    """The track to hear; None where the film has no audio and none was asked for.

    Without a choice that is the track marked as default, else the first, but a commentary or a description for the
    blind only where there is nothing else. Raises SpeechError where the one that was asked for is not there.
    """
    ranked = sorted(film.audio, key=lambda track: (_is_aside(track), not track.default, track.index))
    if choice.track is not None:
        ranked = [track for track in ranked if track.index == choice.track]
    if choice.language is not None:
        ranked = _in(choice.language, ranked)
    if ranked:
        return ranked[0]
    if not choice.asked:
        return None
    what = f"stream {choice.track} is no audio track" if choice.track is not None else _none_in(choice.language or "")
    known = ", ".join(map(told, film.audio)) or "none"
    raise SpeechError(f"{shown(film.path)}: {what}; audio tracks of this film: {known}")


def told(track: AudioTrack) -> str:
    """A track as it is named to the user."""
    words = ", ".join(filter(None, (track.codec, track.language, track.title)))
    return f"{track.index} ({words})"


def _in(language: str, tracks: list[AudioTrack]) -> list[AudioTrack]:
    """Those of `tracks` that are marked as in a language, the nearest region first."""
    tags = [(track, tag_of(track.language or "")) for track in tracks]
    far = [(distance(language, tag), track) for track, tag in tags if tag is not None]
    return [track for away, track in sorted(far, key=lambda one: one[0] or 0) if away is not None]


def _none_in(language: str) -> str:
    return f"no audio track is marked as {clean(language, 40)}"


def _is_aside(track: AudioTrack) -> bool:
    return track.aside or ASIDE.search(track.title or "") is not None

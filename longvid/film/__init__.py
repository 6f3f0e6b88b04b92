"""Reading a film: probe, scan, scenes, chunks, clips, dialogue.

    film = probe("film.mkv")
    scanned = scan(film, transform=resize, scratch=run_folder)
    said = dialogue(film)
    chunks = plan(scanned.scenes, lines=within(said.cues, scanned.end))
    clip = pick(scanned.candidates, times, start=chunks[0].start, end=chunks[0].end)

Film time, everywhere in this package: seconds from the first video frame shown. The package knows no model; what a
frame becomes is the business of the `transform` that it is given. Importing it is cheap: PyAV, OpenCV and
PySceneDetect are loaded by the functions that need them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from longvid.film.album import Album
    from longvid.film.choices import SubtitleChoice, parse_subtitles
    from longvid.film.chunks import Chunk, plan, share_out
    from longvid.film.clips import Clip, exact, fits_file, pick, read_clip, write_clip
    from longvid.film.cues import Cue, Line, within
    from longvid.film.model import AudioTrack, Film, Scene, SubtitleTrack, VideoTrack
    from longvid.film.probing import fingerprint, probe
    from longvid.film.readers import Dialogue
    from longvid.film.scanning import Scan, scan
    from longvid.film.spill import Candidates
    from longvid.film.subtitles import beyond, dialogue, dialogue_beside, dialogue_digest

__all__ = [
    "Album",
    "AudioTrack",
    "Candidates",
    "Chunk",
    "Clip",
    "Cue",
    "Dialogue",
    "Film",
    "Line",
    "Scan",
    "Scene",
    "SubtitleChoice",
    "SubtitleTrack",
    "VideoTrack",
    "beyond",
    "dialogue",
    "dialogue_beside",
    "dialogue_digest",
    "exact",
    "fingerprint",
    "fits_file",
    "parse_subtitles",
    "pick",
    "plan",
    "probe",
    "read_clip",
    "scan",
    "share_out",
    "within",
    "write_clip",
]

_HOMES = {
    "album": ("Album",),
    "choices": ("SubtitleChoice", "parse_subtitles"),
    "chunks": ("Chunk", "plan", "share_out"),
    "clips": ("Clip", "exact", "fits_file", "pick", "read_clip", "write_clip"),
    "cues": ("Cue", "Line", "within"),
    "model": ("AudioTrack", "Film", "Scene", "SubtitleTrack", "VideoTrack"),
    "probing": ("fingerprint", "probe"),
    "scanning": ("Scan", "scan"),
    "spill": ("Candidates",),
    "readers": ("Dialogue",),
    "subtitles": ("beyond", "dialogue", "dialogue_beside", "dialogue_digest"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

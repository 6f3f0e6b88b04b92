"""What a film is: its file, its tracks and its scenes, as plain data. Knows no decoder."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """A video stream. Rotation, mirroring and `first_pts` are known for the chosen stream only, from its first frame.

    width, height   : coded size, px, before rotation
    rotation        : degrees clockwise by which a decoded frame must be turned to stand upright: 0, 90, 180, 270
    mirrored        : after that turn, left and right must be swapped
    pixel_aspect    : width of a coded pixel / its height, in 0.1..10; 1.0 where the file says nothing sensible
    aspect_by_frame : each frame tells its own pixel aspect; else the container's holds for all
    crop            : what a player shows of a decoded frame: from top to bottom and from left to right, each as a share
                      of its height or width
    colours         : primaries, transfer and matrix (ITU-T H.273; 2: not told) of frames that do not tell them
    average_rate    : frames/s over the whole stream, as the container tells it, or None
    base_rate       : the lowest frames/s at which all time stamps are exact, or None
    duration        : s from the stream's first frame to its end, as the container tells it of this stream, or None
    time_base       : s per tick of `first_pts`
    first_pts       : time stamp of the first frame shown: film time 0
    """

    index: int
    codec: str
    width: int
    height: int
    rotation: int
    mirrored: bool
    pixel_aspect: float
    aspect_by_frame: bool
    crop: tuple[float, float, float, float]
    colours: tuple[int, int, int]
    average_rate: float | None
    base_rate: float | None
    duration: float | None
    time_base: Fraction
    first_pts: int


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """`default` : marked as the one to play.

    aside : marked as a commentary, or as made for the blind or the deaf: not what the film itself sounds like
    """

    index: int
    codec: str
    language: str | None
    title: str | None
    default: bool = False
    aside: bool = False


@dataclass(frozen=True, slots=True)
class SubtitleTrack:
    """`text` is False for bitmap subtitles (DVD, Blu-ray), which nobody here can read.

    forced            : marked as holding only what is said in other languages than the film's
    hearing_impaired  : marked as made for the deaf: sounds stand among the words
    """

    index: int
    codec: str
    language: str | None
    title: str | None
    text: bool
    forced: bool = False
    hearing_impaired: bool = False


@dataclass(frozen=True, slots=True)
class Film:
    """What a file holds. All strings are cleaned of control characters.

    size      : bytes
    duration  : s, of the chosen video as the container tells it (0.0 where it tells nothing). A hint for progress: it
                may be far too short (a stale header, a recording whose clock restarts) or too long (audio that goes on,
                a file cut short), so nothing may be dropped for lying behind it. `scan` finds the truth
    start     : s, time of the first frame shown on the container's clock
    origin    : s, where the container's clock starts; a player's 0:00, to which subtitle files refer
    video     : the chosen one of `videos`
    comment   : what the container says of itself in a tag of that name, at most 200 characters, or None
    notes     : what is done to its pictures that another film's do not need, a line each
    strange   : its colours are such that all pictures come out wrong
    """

    path: Path
    size: int
    container: str
    duration: float
    start: float
    origin: float
    video: VideoTrack
    videos: tuple[VideoTrack, ...]
    audio: tuple[AudioTrack, ...]
    subtitles: tuple[SubtitleTrack, ...]
    comment: str | None = None
    notes: tuple[str, ...] = ()
    strange: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """Frames between two cuts: film time [start, end), s."""

    index: int
    start: float
    end: float

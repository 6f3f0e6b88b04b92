"""Pictures of decoded frames: a small one for the scene detector, an upright one for a clip.

Knows colour, size, fields and orientation. Does not know which frames are wanted, nor what becomes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from longvid.film import colour

if TYPE_CHECKING:
    from av.filter import Graph
    from av.video.frame import VideoFrame
    from av.video.reformatter import Interpolation, VideoReformatter

    from longvid.film.model import VideoTrack

Transform: TypeAlias = Callable[[NDArray[np.uint8], float], NDArray[np.uint8]]
"""uint8 RGB (H, W, 3), upright, and the width of its pixels over their height -> uint8 (h, w, 3), the same h and w for
every frame of a film."""

SMALL = 256  # px, the longer side of the detector's picture: what PySceneDetect's own downscaling comes to
ALIASING = 3.0  # times smaller; from here on two taps a pixel would miss most of the picture
LARGEST_MAPPED = 1280  # px, the longer side of an HDR picture; mapping 4K would take longer than decoding it
BT709, BT2020 = 1, 9  # AVColorSpace
WIDEST, NARROWEST = 10.0, 0.1  # pixel aspects that are believed
RULER = 1 << 14  # px
WHOLE = (0.0, 1.0, 0.0, 1.0)
"""A crop that leaves all: top, bottom, left and right edge, as shares of height and width."""


class Small:
    """BGR pictures for the scene detector, by one reused reformatter. Not for several threads at once.

    Up to three times smaller, two taps a pixel are taken, as PySceneDetect's command line does: the same pictures,
    the same cuts, at the least cost. Further down aliasing flickers and hides cuts, so the filter widens with the
    factor.
    """

    def __init__(self, track: VideoTrack) -> None:
        from av.video.reformatter import Interpolation, VideoReformatter

        factor = max(1.0, max(track.width, track.height) / SMALL)
        self.width = max(1, round(track.width / factor))
        self.height = max(1, round(track.height / factor))
        self._colours = track.colours
        self._how = Interpolation.FAST_BILINEAR if factor <= ALIASING else Interpolation.BILINEAR
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """uint8 BGR (height, width, 3), of the same shape for every frame of the film. Not turned upright."""
        tag(frame, self._colours)
        size = {"width": self.width, "height": self.height}
        if needs_mapping(frame):
            return np.ascontiguousarray(_mapped(self._reformatter, frame, size, self._how)[..., ::-1])
        small = self._reformatter.reformat(frame, **size, format="bgr24", interpolation=self._how, threads=1)
        # Fewer bytes than a row asks for would mean a plane of another shape; to_ndarray drops libav's padding.
        return np.asarray(small.to_ndarray(), dtype=np.uint8)


class Upright:
    """RGB pictures as a player shows them, but for the shape of their pixels: cropped and turned as the film's metadata
    says, of interlaced frames one field, of HDR and wide gamut sRGB. Full size, but for HDR. Not for several threads at
    once.
    """

    def __init__(self, track: VideoTrack) -> None:
        from av.video.reformatter import Interpolation, VideoReformatter

        self._turns = -track.rotation // 90 % 4  # numpy turns counter-clockwise
        self._mirrored = track.mirrored
        self._crop = track.crop
        self._colours = track.colours
        self._aspect = Aspect(track.pixel_aspect) if track.aspect_by_frame else lambda frame: track.pixel_aspect
        self._field = Filtered("field", "type=top")
        self._reformatter = VideoReformatter()
        self._how = Interpolation.AREA

    def __call__(self, frame: VideoFrame) -> tuple[NDArray[np.uint8], float]:
        """uint8 RGB (H, W, 3), C-contiguous, and the width of its pixels over their height."""
        aspect = self._aspect(frame)
        tag(frame, self._colours)
        hd = frame.width >= 1280 or frame.height > 576
        untagged = frame.colorspace == colour.UNSPECIFIED and hd and not needs_mapping(frame)
        if untagged:
            frame.colorspace = BT709  # every player takes HD for BT.709 and what is smaller for BT.601
        wanted = frame
        if frame.interlaced_frame:
            wanted = self._field(frame) or frame
            aspect *= wanted.height / frame.height
        picture = self._cropped(self._rgb(wanted))
        if untagged:
            frame.colorspace = colour.UNSPECIFIED  # for others the frame is as it was
        if self._turns:
            picture = np.rot90(picture, self._turns)
        if self._mirrored:
            picture = picture[:, ::-1]
        return np.ascontiguousarray(picture), 1 / aspect if self._turns % 2 else aspect

    def _rgb(self, frame: VideoFrame) -> NDArray[np.uint8]:
        if needs_mapping(frame):
            factor = max(1.0, max(frame.width, frame.height) / LARGEST_MAPPED)
            size = {"width": round(frame.width / factor), "height": round(frame.height / factor)}
            return _mapped(self._reformatter, frame, size, self._how)
        return np.asarray(self._reformatter.reformat(frame, format="rgb24", threads=1).to_ndarray(), dtype=np.uint8)

    def _cropped(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        top, bottom, left, right = self._crop
        height, width = picture.shape[:2]
        return picture[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]


class Filtered:
    """Sends frames through one of libav's filters that gives a frame for each, whatever their size and format."""

    def __init__(self, name: str, arguments: str) -> None:
        self._filter = (name, arguments)
        self._made_for: tuple[int, int, str] | None = None
        self._graph: Graph | None = None

    def __call__(self, frame: VideoFrame) -> VideoFrame | None:
        """None where the filter cannot take the frame."""
        from av.error import FFmpegError

        shape = (frame.width, frame.height, frame.format.name)
        try:
            if self._graph is None or self._made_for != shape:
                self._graph, self._made_for = self._made(frame), shape
            self._graph.push(frame)
            return self._graph.pull()  # type: ignore[return-value]  # video in, video out
        except FFmpegError:
            self._graph = None
            return None

    def _made(self, frame: VideoFrame) -> Graph:
        from av.filter import Graph

        graph = Graph()
        graph.threads = 1
        base = frame.time_base or Fraction(1, 1000)
        graph.link_nodes(
            graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=base),
            graph.add(*self._filter),
            graph.add("buffersink"),
        ).configure()
        return graph


class Aspect:
    """The pixel aspect of each frame, which PyAV does not tell but libav's scaler reads. `usual` where it cannot be."""

    def __init__(self, usual: float) -> None:
        self._usual = usual
        # Two rows of the frame, as wide as its pixels are.
        width = f"clip({RULER}*sar,1,{RULER * (WIDEST + 1):.0f})"
        self._measured = Filtered("scale", f"w='{width}':h=2:flags=neighbor:eval=frame")

    def __call__(self, frame: VideoFrame) -> float:
        strip = self._measured(frame)
        if strip is None:
            return self._usual
        if abs(strip.width - self._usual * RULER) <= 1:
            return self._usual
        return sensible(Fraction(strip.width, RULER).limit_denominator(255))


def sensible(ratio: Fraction | None) -> float:
    """A pixel aspect; 1.0 where the film says nothing or nonsense."""
    if ratio is None or ratio.denominator == 0:
        return 1.0
    value = ratio.numerator / ratio.denominator
    return value if NARROWEST <= value <= WIDEST else 1.0


def notes(frame: VideoFrame, track: VideoTrack) -> tuple[str, ...]:
    """What is done to the pictures of a film that has frames like this one, a line each."""
    tag(frame, track.colours)
    found = [colour.told(int(frame.color_trc), int(frame.color_primaries))]
    if frame.interlaced_frame:
        found.append("interlaced: one field of each frame is taken, at half its height")
    if track.crop != WHOLE:
        found.append("pictures are cropped as the file says")
    return tuple(line for line in found if line)


def tag(frame: VideoFrame, colours: tuple[int, int, int]) -> None:
    """Gives a frame the primaries, the transfer and the matrix that it does not tell."""
    primaries, transfer, matrix = colours
    if transfer != frame.color_trc == colour.UNSPECIFIED:
        frame.color_trc = transfer
    if primaries != frame.color_primaries == colour.UNSPECIFIED:
        frame.color_primaries = primaries
    if matrix != frame.colorspace == colour.UNSPECIFIED:
        frame.colorspace = matrix


def needs_mapping(frame: VideoFrame) -> bool:
    """Whether its colours are not an ordinary film's, as far as it is tagged."""
    return colour.needs_mapping(int(frame.color_trc), int(frame.color_primaries))


def _mapped(
    reformatter: VideoReformatter, frame: VideoFrame, size: dict[str, int], how: Interpolation
) -> NDArray[np.uint8]:
    if frame.colorspace == colour.UNSPECIFIED:
        frame.colorspace = BT2020
    deep = reformatter.reformat(frame, **size, format="rgb48le", interpolation=how, threads=1)
    return colour.mapped(
        np.asarray(deep.to_ndarray(), dtype=np.uint16), int(frame.color_trc), int(frame.color_primaries)
    )

"""Pictures of decoded frames: a small one for the scene detector, an upright one in full size for a clip.

Knows colour, size and orientation. Does not know which frames are wanted, nor what becomes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from longvid.film.probing import VideoTrack

Transform: TypeAlias = Callable[[NDArray[np.uint8], float], NDArray[np.uint8]]
"""uint8 RGB (H, W, 3), upright, and the width of its pixels over their height -> uint8 (S, S, 3), S always the same."""

SMALL = 256  # px, the longer side of the detector's picture: what PySceneDetect's own downscaling comes to
ALIASING = 3.0  # times smaller; from here on two taps a pixel would miss most of the picture
BT709 = 1  # AVColorSpace
UNSPECIFIED = 2


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
        self._how = Interpolation.FAST_BILINEAR if factor <= ALIASING else Interpolation.BILINEAR
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """uint8 BGR (height, width, 3), of the same shape for every frame of the film. Not turned upright."""
        small = self._reformatter.reformat(
            frame, width=self.width, height=self.height, format="bgr24", interpolation=self._how, threads=1
        )
        # Fewer bytes than a row asks for would mean a plane of another shape; to_ndarray drops libav's padding.
        return np.asarray(small.to_ndarray(), dtype=np.uint8)


class Upright:
    """Full-size RGB pictures, turned as the film's metadata says. Not for several threads at once."""

    def __init__(self, track: VideoTrack) -> None:
        from av.video.reformatter import VideoReformatter

        self._turns = -track.rotation // 90 % 4  # numpy turns counter-clockwise
        self._mirrored = track.mirrored
        sideways = track.rotation in (90, 270)
        self.pixel_aspect = 1 / track.pixel_aspect if sideways else track.pixel_aspect
        """Width over height of a pixel of the upright picture."""
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """uint8 RGB (H, W, 3), C-contiguous."""
        if frame.colorspace == UNSPECIFIED and (frame.width >= 1280 or frame.height > 576):
            frame.colorspace = BT709  # untagged: every player takes HD for BT.709 and what is smaller for BT.601
        picture: NDArray[np.uint8] = np.asarray(
            self._reformatter.reformat(frame, format="rgb24", threads=1).to_ndarray(), dtype=np.uint8
        )
        if self._turns:
            picture = np.rot90(picture, self._turns)
        if self._mirrored:
            picture = picture[:, ::-1]
        return np.ascontiguousarray(picture)

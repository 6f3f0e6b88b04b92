"""Clips of the chunks that are certain while their film is still being read, for whoever would watch them at once.

The plan in the end is made from all scenes; a clip that was written early is part of it where it is the same clip.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from longvid.engine.request import ClipRef
from longvid.film import Chunk

if TYPE_CHECKING:
    from longvid.film import Candidates, Scene
    from longvid.film.chunks import Packer
    from longvid.film.foresight import Shown


class EarlyClips:
    """Takes the scenes of a film as they are settled (`longvid.film.foresight.Settled`), has the clip of each chunk
    written by `write`, and hands it to `tell`."""

    def __init__(
        self, packer: Packer, write: Callable[[Chunk, Candidates, Shown], ClipRef], tell: Callable[[ClipRef], None]
    ) -> None:
        self._packer, self._write, self._tell = packer, write, tell
        self._written: list[ClipRef] = []

    def __call__(self, scene: Scene, kept: Candidates, shown: Shown) -> None:
        for pieces in self._packer.add(scene):
            clip = self._write(Chunk(len(self._written), pieces[0][0], pieces[-1][1], pieces, ()), kept, shown)
            self._written.append(clip)
            self._tell(clip)

    def path(self, index: int, digest: str) -> Path | None:
        """Where the clip of chunk `index` was written, if it was, and is that of this digest."""
        known = self._written[index] if index < len(self._written) else None
        return known.path if known is not None and known.digest == digest else None

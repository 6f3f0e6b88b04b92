"""The frames that clips may need, kept on disk while the film is open.

Raw uint8 pictures one after another in a file without a name: the system removes it when it is closed, however the
process ends. Memory holds one picture and 8 bytes a frame. Knows nothing of films or of choosing frames.
"""

from __future__ import annotations

import bisect
import contextlib
import os
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from longvid.errors import FilmError
from longvid.text.shown import shown


class Candidates:
    """Kept frames of one film, read from disk on demand. Close it, or use it as a context manager.

    Made and filled by `scan`; afterwards `times` holds the film time of each, s, strictly increasing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._where = shown(folder) if folder is not None else tempfile.gettempdir()
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(prefix="longvid-frames-", dir=folder)  # noqa: SIM115  # closed below
        except OSError as error:
            raise FilmError(
                f"{self._where}: no scratch file can be made there ({error.strerror}); name another folder"
            ) from error
        self._closed = weakref.finalize(self, self._file.close)
        self._times: list[float] = []
        self._shape: tuple[int, ...] | None = None

    @property
    def times(self) -> NDArray[np.float64]:
        """float64 [N], film time of each kept frame, s, strictly increasing."""
        return np.array(self._times, dtype=np.float64)

    @property
    def shape(self) -> tuple[int, ...]:
        """(h, w, 3) of every picture; (0, 0, 3) before the first."""
        return self._shape or (0, 0, 3)

    def __len__(self) -> int:
        return len(self._times)

    def append(self, time: float, picture: NDArray[np.uint8]) -> None:
        """Adds the uint8 (h, w, 3) picture of a frame shown at `time`. FilmError where the disk is full."""
        if self._shape is None:
            self._shape = picture.shape
        if picture.shape != self._shape or picture.dtype != np.uint8:
            raise ValueError(f"transform gave {picture.dtype} {picture.shape} after uint8 {self._shape}")
        try:
            self._file.write(np.ascontiguousarray(picture).data)
        except OSError as error:
            raise FilmError(
                f"{self._where}: frames cannot be kept there ({error.strerror}); free some space or name another folder"
            ) from error
        self._times.append(time)

    def seal(self) -> None:
        """Makes what has been appended readable. FilmError where the disk is full."""
        try:
            self._file.flush()
        except OSError as error:
            raise FilmError(
                f"{self._where}: frames cannot be kept there ({error.strerror}); free some space or name another folder"
            ) from error

    def read(self, indices: Iterable[int]) -> NDArray[np.uint8]:
        """uint8 [T, h, w, 3]: the pictures of these indices, in the order asked for."""
        indices = list(indices)
        out = np.empty((len(indices), *self.shape), np.uint8)
        each = int(np.prod(self.shape))
        for row, index in zip(out, indices, strict=True):
            if not 0 <= index < len(self):
                raise IndexError(f"kept frame {index} of {len(self)}")
            self._file.seek(index * each)
            if self._file.readinto(row.reshape(-1).data) != each:
                raise FilmError(f"{self._where}: the kept frames have been cut short; free some space and scan again")
        self._file.seek(0, os.SEEK_END)  # where the next one goes
        return out

    def between(self, start: float, end: float) -> range:
        """Indices of the frames shown first in [start, end)."""
        return range(bisect.bisect_left(self._times, start), bisect.bisect_left(self._times, end))

    def close(self) -> None:
        """Removes the frames. May be called again."""
        self._closed()

    def __enter__(self) -> Candidates:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # what could not be flushed is about to be removed
            self.close()

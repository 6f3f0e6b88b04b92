"""Whether a model.bin is a whole CTranslate2 file, judged by its headers: the library itself trusts what it reads.

The layout (little-endian): version of the layout; name and revision of the kind of model; then a count and each
variable as name, number of dimensions and dimensions, type, bytes, data; then a count and pairs of names, aliases. A
name is its length with the closing zero, the letters, the zero. Knows no model.
"""

from __future__ import annotations

import math
import os
import stat
import struct
from pathlib import Path
from typing import BinaryIO

from longvid.errors import SpeechError
from longvid.text.shown import clean, shown

VERSIONS = range(5, 7)
"""Layouts of this form."""
SIZES = {0: 4, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2}
"""Bytes of a number by its type: float32, int8, int16, int32, float16, bfloat16."""
MOST_VARIABLES = 100_000
MOST_DIMENSIONS = 8


def require_whole(path: Path, kind: str) -> None:
    """Raise SpeechError unless the file at `path` is a model of this kind and holds all that its headers tell of."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise ValueError("is no regular file")
            _walk(file, kind, about.st_size)
    except OSError as error:
        raise SpeechError(f"{shown(path)}: cannot be read ({error.strerror}); name another checkpoint") from error
    except (ValueError, struct.error) as error:
        why = "breaks off" if isinstance(error, struct.error) else str(error)
        raise SpeechError(f"{shown(path)}: {why}; copy it again, or name another checkpoint") from error


def _walk(file: BinaryIO, kind: str, size: int) -> None:
    version = _number(file, "<I")
    if version not in VERSIONS:
        raise ValueError("is no CTranslate2 model of a version that is known here")
    named = _name(file)
    if named != kind:
        raise ValueError(f"is a {clean(named, 40) or 'model'}, not a {kind}")
    _number(file, "<I")  # the revision, which the library judges
    for _ in range(_count(file)):
        name = _name(file)
        dimensions = _number(file, "<B")
        if dimensions > MOST_DIMENSIONS:
            raise ValueError("holds a tensor of too many dimensions")
        shape = [_number(file, "<I") for _ in range(dimensions)]
        width = SIZES.get(_number(file, "<B"))
        length = _number(file, "<I")
        if width is None or math.prod(shape) * width != length:
            raise ValueError(f"holds a tensor whose size is not that of its shape ({clean(name, 60)})")
        if file.seek(length, os.SEEK_CUR) > size:
            raise ValueError("breaks off")
    for _ in range(_count(file)):
        _name(file)
        _name(file)


def _count(file: BinaryIO) -> int:
    count = _number(file, "<I")
    if count > MOST_VARIABLES:
        raise ValueError("tells of more tensors than a model has")
    return count


def _name(file: BinaryIO) -> str:
    length = _number(file, "<H")
    data = file.read(length)
    if len(data) != length:
        raise ValueError("breaks off")
    return data.rstrip(b"\0").decode("utf-8", "replace")


def _number(file: BinaryIO, form: str) -> int:
    value: int = struct.unpack(form, file.read(struct.calcsize(form)))[0]
    return value

"""Whether a track is encrypted (DRM, scrambled broadcasts), by what its container says: nobody here has a key.

Knows containers, streams and packets; decodes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from longvid.film.transport import scrambled

TAGS = frozenset({"encv", "drmi"})  # sample entries of MP4: common encryption, and that of one shop
WMDRM = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"), bytes.fromhex("14e68a292226174cb935dae07ee9289c")
HEADER = 1 << 16  # bytes of a file in which ASF tells its protection


def locked(packet: Any) -> bool:
    """Whether this packet's data, or a part of it, is encrypted (MP4)."""
    return bool(packet.has_sidedata("encryption_info"))


def encrypted(path: Path, format_name: str, stream: Any) -> bool:
    """Whether the file says that this stream is encrypted as a whole; asked where nothing of it can be decoded."""
    if stream.codec_context.codec_tag in TAGS or "enc_key_id" in stream.metadata:  # the latter is Matroska's
        return True
    if format_name == "mpegts":
        return scrambled(path, stream.id)
    return format_name == "asf" and any(mark in _header(path) for mark in WMDRM)


def _header(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEADER)
    except OSError:
        return b""

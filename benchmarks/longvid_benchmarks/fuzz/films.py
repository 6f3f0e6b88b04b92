"""The whole films that are damaged: three seconds, two scenes, sound, in five containers, two of them in two manners.

Small, so that a damaged byte often hits something that matters. Made with PyAV, from the same pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from av.container import OutputContainer
    from av.packet import Packet
    from numpy.typing import NDArray

WIDTH, HEIGHT, RATE, FRAMES = 96, 64, 25, 75
SOUND_RATE, SOUND_FRAME = 16000, 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """How a film is made. `sound` and `text` are codecs, None for none; `muxer` are libav's options."""

    suffix: str
    video: str
    sound: str | None
    text: str | None = None
    muxer: tuple[tuple[str, str], ...] = ()


KINDS = {
    "mp4": Kind(".mp4", "libx264", "aac", "mov_text"),
    "mp4-fragments": Kind(".mp4", "libx264", "aac", None, (("movflags", "frag_keyframe+empty_moov"),)),
    "mkv": Kind(".mkv", "libx264", "aac", "subrip"),
    "webm": Kind(".webm", "libvpx", None),
    "ts": Kind(".ts", "libx264", "aac"),
    "avi": Kind(".avi", "mpeg4", "pcm_s16le"),
    "flv": Kind(".flv", "libx264", "aac"),
}
STYLES = (
    b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Arial,20\n\n"
    b"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)


def made(kind: str, folder: Path) -> bytes:
    """The bytes of a whole film of this kind, which is written into `folder` and removed."""
    import av

    how = KINDS[kind]
    path = folder / f"whole{how.suffix}"
    fast = {"libx264": {"preset": "ultrafast", "bf": "2"}, "libvpx": {"deadline": "realtime", "cpu-used": "8"}}
    with av.open(str(path), "w", container_options=dict(how.muxer)) as container:
        video: Any = container.add_stream(how.video, rate=RATE, options=fast.get(how.video, {}))
        video.width, video.height, video.pix_fmt, video.gop_size = WIDTH, HEIGHT, "yuv420p", RATE
        sound: Any = container.add_stream(how.sound, rate=SOUND_RATE) if how.sound else None
        if sound is not None:
            sound.codec_context.layout = "mono"
        text: Any = container.add_stream(how.text) if how.text else None
        if text is not None:
            text.codec_context.subtitle_header = STYLES
            text.codec_context.time_base = text.time_base = Fraction(1, 1000)
        for i in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(_picture(i), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if sound is not None:
            _silence(container, sound)
        if text is not None:
            container.mux(_line(text))
    data = path.read_bytes()
    path.unlink()
    return data


def _picture(number: int) -> NDArray[np.uint8]:
    """uint8 RGB (HEIGHT, WIDTH, 3): one of two colours, with a bright square that moves."""
    import numpy as np

    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:] = (200, 40, 40) if number < FRAMES // 2 else (40, 60, 210)
    picture[24:40, number : number + 16] = 230
    return picture


def _silence(container: OutputContainer, sound: Any) -> None:
    import av
    import numpy as np

    floats = sound.codec_context.name == "aac"
    nothing = np.zeros((1, SOUND_FRAME), np.float32 if floats else np.int16)
    for i in range(FRAMES * SOUND_RATE // RATE // SOUND_FRAME):
        frame = av.AudioFrame.from_ndarray(nothing, format="fltp" if floats else "s16", layout="mono")
        frame.sample_rate, frame.pts = SOUND_RATE, i * SOUND_FRAME
        container.mux(sound.encode(frame))
    container.mux(sound.encode())


def _line(text: Any) -> Packet[Any]:
    import av

    said = b"Hello there"
    if text.codec_context.name == "mov_text":
        said = len(said).to_bytes(2, "big") + said
    packet: Packet[Any] = av.Packet(said)
    packet.stream = text
    packet.time_base, packet.pts, packet.dts, packet.duration = Fraction(1, 1000), 500, 500, 1500
    return packet

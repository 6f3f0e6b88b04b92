"""The ways of reading a film that run in Python, each in a process of its own that prints JSON.

    python -m longvid_benchmarks.ingest.inside WAY FILM TRACK SECONDS SCRATCH
    {"wall": s, "cpu": s of all threads and processes, "frames": n, "cuts": [film time, s, ...]}

Loading of libraries is left out of both times. SECONDS is how much of the film is read, from its beginning.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

SIZE = 224  # px, the picture of CogVLM2-Video


def main() -> None:
    way, path, track, seconds, scratch = sys.argv[1:]
    work = WAYS[way](Path(path), int(track), float(seconds), Path(scratch))
    before, cpu = time.perf_counter(), _cpu()
    frames, cuts = work()
    print(json.dumps({"wall": time.perf_counter() - before, "cpu": _cpu() - cpu, "frames": frames, "cuts": cuts}))


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


Work = Callable[[], tuple[int, list[float]]]


def raw(path: Path, track: int, seconds: float, scratch: Path) -> Work:
    """PyAV's decoding by all cores; nothing is done with a frame but to look at its time."""
    import av

    del scratch

    def work() -> tuple[int, list[float]]:
        frames = 0
        with av.open(str(path)) as container:
            stream = next(one for one in container.streams.video if one.index == track)
            stream.thread_type = "AUTO"
            first: float | None = None
            for frame in container.decode(stream):
                if frame.time is not None:
                    first = frame.time if first is None else first
                    if frame.time - first >= seconds:
                        break
                frames += 1
        return frames, []

    return work


def scenes(path: Path, track: int, seconds: float, scratch: Path) -> Work:
    """longvid's scan: scenes alone, as `longvid plan`."""
    from longvid.film import probe, scan

    film = probe(path, video=track)
    _load()
    del scratch

    def work() -> tuple[int, list[float]]:
        found = scan(film, end=seconds)
        return found.frames, [scene.start for scene in found.scenes[1:]]

    return work


def clips(path: Path, track: int, seconds: float, scratch: Path) -> Work:
    """longvid's reading, as `longvid summarize`: scenes, chunks, their clips and the pictures of the page, on disk."""
    from longvid.engine.pictures import transform_to
    from longvid.film import Dialogue, fingerprint, probe
    from longvid.pipeline import ingest
    from longvid.run import FilmIdentity, open_for

    film = probe(path, video=track)
    settings = ingest.IngestSettings(video_track=track, end=seconds)
    _load()

    def work() -> tuple[int, list[float]]:
        identity = FilmIdentity(path, fingerprint(path), path.stat().st_size)
        with open_for(identity, scratch, fresh=True) as folder:
            made = transform_to(SIZE, settings.fit)
            ingest.read(film, folder, KEY, settings, made, lambda stage, done, total: None, lambda: Dialogue((), ""))
            plan = json.loads((folder.clips_path / KEY / "plan.json").read_text(encoding="utf-8"))
        return 0, [start for start, _ in plan["scenes"][1:]]

    return work


def _load() -> None:
    """What reading imports on its way."""
    import av.filter
    import av.video.reformatter
    import cv2
    import scenedetect.detectors

    del av, cv2, scenedetect


KEY = "0123456789abcdef"
"""Of a plan, which nobody else asks for."""
WAYS: dict[str, Callable[[Path, int, float, Path], Work]] = {"raw": raw, "scenes": scenes, "clips": clips}

if __name__ == "__main__":
    main()

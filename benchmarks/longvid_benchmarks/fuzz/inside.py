"""The child that reads damaged films, one after another, and says of each how it ended.

    python -m longvid_benchmarks.fuzz.inside SCRATCH
    stdin, a line a film:  the file's name
    stdout, a line a film: {"ended": ..., "told": ..., "peak": bytes or null, "seconds": s, "left": [...]}

ended : whole, loss (read, and what is lost is told), refused (one clear line), fault (anything else)
peak  : the most memory that was held while the film was read, where the system tells it
left  : what is still there afterwards that was not before: files in SCRATCH, open files, threads

A process of its own, since what is looked for may end it.
"""

from __future__ import annotations

import gc
import itertools
import json
import math
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from longvid.film import Film, Scan

LONGEST = 2 * 86400.0  # s; no film of three seconds becomes longer, whatever its bytes say
PROC = Path("/proc/self")


def main() -> None:
    # Nothing that libav or a library prints may come between the lines.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    scratch = Path(sys.argv[1])
    _load()
    gc.freeze()  # so that looking for what is left behind looks at little
    for name in sys.stdin:
        print(json.dumps(read(Path(name.rstrip("\n")), scratch)), file=out, flush=True)


def _load() -> None:
    """What reading imports on its way."""
    import av.filter
    import av.video.reformatter
    import cv2
    import scenedetect.detectors

    del av, cv2, scenedetect


def read(path: Path, scratch: Path) -> dict[str, Any]:
    """How reading the film at `path` ends."""
    from longvid.errors import FilmError

    before = _held(scratch)
    _reset_peak()
    started = time.perf_counter()
    try:
        ended, told = _read(path, scratch)
    except FilmError as error:
        ended, told = "refused", str(error)
        if len(told.splitlines()) != 1 or not told.isprintable() or path.name not in told:
            ended = "fault"
    except Exception:
        ended, told = "fault", traceback.format_exc()
    seconds, peak = time.perf_counter() - started, _peak()
    gc.collect()
    after = _held(scratch)
    left = [name for name in after if after[name] > before.get(name, 0)]
    return {"ended": ended, "told": told, "peak": peak, "seconds": round(seconds, 3), "left": left}


def _read(path: Path, scratch: Path) -> tuple[str, str]:
    from longvid.film import dialogue, probe, scan

    film = probe(path)
    dialogue(film)
    with scan(film, transform=_corner, scratch=scratch) as found:
        wrong = _wrong(film, found)
        if wrong:
            return "fault", wrong
        return ("loss", found.warning) if found.warning else ("whole", "")


def _corner(picture: NDArray[np.uint8], pixel_aspect: float) -> NDArray[np.uint8]:
    import numpy as np

    if not 0.1 <= pixel_aspect <= 10:
        raise ValueError(f"pixel aspect {pixel_aspect}")
    return np.resize(picture, (8, 8, 3))


def _wrong(film: Film, found: Scan) -> str:
    """What of a scan cannot be, however damaged the film."""
    times = found.shown
    kept = found.candidates.times if found.candidates is not None else times
    checks = {
        "its scenes tile its range": found.scenes[0].start == found.start
        and found.scenes[-1].end == found.end
        and all(a.end == b.start for a, b in itertools.pairwise(found.scenes))
        and all(scene.start < scene.end for scene in found.scenes),
        "it is of some length": 1.0 - 1e-3 <= found.seconds < LONGEST,
        "its container's length is a number": math.isfinite(film.duration) and film.duration >= 0,
        "times ascend": bool((times[1:] > times[:-1]).all()) and len(times) == found.frames,
        "frames are kept": len(kept) > 0 and set(kept) <= set(times),
        "its warning is one line": found.warning is None or found.warning.isprintable(),
    }
    return "; ".join(f"it does not hold that {what}" for what, holds in checks.items() if not holds)


def _held(scratch: Path) -> dict[str, int]:
    """What is held just now: files in `scratch` by name, open files and threads by their number."""
    held = {path.name: 1 for path in scratch.iterdir()} | {"threads": threading.active_count()}
    if (PROC / "fd").is_dir():
        held["open files"] = len(list((PROC / "fd").iterdir()))
    return held


def _reset_peak() -> None:
    try:
        (PROC / "clear_refs").write_text("5")
    except OSError:
        return


def _peak() -> int | None:
    """Bytes, since the last reset."""
    try:
        status = (PROC / "status").read_text()
    except OSError:
        return None
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), None)
    return int(line.split()[1]) << 10 if line else None


if __name__ == "__main__":
    main()

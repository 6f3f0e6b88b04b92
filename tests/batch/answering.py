"""Runs longvid with a scripted model: one that answers at once, or dies over a film, or is slow.

    python -m tests.batch.answering ARGUMENTS...

The environment says how: LONGVID_TEST_DIES_AT=NAME kills the process that is first asked about that film (once, as the
file `died` in the folder LONGVID_TEST_NOTES remembers); LONGVID_TEST_SECONDS is what each call takes.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from longvid.engine.request import Raw, Request
from tests.cli.scripted import answer_at_once


def arm() -> None:
    """Make the model as the environment says."""
    eye = answer_at_once(pytest.MonkeyPatch())
    at_once = eye.answer
    dies, seconds = os.environ.get("LONGVID_TEST_DIES_AT"), float(os.environ.get("LONGVID_TEST_SECONDS", "0"))

    def answer(requests: Sequence[Request], **rest: Any) -> list[Raw]:
        time.sleep(seconds)
        if dies is not None and any(one.clip is not None and dies in str(one.clip.path) for one in requests):
            note = Path(os.environ["LONGVID_TEST_NOTES"]) / "died"
            if not note.exists():
                note.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return at_once(requests, **rest)

    eye.answer = answer  # type: ignore[method-assign]


if __name__ == "__main__":
    arm()
    sys.argv = ["longvid", *sys.argv[1:]]
    from longvid.cli import main

    main()

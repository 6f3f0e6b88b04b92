"""What one example is: a prompt as the tool asks it, the frames it is about if any, and the right answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from longvid.cogvlm2.estimates import Label

Role = Literal["captioner", "llm"]
"""Two checkpoints share the bundle: one sees, one writes. Neither has to unlearn anything when the other goes on."""
ROLES: tuple[Role, ...] = ("captioner", "llm")
CALLED: dict[Role, str] = {"captioner": "captioner", "llm": "LLM"}
"""What people read in place of a role."""

TRAIN, VALIDATE = range(0, 500_000), range(500_000, 600_000)
"""Seeds of the films to learn from and to tune on. Those above are for testing: nothing here may touch them."""


@dataclass(frozen=True, slots=True)
class Example:
    """One thing to learn.

    Attributes:
        task: what it teaches, for the log: a name of `prompts`, "when" or "who".
        answer: without the blank in front that answers begin with.
        frames: uint8 RGB [T, S, S, 3]; none where nothing is watched.
        times: seconds of the frames from the start of the clip.
    """

    task: str
    prompt: str
    answer: str
    frames: npt.NDArray[np.uint8] | None = None
    times: tuple[float, ...] = ()
    label: Label = "index"

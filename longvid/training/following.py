"""What happens beside the steps of a training: figures into a file, progress, an end by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from longvid.training import record


class Follower(TrainerCallback):
    """Writes every row of figures into `metrics`; after `minutes` ends with a checkpoint."""

    def __init__(self, metrics: Path, minutes: float | None, tell: Callable[[str, float, float], None]) -> None:
        self._metrics, self._tell = metrics, tell
        self._end = None if minutes is None else time.monotonic() + 60 * minutes

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
        self._tell("steps", state.global_step, state.max_steps)
        if self._end is not None and time.monotonic() >= self._end and state.global_step < state.max_steps:
            control.should_save = control.should_training_stop = True
        return control

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        if state.is_world_process_zero and logs:
            record.append(self._metrics, {"step": state.global_step, **logs})

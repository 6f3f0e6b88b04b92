"""What the pipeline tells whoever watches it: notes, and how far the work is. The command line shows it; nothing here
prints."""

from __future__ import annotations

from typing import Protocol


class Monitor(Protocol):
    """Told of everything a person may want to see while films are worked on. Called from any thread."""

    def note(self, message: str) -> None:
        """One line that matters even when nobody watches: a warning, where the run is kept."""

    def warn(self, message: str) -> None:
        """One line, before work begins, for what will not be as it should be; the report has it too."""

    def advance(self, stage: str, done: float, total: float) -> None:
        """`done` of `total` units of `stage` are finished: seconds of film for `scan` and `frames`, else answers.

        `awaited` are those that somebody gives through files; it begins anew with every batch.
        """


class Silent:
    """A monitor that shows nothing."""

    def note(self, message: str) -> None:
        del message

    def warn(self, message: str) -> None:
        del message

    def advance(self, stage: str, done: float, total: float) -> None:
        del stage, done, total

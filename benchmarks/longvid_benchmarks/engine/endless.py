"""An answer that goes on to its limit, whatever the model says: all ways then do the same work. Imports torch."""

from __future__ import annotations

from collections.abc import Sequence

from longvid.engine.backends.rows import Row


class Endless(Row):
    """Ends at its limit alone."""

    def take(self, token: int, ends: Sequence[int]) -> None:
        if self.finish is None:
            self.ids.append(token)
            self.finish = "length" if len(self.ids) == self.limit else None

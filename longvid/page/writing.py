"""Pages of runs that are there already: one for each JSON output of a run folder, which it stands beside.

Knows the run folder and no command. The folder may come from anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from longvid.errors import RunError
from longvid.files import is_file, read_json
from longvid.output import PAGE
from longvid.page.rendering import render
from longvid.page.told import told_of
from longvid.run import open_existing
from longvid.run.files import write_text
from longvid.run.folder import SUFFIX


class Unmade(RunError):
    """Pages that could not be made; `written` are the others of the run."""

    def __init__(self, message: str, written: Sequence[Path]) -> None:
        super().__init__(message)
        self.written = tuple(written)


def runs_of(path: Path) -> list[Path]:
    """The run folders that `path` stands for: itself, or those right in it. Raises RunError where there are none."""
    if is_file(path / "film.json"):
        return [path]
    try:
        found = sorted(one for one in path.iterdir() if one.suffix == SUFFIX and is_file(one / "film.json"))
    except OSError as error:
        raise RunError(
            f"{path} is no run folder, and no folder with some: {error.strerror}; give what summarize made"
        ) from error
    if not found:
        raise RunError(f"{path} is no run folder, and there is none in it; give the folder that summarize made")
    return found


def write_pages(run: Path) -> list[Path]:
    """Write the page of each merge in the run folder `run` beside its JSON, and say where they are.

    Raises RunError where the folder is none or in use, has no JSON of a merge, or cannot be written; Unmade, after all
    pages that can be made, where a JSON is damaged.
    """
    written: list[Path] = []
    damaged: list[str] = []
    with open_existing(run) as folder:
        for source in sorted(run.glob(f"{_literal(folder.film().stem)}.*.json")):
            try:
                value = read_json(source)
                # What was heard of a film is told as JSON too.
                if isinstance(value, dict) and "chunks" not in value:
                    continue
                page = render(told_of(value), run)
            except (OSError, ValueError) as error:
                damaged.append(f"{source} is damaged ({error})")
                continue
            target = source.with_suffix(f".{PAGE}")
            write_text(target, page)
            written.append(target)
    if damaged:
        raise Unmade(f"{'; '.join(damaged)}; merge the run again", written)
    if not written:
        raise RunError(f"{run} has no summary as JSON, of which pages are made; longvid merge {run} writes one")
    return written


def _literal(name: str) -> str:
    """`name` as a pattern that no other name fits."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)

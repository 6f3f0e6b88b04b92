"""Where the film of a run folder may lie: beside the folder, or where it was. The folder may come from anybody."""

from __future__ import annotations

from pathlib import Path

from longvid.files import is_file


def films_of(run: Path, path: Path) -> list[Path]:
    """The files that may be the film of the run folder `run`, which lay at `path`, the likeliest first.

    Beside the folder comes first: both may have been moved together. What the system will not look at is not there.
    """
    if not path.name:
        return []
    places = dict.fromkeys([run.absolute().parent / path.name, path])
    return [place for place in places if is_file(place)]

"""What `longvid bench mvbench make --annotations` does: reads annotations, makes questions, writes them with their
videos, and says which types there are none for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from longvid.engine.request import Backend
    from longvid_benchmarks.published.annotated.drafts import Draft
    from longvid_benchmarks.published.annotated.making import Made
    from longvid_benchmarks.terminal import Advance


def make_annotated(
    out: Path,
    files: Sequence[Path],
    *,
    sources: Path | None,
    questions: int,
    seed: int,
    videos: bool,
    llm: tuple[Backend, str] | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make at most `questions` of each type of MVBench from the annotation `files`, whose videos are in the folder
    `sources`, or beside each file. Raises LongvidError, and typer.Exit where some videos are missing."""
    from longvid.cli.console import note
    from longvid.cli.running import INCOMPLETE, print_json
    from longvid.errors import LongvidError
    from longvid.text import counted
    from longvid.text.shown import shown
    from longvid_benchmarks.published.annotated.drafts import NEEDS
    from longvid_benchmarks.published.annotated.folder import write_questions, write_video
    from longvid_benchmarks.published.annotated.formats import read_annotations
    from longvid_benchmarks.published.annotated.making import make
    from longvid_benchmarks.published.making.folder import claim
    from longvid_benchmarks.terminal import interruptible, progress_bar

    annotated = read_annotations(files, sources)
    seconds, missing = _lengths([one.video for one in annotated])
    there = [one for one in annotated if one.video in seconds]
    for video, why in list(missing.items())[:3]:
        note(f"{shown(video)}: {why}; its annotations are left out")
    if len(missing) > 3:
        note(f"and {counted(len(missing) - 3, 'other video')}")
    told = {"annotations": _digest(files), "seed": seed, "questions": questions, "llm": None if llm is None else llm[1]}
    try:
        claim(out, told)
        with interruptible(), progress_bar("making", quiet=quiet) as advance:
            unread: list[int] = []
            written = None if llm is None else _writer(llm, out, unread, advance)
            made = make(there, seconds, questions, seed, written)
            if not made:
                raise LongvidError(f"{shown(files[0])}: nothing can be asked of it; see docs/benchmarks.md")
            every = [one for task in made.values() for one in task]
            for number, one in enumerate(every if videos else ()):
                write_video(out, one, seconds)
                advance(number + 1, len(every))
        for task in made.values():
            write_questions(out, task, seconds)
    except OSError as error:
        raise LongvidError(f"cannot write to {shown(out)}: {error.strerror}; choose another folder") from error
    lines = _table(made)
    left_out = {short: f"it takes {need}" for short, need in NEEDS.items() if short not in made}
    found = {
        **told,
        "types": [_row(short, mine) for short, mine in made.items()],
        "videos": len({one.video for one in there}),
        "missing": len(missing),
        "replies_unread": len(unread),
        "left_out": left_out,
    }
    if not as_json:
        typer.echo("\n".join([*lines, ""]))
        for short, why in left_out.items():
            typer.echo(f"- left out: {short}, since {why}")
        if unread:
            typer.echo(f"- {counted(len(unread), 'reply', 'replies')} of --llm hold no list: other videos gave options")
    print_json(found)
    if not quiet:
        note(f"{shown(out)}: {counted(len(every), 'question')} of {counted(len(made), 'type')}")
    if missing:
        raise typer.Exit(INCOMPLETE)


def _lengths(videos: Sequence[Path]) -> tuple[dict[Path, float], dict[Path, str]]:
    """How long each video is, s, and why the others cannot be used."""
    from longvid.errors import FilmError
    from longvid.film import probe

    seconds: dict[Path, float] = {}
    missing: dict[Path, str] = {}
    for video in dict.fromkeys(videos):
        try:
            if not video.is_file():
                missing[video] = "not there"
                continue
            length = probe(video).duration
        except (FilmError, OSError) as error:
            missing[video] = f"cannot be opened ({error})"
            continue
        if length > 0:
            seconds[video] = length
        else:
            missing[video] = "does not tell how long it is"
    return seconds, missing


def _digest(files: Sequence[Path]) -> str:
    """What the files say, as a hash: others in the same folder would make other questions."""
    from longvid_benchmarks.published.annotated.notes import lines_of

    told = hashlib.sha256()
    for path in files:
        told.update(hashlib.sha256(lines_of(path)).digest())
    return told.hexdigest()[:16]


def _writer(llm: tuple[Backend, str], out: Path, unread: list[int], advance: Advance) -> Any:
    """What asks `llm` for wrong answers; its replies are kept beside the questions."""
    import asyncio

    from longvid.run import Store
    from longvid_benchmarks.published.annotated.writing import wrong_answers

    def written(drafts: Sequence[Draft]) -> list[list[str]]:
        with Store(out / "options.sqlite") as store:
            found = asyncio.run(wrong_answers(*llm, store, drafts, advance))
        unread.extend(at for at, one in enumerate(found) if not one)
        return found

    return written


def _table(made: Mapping[str, Sequence[Made]]) -> list[str]:
    """How many questions there are of each type, of how many videos, and what guessing and always the same letter get
    right."""
    from longvid_benchmarks.markdown import aligned
    from longvid_benchmarks.published.annotated.notes import title

    rows = [("type", "questions", "videos", "options", "chance", "best letter")]
    for short, mine in made.items():
        row = _row(short, mine)
        rows.append(
            (
                f"{short} {title(short)}",
                str(row["questions"]),
                str(row["videos"]),
                "-".join(sorted({str(len(one.candidates)) for one in mine})),
                f"{100 * row['chance']:.1f}",
                f"{100 * row['best_letter']:.1f}",
            )
        )
    return aligned(rows)


def _row(short: str, made: Sequence[Made]) -> dict[str, Any]:
    places = [one.candidates.index(one.draft.right) for one in made]
    return {
        "type": short,
        "questions": len(made),
        "videos": len({one.draft.video for one in made}),
        "chance": sum(1 / len(one.candidates) for one in made) / len(made),
        "best_letter": max(places.count(place) for place in set(places)) / len(places),
    }

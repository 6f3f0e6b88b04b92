"""A person's own films: a folder a film, with whatever is known of it.

    <id>/video.*           the film, for captions of a model
    <id>/captions.jsonl    captions (.vtt and .srt too), or WebVTT descriptions as descriptions*.vtt
    <id>/chapters*.vtt     optional: cues within a chapter become one chunk
    <id>/synopsis.txt      optional: what summaries are held against
    <id>/facts.jsonl       optional: rows with `text`; what a summary should tell, in place of the synopsis' sentences
    <id>/questions.jsonl   optional: rows with `question`, `options` and `answer` (its index)

Everything in it is hostile until it is read. Knows no strategy and no score.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from longvid.captions.imported import ImportedCaptions, read_captions
from longvid.errors import CaptionsError, LongvidError
from longvid.strategy import words_in
from longvid.text import printable
from longvid_benchmarks.compare.films import Film, Question
from longvid_benchmarks.compare.reading import one_line, read_rows, read_text

LEAST_WORDS = 10
"""Of a summary, as with `--words`."""
CAPTIONS = ("captions.jsonl", "captions.vtt", "captions.srt", "descriptions*.vtt")
VIDEOS = (".mp4", ".mkv", ".webm", ".mov", ".avi", ".m4v")


def read_films(folder: Path, *, watch: bool, words: int | None) -> list[Film]:
    """The films in the folders of `folder`, or `folder` itself where it is one, by name.

    With `watch` a model captions the videos; else the captions that are there are used.
    Raises LongvidError for a folder without films, a film without what is needed, and a file that cannot be read.
    """
    if not folder.is_dir():
        raise LongvidError(f"{folder} is no folder of films; give one, or storyfilm")
    inner = sorted(path for path in folder.iterdir() if path.is_dir() and _is_film(path))
    found = inner or ([folder.resolve()] if _is_film(folder) else [])
    if not found:
        raise LongvidError(f"{folder} holds no film: a folder with a video.* or captions.*")
    return [_read(path, watch, words) for path in found]


def _is_film(folder: Path) -> bool:
    return _video(folder) is not None or _captions(folder) is not None


def _read(folder: Path, watch: bool, words: int | None) -> Film:
    captions, video = _captions(folder), _video(folder)
    source: ImportedCaptions | Path
    if watch:
        if video is None:
            raise LongvidError(f"{folder} has no video.*, so no model can watch it; leave out --captions model")
        source = video
    else:
        if captions is None:
            raise LongvidError(f"{folder} has no captions; add captions.jsonl, or use --captions model --model ID")
        source = _in_chapters(folder, read_captions(captions))
    synopsis = (read_text(folder / "synopsis.txt") or "").strip() or None
    facts = tuple(_told(folder / "facts.jsonl"))
    questions = tuple(_asked(folder / "questions.jsonl"))
    name = printable(folder.name)
    known = json.dumps([name, synopsis, facts, [(q.text, q.options, q.answer) for q in questions]])
    return Film(
        name=folder.name,
        captions="model" if watch else "file",
        evidence="model"
        if watch
        else "lines"
        if isinstance(source, ImportedCaptions) and source.events
        else "captions",
        source=source,
        digest=hashlib.sha256(known.encode()).hexdigest(),
        words=words or (max(LEAST_WORDS, words_in(synopsis)) if synopsis else None),
        chunks=len(source.chunks) if isinstance(source, ImportedCaptions) else None,
        synopsis=synopsis,
        facts=facts,
        questions=questions,
    )


def _captions(folder: Path) -> Path | None:
    return next((path for pattern in CAPTIONS for path in sorted(folder.glob(pattern)) if path.is_file()), None)


def _video(folder: Path) -> Path | None:
    return next((path for path in sorted(folder.glob("video.*")) if path.suffix.lower() in VIDEOS), None)


def _in_chapters(folder: Path, imported: ImportedCaptions) -> ImportedCaptions:
    """`given` with its cues joined into the chapters that people made of the film, where there are any.

    A cue belongs to the chapter in which it begins.
    """
    path = next(iter(sorted(folder.glob("chapters*.vtt"))), None)
    if path is None or imported.captions is None:
        return imported
    starts = [chunk.start for chunk in read_captions(path).chunks]
    groups: dict[int, list[int]] = {}
    for chunk in imported.chunks:
        groups.setdefault(sum(start <= chunk.start for start in starts), []).append(chunk.index)
    return ImportedCaptions.of(
        imported.name,
        [(imported.chunks[group[0]].start, imported.chunks[group[-1]].end) for group in groups.values()],
        [" ".join(_sentence(imported.captions[i]) for i in group if imported.captions[i]) for group in groups.values()],
        None if imported.events is None else [[imported.events[i] for i in group] for group in groups.values()],
    )


def _sentence(cue: str) -> str:
    """A cue with an end mark, so that joined cues stay sentences."""
    return cue if cue.endswith((".", "!", "?", '"')) else f"{cue}."


def _told(path: Path) -> Iterator[str]:
    for number, row in read_rows(path):
        if not isinstance(row.get("text"), str) or not row["text"].strip():
            raise CaptionsError(f"{path}: line {number}: a fact needs text")
        yield one_line(row["text"])


def _asked(path: Path) -> Iterator[Question]:
    for number, row in read_rows(path):
        question, options, answer = row.get("question"), row.get("options"), row.get("answer")
        if not (
            isinstance(question, str)
            and isinstance(options, list)
            and 2 <= len(options) <= 8
            and all(isinstance(option, str) for option in options)
            and type(answer) is int
            and 0 <= answer < len(options)
        ):
            raise CaptionsError(
                f"{path}: line {number}: needs question, options (2 to 8) and answer, the right one's index"
            )
        yield Question(one_line(question), tuple(map(one_line, options)), answer)

"""What a run has to report, read from its store: answers by chunk, and what is not as it should be.

A run that went on after a kill reports the same as one that was never killed. Knows no graph and no output format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from longvid.captions.events import parse_events
from longvid.engine.answers import answer_of
from longvid.errors import StrategyError
from longvid.files import parse_json
from longvid.film import Chunk
from longvid.output import ChunkReport, Cited, Cue, Spoken
from longvid.pipeline.context import text_of
from longvid.run import Store
from longvid.run.journal import answers, notes
from longvid.strategy.contract import Answer
from longvid.strategy.merging import words_in

ByChunk = Mapping[int, Mapping[str, Answer]]
"""By chunk and kind (`caption`, `events`) what was answered."""

LENGTH_TOLERANCE = 0.1
"""Of the words that were asked for; what is farther off is said."""


def answers_by_chunk(store: Store, thread: str) -> ByChunk:
    """The answers to the two standard questions that the runs called `thread` asked for."""
    given: dict[int, dict[str, Answer]] = {}
    for chunk, kind, record in answers(store, thread, ("caption", "events")):
        if chunk is not None:
            given.setdefault(chunk, {})[kind] = answer_of(record, cached=True)
    return given


def chunk_reports(chunks: Sequence[Chunk], given: ByChunk) -> tuple[ChunkReport, ...]:
    """For each chunk its caption, or the event lines where the strategy asked for those alone; and what is said in it,
    whether a strategy was told of that or not."""
    return tuple(_chunk_report(chunk, given.get(chunk.index, {})) for chunk in chunks)


def problems(store: Store, thread: str, given: ByChunk, n: int, warnings: Sequence[str], summary: str) -> list[str]:
    """A line for each thing that is wrong with a run over `n` chunks: warnings of the film, answers, notes, no text."""
    lines = list(warnings)
    for kind, noun in (("caption", "captions"), ("events", "answers with event lines")):
        by_reason: dict[str | None, list[int]] = {}
        for index in sorted(given):
            answer = given[index].get(kind)
            if answer is not None and not answer.ok:
                by_reason.setdefault(answer.reason, []).append(index)
        for reason, indices in by_reason.items():
            which = f"chunk{'s' if len(indices) > 1 else ''} {_ranges(indices)}"
            lines.append(f"{len(indices)} of {n} {noun} {reason}: {which}")
    for kind, said in (("ask", "to another question about a chunk"), ("write", "of the LLM")):
        bad = sum(record.status != "ok" for _, _, record in answers(store, thread, (kind,)))
        if bad:
            lines.append(f"{bad} answer{'s' if bad > 1 else ''} {said} broke off, looped or said nothing")
    lines += notes(store, thread, degraded=True)
    if not summary:
        lines.append("there is no summary")
    return lines


def length(summary: str, words: int) -> list[str]:
    """A line where `summary` has far more or fewer words than the `words` that were asked for."""
    has = words_in(summary)
    if not has or abs(has - words) <= LENGTH_TOLERANCE * words:
        return []
    return [f"the summary has {has} word{'s' * (has != 1)}, where {words} were asked for"]


def extras(store: Store, keys: Mapping[str, str]) -> dict[str, Any]:
    """What a strategy keeps beside its summary, as data where it is JSON."""
    return {name: _plain(text_of(store, key)) for name, key in keys.items()}


def evidence(store: Store, key: str | None, strategy: str) -> tuple[Cited, ...]:
    """What each sentence of a summary rests on; nothing where `strategy` gave no `key`. Raises StrategyError where it
    kept something else."""
    try:
        return tuple(_cited(item) for item in parse_json(text_of(store, key))) if key is not None else ()
    except (ValueError, TypeError) as error:
        raise StrategyError(f"strategy {strategy}: what it keeps as evidence is none ({error})") from error


def _cited(item: Mapping[str, Any]) -> Cited:
    """Earlier versions kept the events under `rows`."""
    kept = dict(item)
    earlier = kept.pop("rows", None)
    return Cited(**({"events": earlier} if earlier is not None else {}) | kept)


def _chunk_report(chunk: Chunk, given: Mapping[str, Answer]) -> ChunkReport:
    # A strategy that asks questions of its own need not have asked for either.
    answer = given.get("caption") or given.get("events")
    caption = given["caption"].text if "caption" in given else ""
    events = tuple(given["events"].text.splitlines()) if "events" in given else ()
    status, reason = (answer.status, answer.reason) if answer else ("ok", None)
    told = _told(chunk, events)
    spoken = tuple(Spoken(c.start, c.end, c.text, c.speaker, c.kind) for c in chunk.dialogue)
    cuts = tuple(start for start, _ in chunk.scenes[1:])
    return ChunkReport(chunk.index, chunk.start, chunk.end, caption, status, reason, events, told, spoken, cuts)


def _told(chunk: Chunk, events: Sequence[str]) -> tuple[Cue, ...]:
    """What event lines say, together where they begin together; each until the next begins. A line whose second is
    missing, or none of the chunk's, goes with the one before it."""
    at: dict[float, list[str]] = {}
    start = chunk.start
    for event in parse_events("\n".join(events), chunk.index).events:
        start = event.begins(chunk.start, chunk.end, start)
        at.setdefault(start, []).append(event.sentence(place=False))
    bounds = [*sorted(at), chunk.end]
    return tuple(Cue(one, end, " ".join(at[one])) for one, end in pairwise(bounds))


def _ranges(indices: Sequence[int]) -> str:
    """Ascending `indices` with runs as ranges: "0-3, 7"."""
    runs: list[list[int]] = []
    for index in indices:
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _plain(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        return text

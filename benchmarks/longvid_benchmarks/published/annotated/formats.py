"""Public formats of annotations: which one a file is in, and what it says as plain data.

Charades-STA: a line each, "VIDEO START END##a sentence.", times in seconds, videos VIDEO.mp4.
Perception Test: a JSON object by video, with `metadata` (frame_rate), `action_localisation` (label, frame_ids) and
`mc_question` (question, options, answer_id, reasoning), as its authors' README has the fields; of its questions those
whose reasoning is counterfactual are of a type of MVBench by name, and the others are left out.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from longvid.errors import LongvidError
from longvid.files import parse_json
from longvid.text.shown import shown
from longvid_benchmarks.published.annotated.notes import Action, Annotated, Pair, in_order, lines_of, read_lines, span
from longvid_benchmarks.published.questions import is_text

CHARADES_STA = re.compile(r"(\S+) +([\d.]+) +([\d.]+)##(.+)")


def read_annotations(paths: Sequence[Path], videos: Path | None) -> list[Annotated]:
    """What the files at `paths` say; videos are in the folder `videos`, or beside each file. The lines of one video and
    of one part of it are put together.

    Raises LongvidError for a file that is in none of the formats.
    """
    found: dict[tuple[Path, float, float], Annotated] = {}
    for path in paths:
        for one in _read(path, videos or path.parent):
            key = (one.video, one.start, one.end)
            found[key] = _joined(found[key], one) if key in found else one
    if not found:
        raise LongvidError(f"{shown(paths[0])}: holds no annotations; see docs/benchmarks.md for what it may hold")
    return list(found.values())


def _read(path: Path, videos: Path) -> Iterator[Annotated]:
    suffix = path.suffix.lower()
    if suffix == ".txt":
        return _charades_sta(path, videos)
    if suffix == ".json":
        return _perception_test(path, videos)
    return read_lines(path, videos)


def _joined(one: Annotated, other: Annotated) -> Annotated:
    return replace(
        one,
        actions=in_order(iter((*one.actions, *other.actions))),
        things=(*one.things, *other.things),
        states=(*one.states, *other.states),
        scenes=in_order(iter((*one.scenes, *other.scenes))),
        directions={**one.directions, **other.directions},
        counts=(*one.counts, *other.counts),
        poses=(*one.poses, *other.poses),
        order=one.order or other.order,
        pairs=(*one.pairs, *other.pairs),
    )


def _charades_sta(path: Path, videos: Path) -> Iterator[Annotated]:
    actions: dict[str, list[Action]] = defaultdict(list)
    for number, line in enumerate(lines_of(path).decode(errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        told = CHARADES_STA.fullmatch(line.strip())
        if told is None or not is_text(told[4]) or "/" in told[1]:
            raise LongvidError(f"{shown(path)}, line {number}: no line of Charades-STA (VIDEO START END##sentence)")
        try:
            moments = span(told[2], told[3])
        except ValueError:
            continue  # its authors have some that end before they start
        actions[told[1]].append(Action(" ".join(told[4].strip().rstrip(".").split()), *moments))
    for name, found in actions.items():
        yield Annotated(videos / f"{name}.mp4", actions=in_order(iter(found)))


def _perception_test(path: Path, videos: Path) -> Iterator[Annotated]:
    try:
        told = parse_json(lines_of(path))
    except ValueError as error:
        raise LongvidError(f"{shown(path)}: no JSON ({error}); give annotations of the Perception Test") from error
    if not isinstance(told, dict) or not all(isinstance(row, dict) for row in told.values()):
        raise LongvidError(f"{shown(path)}: no JSON object by video; give annotations of the Perception Test")
    for name, row in told.items():
        if not is_text(name) or "/" in name:
            raise LongvidError(f"{shown(path)}: {name[:40]!r} is no name of a video; fetch it again")
        try:
            actions, pairs = _segments(row), tuple(_pairs(row))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise LongvidError(
                f"{shown(path)}: {name}: fields are missing or none ({error}); fetch it again"
            ) from error
        yield Annotated(videos / f"{name}.mp4", actions=actions, pairs=pairs)


def _segments(row: Mapping[str, Any]) -> tuple[Action, ...]:
    segments = row.get("action_localisation") or []
    # Frames leave no doubt about their unit; timestamps do.
    rate = float(row["metadata"]["frame_rate"]) if segments else 1.0
    if not 0 < rate < math.inf:
        raise ValueError("frame_rate")
    found = []
    for one in segments:
        first, last = one["frame_ids"][0], one["frame_ids"][1]
        if 0 <= first < last and is_text(one["label"]):
            found.append(Action(" ".join(one["label"].split()), first / rate, last / rate))
    return in_order(iter(found))


def _pairs(row: Mapping[str, Any]) -> Iterator[Pair]:
    for one in row.get("mc_question") or []:
        if str(one["reasoning"]).lower() != "counterfactual":
            continue
        options, place = one["options"], one["answer_id"]
        if all(map(is_text, (one["question"], *options))) and 0 <= place < len(options):
            answer = options[place]
            yield Pair("CI", one["question"], answer, tuple(option for option in options if option != answer))

"""Answers about films as their benchmarks read them: by a judge in published words, by a letter, by TRUE or FALSE."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from longvid_benchmarks.published.films import wordings
from longvid_benchmarks.published.films.asking import Said
from longvid_benchmarks.published.films.sets import MLVU, MOVIECHAT, SF20K_OPEN, FilmSet
from longvid_benchmarks.published.openended.judging import REPLY_TOKENS, read_reply
from longvid_benchmarks.published.wordings import filled, letter

RATIONALE_TOKENS = 1024
"""Of a judge that is asked for reasons before its scores."""
AXES: Mapping[str, tuple[str, str]] = {
    "sub_scene": ("accuracy", "relevance"),
    "summary": ("completeness", "reliability"),
}
"""What is judged of MLVU's answers, each from 1 to 5."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One reply of a judge, with all that it rests on."""

    said: Said
    prompt: str
    reply: str
    verdict: Mapping[str, float] | None
    """A value by name: `right` of 100, the others are scores. None where the reply cannot be read."""


def judge_prompt(said: Said) -> str | None:
    """What a judge is asked about `said`; None where none is needed."""
    of, part = said.asked.of, said.asked.part
    template = {
        MOVIECHAT: wordings.MOVIECHAT_JUDGE,
        SF20K_OPEN: wordings.SF20K_JUDGE,
        MLVU: wordings.SUB_SCENE_JUDGE if part == "sub_scene" else wordings.SUMMARY_JUDGE,
    }.get(of)
    if template is None:
        return None
    question = said.asked.text.replace("\n", "") if of is MLVU else said.asked.text
    values = {"question": question, "answer": said.asked.answer, "prediction": said.text, "points": said.asked.points}
    return filled(template, values)


def reply_tokens(of: FilmSet) -> int:
    return RATIONALE_TOKENS if of is MLVU else REPLY_TOKENS


def read_verdict(said: Said, reply: str) -> Mapping[str, float] | None:
    """What `reply` says of `said`; None where it says no such thing, or several that differ."""
    if said.asked.of is not MLVU:
        verdict = read_reply(reply, short=True)
        return None if verdict is None else {"right": 100.0 * (verdict.right is True), "score": verdict.score}
    found = {axis: _score(reply, axis) for axis in AXES[said.asked.part]}
    read = {axis: value for axis, value in found.items() if value is not None}
    return {**read, "total": sum(read.values())} if len(read) == len(found) else None


def _score(reply: str, axis: str) -> float | None:
    """The one score from 1 to 5 behind the name of `axis`: the object need be no JSON, since it is asked for a sum."""
    told = re.findall(rf"\bscore_{axis}\b\W{{0,4}}:\s*['\"]?([\d.]+)", reply)
    try:
        values = {float(value.rstrip(".")) for value in told}
    except ValueError:
        return None
    return values.pop() if len(values) == 1 and 1 <= max(values) <= 5 else None


def first_letter(said: Said) -> bool:
    """Whether SF20K's own scorer finds `said` right: by its first character alone."""
    place = said.asked.candidates.index(said.asked.answer)
    return said.text.strip().upper().startswith(letter(place))


def claimed(text: str) -> str | None:
    """TRUE or FALSE, whichever word is the first of the two in `text`, as MF2 reads answers; None where none is."""
    found = re.search(r"\b(true|false)\b", text.lower())
    return None if found is None else found[1].upper()

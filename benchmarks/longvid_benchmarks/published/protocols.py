"""The protocols by which MVBench's published figures were measured: what is asked, which frames are shown, how long an
answer may be. They differ, and so do the figures.

Knows no model and no file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from longvid_benchmarks.published.wordings import DROPPED, LMMS_EVAL, OFFICIAL, PLLAVA, Wording

Frames = Literal["middles", "minute", "even"]
"""`middles`: of equal parts; `minute`: evenly over at most 60 s, first and last included; `even`: the same over all."""
MINUTE = 60.0
"""Seconds of a clip of which CogVLM2-Video sees anything."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """One way of asking."""

    name: str
    wording: Wording
    frames: int
    sampling: Frames
    max_tokens: int
    scorer: str
    """Whose scorer gave the figures that were published by it."""

    def prompt(self, question: str, candidates: tuple[str, ...]) -> str:
        """The whole prompt, but for what the model's own template adds."""
        if self.wording is PLLAVA:
            question = question.replace(DROPPED, "")
        return self.wording.prompt(question, candidates)

    def moments(self, start: float, end: float, last: float) -> list[float]:
        """Which shares of time are shown: seconds in [start, min(end, last)], never falling.

        start, end : the part of the video that the question is of, s
        last       : when the video's last frame comes up, s
        """
        first = min(max(0.0, start), last)
        final = max(first, min(end, last))
        if self.sampling == "middles":
            part = (final - first) / self.frames
            return [first + part / 2 + part * at for at in range(self.frames)]
        if self.sampling == "minute":
            final = min(final, first + MINUTE)
        step = (final - first) / max(1, self.frames - 1)
        return [first + step * at for at in range(self.frames)]


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol("official", OFFICIAL, 16, "middles", 100, "official"),
        Protocol("pllava", PLLAVA, 24, "minute", 100, "pllava"),
        Protocol("lmms-eval", LMMS_EVAL, 24, "even", 16, "lmms-eval"),
    )
}
DEFAULT = "pllava"
"""As CogVLM2-Video was measured."""


def reworded(protocol: Protocol, template: str, source: str) -> Protocol:
    """`protocol` with a user's own wording, marked as such.

    Raises ValueError where `template` does not say where the question and the options stand.
    """
    for name in ("{question}", "{options}"):
        if template.count(name) != 1:
            raise ValueError(f"{name} must stand in it once")
    own = Wording("", "", "", "", "", source, published=False, template=template)
    return replace(protocol, wording=own)


def as_it_is(frames: int, sampling: Frames, max_tokens: int, name: str) -> Protocol:
    """Prompts that whoever asks has put together are asked to the letter; `name`: whose they are."""
    words = Wording("", "", "", "", "", name, template="{question}")
    return Protocol(name, words, frames, sampling, max_tokens, name)

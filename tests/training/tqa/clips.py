"""A clip of eight seconds whose captions change at the fourth."""

from __future__ import annotations

from longvid.training.tqa.clip import Clip, Pair

BEFORE, AFTER = "An empty beach under clouds.", "A masked figure walks on the beach under clouds."
PAIR = Pair("When does the masked figure come to the beach?", "At the 4th second.")


def clip(
    question: str = PAIR.question,
    answer: str = PAIR.answer,
    *,
    film: str = "ab12",
    index: int = 0,
    told: dict[int, str] | None = None,
) -> Clip:
    """`told` stands in the place of captions; an empty one is none."""
    captions = {second: BEFORE if second < 4 else AFTER for second in range(8)} | (told or {})
    return Clip(film, index, 0.0, 8.0, {s: text for s, text in captions.items() if text}, 8, Pair(question, answer))

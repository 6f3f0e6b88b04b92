"""How well a small model sees: its captions of unseen chunks against gold, sentence by sentence and word by word.

A sentence counts only if it is gold's to the letter, so recall and precision are lower bounds of what a reader would
grant. Knows nothing of training.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from longvid.cogvlm2.estimates import Label
from longvid.cogvlm2.sampling import Sampler
from longvid.engine.prompts import CAPTION_TOKENS
from longvid.text import sentences
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, DEVICES, MARKS, NAMES, OBJECTS, PLACES, SHAPES
from longvid_benchmarks.training import watching, writing
from longvid_benchmarks.training.example import VALIDATE, Example
from longvid_benchmarks.training.views import View, stretch, whole

CLASSES: dict[str, frozenset[str]] = {
    "name": frozenset(NAMES),
    "colour": frozenset(COLOURS),
    "mark": frozenset(MARKS) - {"plain"},
    "shape": frozenset(SHAPES) | {"figure"},
    "object": frozenset(OBJECTS),
    "place": frozenset(PLACES),
    "device": frozenset(DEVICES),
}
"""Kinds of words that are counted apart; any other word is a `verb`."""
BATCH = 32
"""With a model this small on a CPU in float32, a caption takes 0.11 s of one core in a batch of 4, 0.067 in one of 16
and 0.058 in one of 32; bfloat16 is slower."""
QUESTION_TOKENS = 48
LLM_TOKENS = 682
"""The longest answer that a merge may ask for in a context of 2,048 tokens."""


@dataclass(slots=True)
class Tally:
    """Counts over chunks.

    Attributes:
        told, said, right: sentences of gold, of the model, and those that are the same.
        words: by class, (words of gold, those that the model has in their place).
        confusions: (class, gold's word, the model's word or "-") where they differ.
    """

    chunks: int = 0
    told: int = 0
    said: int = 0
    right: int = 0
    recall: float = 0.0
    precision: float = 0.0
    words: dict[str, list[int]] = field(default_factory=dict)
    confusions: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, gold: Sequence[str], said: Sequence[str]) -> None:
        """Count one chunk: its sentences (or lines) by gold and by the model, in order."""
        right = sum((Counter(gold) & Counter(said)).values())
        self.chunks += 1
        self.told, self.said, self.right = self.told + len(gold), self.said + len(said), self.right + right
        # A chunk without any event, and an answer without any sentence, have nothing wrong.
        self.recall += right / len(gold) if gold else 1.0
        self.precision += right / len(said) if said else 1.0
        for kind, wanted, found in compared(" ".join(gold), " ".join(said)):
            counts = self.words.setdefault(kind, [0, 0])
            counts[0] += 1
            counts[1] += wanted == found
            if wanted != found:
                self.confusions[kind, wanted, found] += 1

    def summary(self) -> dict[str, Any]:
        """Means over chunks, shares of words by class, and the most frequent confusions."""
        return {
            "chunks": self.chunks,
            "recall": round(self.recall / max(1, self.chunks), 4),
            "precision": round(self.precision / max(1, self.chunks), 4),
            "words": {kind: round(right / of, 3) for kind, (of, right) in sorted(self.words.items())},
            "confusions": [[*which, count] for which, count in self.confusions.most_common(12)],
        }


def compared(gold: str, said: str) -> Iterator[tuple[str, str, str]]:
    """For every word of `gold`: its class, the word, and the one of `said` in its place ("-" for none)."""
    one, other = (re.findall(r"\w+", text) for text in (gold, said))
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "insert":
            continue
        for i in range(a, b):
            found = other[c + i - a] if c + i - a < d else "-"
            yield kind_of(one[i]), one[i], found


def kind_of(word: str) -> str:
    return next((kind for kind, words in CLASSES.items() if word in words), "verb")


def answers(model: Any, processor: Any, examples: Sequence[Example], tokens: int = CAPTION_TOKENS) -> list[str]:
    """What the model says to each of `examples`, greedily, without the blank in front."""
    from longvid.engine.backends.decoding import generate

    model.eval()
    # A batch takes as long as its longest answer: those of like length go together.
    order = sorted(
        range(len(examples)),
        key=lambda i: (examples[i].label, len(examples[i].times), examples[i].task, len(examples[i].answer)),
    )
    said = [""] * len(examples)
    for label in sorted({example.label for example in examples}):
        of_label = [i for i in order if examples[i].label == label]
        for start in range(0, len(of_label), BATCH):
            part = of_label[start : start + BATCH]
            made = processor(
                [examples[i].prompt for i in part],
                clips=[examples[i].frames for i in part],
                times=[examples[i].times or None for i in part],
                template="chat",
                label=label,
            )
            rows = generate(
                model,
                {name: value.to(model.device) for name, value in made.items()},
                [tokens] * len(part),
                eos=[processor.eos_token_id],
                pad=processor.eos_token_id,
                seed=None,
                stopped=lambda: False,
            )
            for i, (ids, _) in zip(part, rows, strict=True):
                said[i] = processor.decode(ids).strip()
    return said


def sentences_of(caption: str) -> list[str]:
    """The sentences of a caption but the first, which says the place. Gold's own sentences hold no other full stop."""
    return [f"{part}." for part in re.split(r"\.\s*", caption) if part][1:]


def lines_without_second(text: str) -> list[str]:
    return [line.partition(" | ")[2] for line in text.split("\n")]


def seconds_within(gold: str, said: str, step: float) -> list[bool]:
    """For each line of gold that is told with the same words: whether its second is within `step` of gold's."""
    told = {rest: first for first, _, rest in (line.partition(" | ") for line in said.split("\n"))}
    found = []
    for line in gold.split("\n"):
        second, _, rest = line.partition(" | ")
        if rest in told:
            found.append(told[rest].strip().isdecimal() and abs(int(told[rest]) - int(second)) <= step)
    return found


def views(films: int, chunks: int, sampler: Sampler = "uniform", *, first: int = VALIDATE.start) -> list[View]:
    """Whole chunks of `films` films of 14 chunks from seed `first` on, `chunks` of each."""
    found = []
    for seed in range(first, first + films):
        story = invent(seed, 14)
        for chunk in random.Random(seed).sample(story.chunks, chunks):
            found.append(whole(story, chunk, sampler))
    return found


def watch(model: Any, processor: Any, asked: Sequence[View], *, film: bool = False) -> dict[str, Any]:
    """Captions, event lines and answers about `asked`, scored. `film` draws the frames as large as the film's."""
    captions, _ = seen(model, processor, asked, "caption", film=film)
    lines, timed = seen(model, processor, asked, "events", film=film)
    return {
        "caption": captions.summary(),
        "events": lines.summary(),
        "seconds_within_a_frame": round(sum(timed) / len(timed), 3) if timed else None,
        "questions": questions(model, processor, asked),
    }


def seen(
    model: Any, processor: Any, asked: Sequence[View], task: str, *, film: bool = False
) -> tuple[Tally, list[bool]]:
    """What is told of `asked` in captions (labels are numbers of frames) or in event lines (labels are seconds); of
    lines also whether their seconds are within one frame of gold's."""
    tally, timed, rng = Tally(), [], random.Random(0)
    label: Label = "index" if task == "caption" else "seconds"
    size, count = processor.image_size, processor.count_text
    examples = [
        example
        for view in asked
        for example in watching.examples((task,), view, rng, size, label=label, count=count, film=film)
    ]
    for example, said in zip(examples, answers(model, processor, examples), strict=True):
        if task == "caption":
            tally.add(sentences_of(example.answer), sentences_of(said))
        else:
            tally.add(lines_without_second(example.answer), lines_without_second(said))
            timed += seconds_within(example.answer, said, step_of(example))
    return tally, timed


def questions(model: Any, processor: Any, asked: Sequence[View]) -> dict[str, float]:
    """Share of right answers by kind of question, one about each of `asked` that allows one. When is right within one
    frame; who and look are right to the letter."""
    rng, found = random.Random(0), {}
    size, count = processor.image_size, processor.count_text
    for task in ("when", "who", "look"):
        examples = [
            example
            for view in asked
            for example in watching.examples((task,), view, rng, size, label="seconds", count=count)
        ]
        said = answers(model, processor, examples, QUESTION_TOKENS)
        right = [is_right(example, text) for example, text in zip(examples, said, strict=True)]
        found[task] = round(sum(right) / max(1, len(right)), 3)
    return found


def is_right(example: Example, said: str) -> bool:
    """Whether `said` answers a question: a second within one frame of gold's, anything else to the letter."""
    if example.task != "when" or not said.isdecimal():
        return said == example.answer
    return abs(int(said) - int(example.answer)) <= step_of(example)


def step_of(example: Example) -> float:
    """Seconds from one frame to the next, and half a second of rounding."""
    return (example.times[1] - example.times[0] if len(example.times) > 1 else 1.0) + 0.5


def write(model: Any, processor: Any, films: int, *, chunks: int = 8, first: int = VALIDATE.start) -> dict[str, Any]:
    """What an LLM says to every kind of prompt about `films` films: share of answers that are gold's to the letter,
    and recall and precision of their sentences, by kind."""

    def count(text: str) -> int:
        return int(processor.count(text, template="chat"))

    asked: list[Example] = []
    for seed in range(first, first + films):
        story, rng = invent(seed, chunks), random.Random(seed)
        words = len(gold.reference(story).split())
        for strategy in writing.STRATEGIES:
            found = writing.examples(story, strategy, words, rng, count)
            asked += rng.sample(found, min(len(found), 4))
    tallies: dict[str, Tally] = {}
    exact: dict[str, list[bool]] = {}
    for example, said in zip(asked, answers(model, processor, asked, LLM_TOKENS), strict=True):
        exact.setdefault(example.task, []).append(said == example.answer)
        tallies.setdefault(example.task, Tally()).add(sentences(example.answer), sentences(said))
    rows = {
        task: {"exact": round(sum(found) / len(found), 3), **_brief(tallies[task])}
        for task, found in sorted(exact.items())
    }
    right = [one for found in exact.values() for one in found]
    return {"prompts": len(right), "exact": round(sum(right) / max(1, len(right)), 3), "by_prompt": rows}


def _brief(tally: Tally) -> dict[str, Any]:
    found = tally.summary()
    return {name: found[name] for name in ("recall", "precision")}


def quick(trainer: Any) -> dict[str, Any]:
    """What a training looks at on its way: single frames and whole chunks of validation films, or their prompts."""
    from longvid.cogvlm2 import CogVLM2VideoProcessor

    processor = CogVLM2VideoProcessor.from_pretrained(trainer.folder / "model", local_files_only=True)
    if trainer.settings.role == "llm":
        return write(trainer.model, processor, 2, chunks=4)
    rng = random.Random(1)
    whole_chunks = views(12, 3)
    single = [stretch(view.story, view.chunk, rng, 1) for view in whole_chunks]
    return {
        "frame": seen(trainer.model, processor, single, "caption")[0].summary(),
        **watch(trainer.model, processor, whole_chunks),
    }

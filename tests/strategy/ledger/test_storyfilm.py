"""Ledger on films whose whole story is known, without any language model: bounds, gaps, noise, another vocabulary.

The bounds are those that the project set itself before it was built; `docs/results/strategies.md` has the full tables.
"""

from __future__ import annotations

import ast
import asyncio
import random
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from longvid.engine.request import Raw
from longvid.strategy import Limits, words_in
from longvid_benchmarks.storyfilm import gold, vocabulary
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.scorer import Score, score
from longvid_benchmarks.storyfilm.story import Story
from longvid_strategies.ledger import Ledger, LedgerConfig
from tests.standins import ScriptedContext, plainly

ROOT = Path(__file__).parents[3]
SEEDS = {
    14: range(600_200, 600_208),
    60: range(600_200, 600_204),
    120: range(600_200, 600_202),
    300: range(600_200, 600_201),
}


def story_lines(story: Story) -> list[list[str]]:
    return [gold.event_lines(story, chunk) for chunk in story.chunks]


def summary(story: Story, lines: list[list[str]], config: LedgerConfig | None = None) -> str:
    """What ledger tells from event lines alone, with the plain writer."""
    context = ScriptedContext(
        len(lines),
        caption=lambda index: Raw("", "stop", 1, 0),
        writes=lambda prompt: Raw("", "stop", 1, 0),
        events=lambda index: plainly("\n".join(lines[index])),
        limits=Limits(context=2048, caption=320, max_concurrency=8, words=words_in(gold.reference(story))),
        capabilities=frozenset({"caption", "events"}),
    )
    state = asyncio.run(Ledger(config).build(context).ainvoke({}))
    assert context.degraded == []
    return context.text(state["result"])


@cache
def films(n: int) -> list[tuple[Story, Score]]:
    made = [invent(seed, n) for seed in SEEDS[n]]
    return [(story, score(summary(story, story_lines(story)), story)) for story in made]


@pytest.mark.parametrize("n", SEEDS)
def test_from_event_lines_by_appearance_facts_and_links_are_told_and_true(n: int) -> None:
    scores = [told for _, told in films(n)]
    assert np.mean([told.fact_recall for told in scores]) >= 0.95
    assert np.mean([told.link_recall for told in scores]) >= 0.90
    assert np.mean([told.fact_precision for told in scores]) >= 0.95
    assert np.mean([told.link_precision for told in scores]) >= 0.95


def test_links_are_told_however_far_apart_their_ends_are() -> None:
    gaps, hits = [], []
    for n in (60, 120, 300):
        for story, told in films(n):
            for link in story.links:
                gaps.append(link.gap / 10)
                hits.append(link.id in told.links_told)
    slope = np.polyfit(gaps, hits, 1)[0]
    assert slope >= -0.02


def broken(story: Story, share: float, rng: random.Random, *, wrong: bool) -> list[list[str]]:
    """The lines of `story`, a share of them lost or given to somebody else."""
    cast = [figure.look.phrase() for figure in story.figures]
    made = []
    for lines in story_lines(story):
        kept = []
        for line in lines:
            if rng.random() < share:
                if not wrong:
                    continue
                second, _, rest = line.split(" | ", 2)
                line = f"{second} | {rng.choice(cast)} | {rest}"
            kept.append(line)
        made.append(kept)
    return made


@pytest.mark.parametrize("wrong", [False, True], ids=["lost", "wrong"])
def test_a_tenth_of_the_lines_lost_or_wrong_costs_little_more_than_a_tenth(wrong: bool) -> None:
    before, after, whole = [], [], []
    for n in (14, 60, 120):
        for story, told in films(n):
            lines = broken(story, 0.1, random.Random(story.seed), wrong=wrong)
            before.append(told)
            after.append(score(summary(story, lines), story))
            kept = {
                event.id
                for chunk, left in zip(story.chunks, lines, strict=True)
                for event, line in zip(chunk.events, gold.event_lines(story, chunk), strict=True)
                if line in left
            }
            whole.append(np.mean([set(link.events) <= kept for link in story.links]))
    print(f"links told: {np.mean([told.link_recall for told in after]):.3f}; both ends left: {np.mean(whole):.3f}")
    # A link needs all its lines, so no reader could tell more of them than are whole.
    assert np.mean([told.link_recall for told in after]) >= np.mean(whole) - 0.15
    for figure in ("fact_recall", "fact_precision"):
        lost = np.mean([getattr(told, figure) for told in before]) - np.mean([getattr(told, figure) for told in after])
        print(f"{figure}: {lost:.3f} lost of {np.mean([getattr(told, figure) for told in before]):.3f}")
        assert lost <= 0.15, figure


@pytest.mark.parametrize(
    ("config", "worse"),
    [
        (LedgerConfig(relations=False), "link_recall"),
        (LedgerConfig(coreference=False), "fact_recall"),
        (LedgerConfig(lookahead=False), "link_recall"),
    ],
    ids=["relations", "coreference", "lookahead"],
)
def test_a_stage_that_is_switched_off_is_missed(config: LedgerConfig, worse: str) -> None:
    whole = np.mean([getattr(told, worse) for _, told in films(60)])
    without = np.mean([
        getattr(score(summary(story, story_lines(story), config), story), worse) for story, _ in films(60)
    ])  # fmt: skip
    assert without <= whole - 0.05


# -- nothing of StoryFilm is known --------------------------------------------------------------------------------

NOUNS = {
    "circle": "woman", "square": "soldier", "triangle": "boy", "star": "nurse", "diamond": "merchant", "cross": "monk",
    "red": "tall", "orange": "blond", "yellow": "bald", "green": "lanky", "blue": "stout", "purple": "pale",
    "white": "tanned", "striped": "bearded", "dotted": "limping", "gate": "safe", "lamp": "radio", "flag": "curtain",
    "fire": "candle", "chest": "drawer", "forest": "kitchen", "beach": "station", "cave": "cellar", "market": "bank",
    "castle": "hotel", "glacier": "office", "harbor": "airport", "garden": "museum", "coin": "apple", "coins": "apples",
    "key": "passport", "book": "map", "cup": "ring", "crown": "wallet", "letter": "photo", "flower": "knife",
    "sword": "pistol", "drum": "violin", "bell": "diary", "lantern": "necklace", "masked": "hooded",
    "figure": "stranger", "mask": "hood",
}  # fmt: skip
VERBS = {
    "gives": "hands", "give": "hand", "given": "handed", "lifts": "polishes", "lifted": "polished", "hides": "buries",
    "hidden": "buried", "finds": "discovers", "found": "discovered", "promises": "vows", "promised": "promised",
    "steals": "snatches", "stole": "snatched", "stolen": "snatched", "picks up": "gathers", "says": "claims",
    "takes off": "pulls off", "opens": "unlocks", "opened": "unlocked", "closes": "locks", "closed": "locked",
    "lights": "ignites", "lit": "ignited", "puts out": "extinguishes", "put out": "extinguished",
    "raises": "hoists", "raised": "hoisted", "lowers": "hauls down", "lowered": "hauled down",
    "greets": "hugs", "dances": "whistles", "sleeps": "coughs", "jumps": "sneezes", "walks past": "strolls by",
}  # fmt: skip
BACK = {
    "handed": "given", "snatched": "stolen", "buried": "hidden", "discovered": "found", "unlocked": "opened",
    "locked": "closed",
}  # fmt: skip


def translated(text: str, words: dict[str, str]) -> str:
    longest = sorted(words, key=len, reverse=True)
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest))})\b", re.IGNORECASE)

    def swap(match: re.Match[str]) -> str:
        word = words[match[0].lower()]
        return word.capitalize() if match[0][0].isupper() else word

    return pattern.sub(swap, text)


def test_a_story_in_other_words_is_told_as_well() -> None:
    """Nurses and monks with pistols in hotels, other verbs throughout; translated back only for the scorer."""
    there, back = NOUNS | VERBS, {**{b: a for a, b in (NOUNS | VERBS).items()}, **BACK}
    scores = []
    for story, _ in films(60):
        lines = [[translated(line, there) for line in lines] for lines in story_lines(story)]
        text = translated(summary(story, lines), back)
        text = re.sub(r"(says that .*?) stolen (the)", r"\1 stole \2", text)
        scores.append(score(text, story))
    assert np.mean([told.fact_recall for told in scores]) >= 0.95
    assert np.mean([told.link_recall for told in scores]) >= 0.90
    assert np.mean([told.fact_precision for told in scores]) >= 0.95


def strings(path: Path, *, prompts: bool = True) -> str:
    """All string literals of a file but its docstrings; without `prompts` also but what is asked of an LLM: constants
    with places to fill in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    if not prompts:
        said |= {id(node.value) for node in tree.body if isinstance(node, ast.Assign) and is_prompt(node)}
    return " ".join(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    )


def is_prompt(node: ast.Assign) -> bool:
    [name] = node.targets
    text = node.value.value if isinstance(node.value, ast.Constant) else None
    return isinstance(name, ast.Name) and name.id.isupper() and isinstance(text, str) and "{" in text


STRATEGIES = sorted([*(ROOT / "strategies").rglob("*.py"), *(ROOT / "longvid" / "strategy").rglob("*.py")])
READING = ROOT / "strategies" / "longvid_strategies" / "ledger" / "reading"


@pytest.mark.parametrize("path", STRATEGIES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_word_of_the_generated_films_stands_in_a_strategy(path: Path) -> None:
    """Where code reads. Where the LLM reads, prompts are plain English with an example from no film, which any of the
    common words may be in ("square brackets", "a letter"): no code looks for them. Its other strings are held to it."""
    own = {*vocabulary.SHAPES, *vocabulary.COLOURS, *vocabulary.MARKS, *vocabulary.OBJECTS, *vocabulary.PLACES,
           *vocabulary.DEVICES, *(name.lower() for name in vocabulary.NAMES)} - {"plain", "key"}  # fmt: skip
    asked = strings(path, prompts=not path.is_relative_to(READING))
    assert not own & set(re.findall(r"[a-z]+", asked.lower()))


@pytest.mark.parametrize("path", sorted(READING.glob("*.py")), ids=lambda path: path.stem)
def test_no_figure_of_the_generated_films_stands_in_a_prompt(path: Path) -> None:
    words = re.findall(r"[A-Za-z]+", strings(path))
    assert not set(vocabulary.NAMES) & set(words)
    looks = {pair for pair in pairwise(map(str.lower, words)) if pair[0] in {*vocabulary.COLOURS, *vocabulary.MARKS}}
    assert not [pair for pair in looks if pair[1] in {*vocabulary.SHAPES, *vocabulary.OBJECTS}]

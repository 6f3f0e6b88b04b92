"""Summaries that must not score: what a lazy, lying or gaming summarizer could hand in instead of a summary.

Each is made from a story and its gold by plain text work; knows nothing of how the scorer reads.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from longvid_benchmarks.storyfilm.gold import captions, reference, salient
from longvid_benchmarks.storyfilm.paraphrases import sentences, synonyms
from longvid_benchmarks.storyfilm.story import Story
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, OBJECTS
from longvid_benchmarks.storyfilm.wording import event_sentence

Adversary = Callable[[Story, random.Random], str]

VERBS = ("gives", "lifts", "hides", "finds", "steals", "opens", "picks up", "promises", "changes", "takes")
VAGUE = (
    "The film follows several colourful characters through a world of wonder. Trust is given and trust is broken. "
    "Treasures are hidden and found again, promises are made, and secrets come to light. What was lost returns in the "
    "end, because nothing is ever truly forgotten. It is a moving tale of friendship, deceit and time. "
)
CUES = (
    "{} as promised",
    "{} in all",
    "{} because of what had happened before",
    "A flashback shows that {}",
    "It turns out to be true that {}",
    "{}, which somebody had stolen",
    "Somebody falsely says so, but {}",
    "{}, who had changed",
)


def empty(story: Story, rng: random.Random) -> str:
    return ""


def vague(story: Story, rng: random.Random) -> str:
    return VAGUE * max(1, len(story.chunks) // 6)


def keywords(story: Story, rng: random.Random) -> str:
    """Every name, object, verb and cue, without sentences."""
    names = [figure.name for figure in story.figures]
    things = [thing.phrase().removeprefix("the ") for thing in story.things]
    bag = [*names, *things, *VERBS, "as promised", "in all", "because", "that had given", "turns out to be"] * 3
    rng.shuffle(bag)
    return " ".join(bag)


def captions_named(story: Story, rng: random.Random) -> str:
    return " ".join(captions(story, "named"))


def captions_appearance(story: Story, rng: random.Random) -> str:
    return " ".join(captions(story, "appearance"))


def first_part(story: Story, rng: random.Random) -> str:
    """The first 40 % of the reference."""
    told = sentences(reference(story))
    return " ".join(told[: int(0.4 * len(told))])


def last_part(story: Story, rng: random.Random) -> str:
    """The last 40 % of the reference, with its looks back at all that came before."""
    told = sentences(reference(story))
    return " ".join(told[-int(0.4 * len(told)) :])


def shuffled(story: Story, rng: random.Random) -> str:
    told = sentences(reference(story))
    rng.shuffle(told)
    return " ".join(told)


def backwards(story: Story, rng: random.Random) -> str:
    return " ".join(reversed(sentences(reference(story))))


def permuted_names(story: Story, rng: random.Random) -> str:
    """Every name is another one's, always the same."""
    names = [figure.name for figure in story.figures]
    rng.shuffle(names)
    other = dict(zip(names, names[1:] + names[:1], strict=True))
    return re.sub(r"\b[A-Z][a-z]+\b", lambda match: other.get(match[0], match[0]), reference(story))


def anonymised(story: Story, rng: random.Random) -> str:
    names = "|".join(figure.name for figure in story.figures)
    return re.sub(rf"\b(?:{names})\b", lambda match: rng.choice(("someone", "a figure", "Bobby")), reference(story))


def said_twice(story: Story, rng: random.Random) -> str:
    return f"{reference(story)} {reference(story)}"


def said_twice_reworded(story: Story, rng: random.Random) -> str:
    """Every sentence is followed by itself in other words."""
    return " ".join(f"{one} {synonyms(one, rng)}" for one in sentences(reference(story)))


def false_claims(story: Story, rng: random.Random, count: int) -> list[str]:
    """Well-formed sentences about the cast and objects of the story that are not so."""
    names = [figure.name for figure in story.figures]
    things = [f"the {colour} {kind}" for colour in COLOURS for kind in OBJECTS]
    things += [thing.phrase() for thing in story.things] * 3
    true = {event_sentence(story, event) for event in story.events()}
    made: list[str] = []
    while len(made) < count:
        one, two = rng.choices(names, k=2)
        thing = rng.choice(things)
        sentence = rng.choice((
            f"{one} gives {thing} to {two}.",
            f"{one} lifts {thing}.",
            f"{one} steals {thing} from {two}.",
            f"{one} promises to give {thing} to {two}.",
            f"{one} says that {two} stole {thing}.",
            f"{one} picks up nine coins.",
        ))  # fmt: skip
        # Nothing that some event would bear out: the same verb, agent and object.
        if one != two and not any(other.startswith(sentence.split(thing)[0] + thing) for other in true):
            made.append(sentence)
    return made


def plus_false_claims(story: Story, rng: random.Random) -> str:
    """The reference, then half as many false sentences, and 15 at the least."""
    told = sentences(reference(story))
    return " ".join(told + false_claims(story, rng, max(15, len(told) // 2)))


def false_claims_between(story: Story, rng: random.Random) -> str:
    """The same, strewn over the reference."""
    told = sentences(reference(story))
    for lie in false_claims(story, rng, max(15, len(told) // 2)):
        told.insert(rng.randrange(len(told) + 1), lie)
    return " ".join(told)


def deny(sentence: str) -> str:
    """A reference sentence with its main verb negated (a double negation undone)."""
    if " never gives " in sentence:
        return sentence.replace(" never gives ", " gives ")
    if sentence.startswith("A flashback shows that "):
        return sentence.replace(" had hidden ", " had not hidden ")
    plain = re.sub(
        r"\b(give|lift|use|hide|find|steal|open|close|turn(?!s out to)"
        r"|raise|lower|light|put|pick|change|take|promise|say)s\b",
        r"does not \1",
        sentence,
    )
    return plain.replace(" turns out to be ", " does not turn out to be ")


def negated(story: Story, rng: random.Random) -> str:
    return " ".join(deny(sentence) for sentence in sentences(reference(story)))


def told_and_denied(story: Story, rng: random.Random) -> str:
    return " ".join(f"{sentence} {deny(sentence)}" for sentence in sentences(reference(story)))


def plain_facts(story: Story) -> list[str]:
    return [event_sentence(story, event) for event in story.events() if salient(event)]


def no_links(story: Story, rng: random.Random) -> str:
    """The reference with plain facts in place of its link sentences."""
    return " ".join(plain_facts(story))


def cue_everywhere(story: Story, rng: random.Random) -> str:
    """Plain facts, each with some cue of a relation."""
    told = []
    for fact in plain_facts(story):
        cue = rng.choice(CUES).format(fact.removesuffix("."))
        told.append(f"{cue}.")
    return " ".join(told)


def promises_guessed(story: Story, rng: random.Random) -> str:
    """Plain facts, but every gift is told as one that had been promised: the likeliest guess at a relation."""
    return re.sub(r"( gives [^.]*)\.", r"\1 as promised.", " ".join(plain_facts(story)))


def looks_back_everywhere(story: Story, rng: random.Random) -> str:
    """Plain facts, each object with a guess at what had happened to it."""
    names = [figure.name for figure in story.figures]
    told = []
    for fact in plain_facts(story):
        who = fact.split(" ")[0]
        guess = rng.choice(("given " + who, "hidden", "found", "stolen", "promised " + who))
        told.append(f"{fact.removesuffix('.')}, which {rng.choice(names)} had {guess}.")
    return " ".join(told)


def all_pairs(story: Story, rng: random.Random) -> str:
    """Everybody gives everything to everybody, in some order, twice as long as the reference."""
    names = [figure.name for figure in story.figures]
    made = []
    for thing in story.things:
        for one in names:
            made.append(f"{one} lifts {thing.phrase()} that {rng.choice(names)} had given {one}.")
            made.append(f"{one} finds {thing.phrase()} that {rng.choice(names)} had hidden.")
            made.append(f"{one} gives {thing.phrase()} to {rng.choice(names)} as promised.")
    rng.shuffle(made)
    return " ".join(made[: 2 * len(plain_facts(story))])


def everybody_at_once(story: Story, rng: random.Random) -> str:
    """ "A, B and C give the key to A, B and C": every fact, and every falsehood."""
    names = [figure.name for figure in story.figures][:6]
    all_of_them = ", ".join(names[:-1]) + " and " + names[-1]
    made = []
    for thing in story.things:
        for verb in ("give {} to " + all_of_them, "lift {}", "find {}", "hide {}", "steal {} from " + all_of_them):
            made.append(f"{all_of_them} {verb.format(thing.phrase())}.")
    return " ".join(made)


def hedged(story: Story, rng: random.Random) -> str:
    hedges = ("Perhaps {}", "Maybe {}", "It is possible that maybe {}", "If {}", "Either {} or not")
    return " ".join(f"{rng.choice(hedges).format(s.removesuffix('.'))}." for s in sentences(reference(story)))


def questions(story: Story, rng: random.Random) -> str:
    return " ".join(f"Is it so that {s.removesuffix('.')}?" for s in sentences(reference(story)))


def quoted(story: Story, rng: random.Random) -> str:
    return f'Somebody says: "{reference(story)}"'


ZEROS: dict[str, Adversary] = {
    "empty": empty,
    "vague": vague,
    "keywords": keywords,
    "captions, named": captions_named,
    "captions, appearance": captions_appearance,
    "first 40 %": first_part,
    "reversed": backwards,
    "permuted names": permuted_names,
    "anonymised": anonymised,
    "negated": negated,
    "told and denied": told_and_denied,
    "no link sentences": no_links,
    "cue everywhere": cue_everywhere,
    "looks back everywhere": looks_back_everywhere,
    "all pairs": all_pairs,
    "everybody at once": everybody_at_once,
    "hedged": hedged,
    "questions": questions,
    "quoted": quoted,
}
"""Must score next to nothing."""

SPOILT: dict[str, Adversary] = {
    "said twice": said_twice,
    "said twice, reworded": said_twice_reworded,
    "shuffled": shuffled,
    "plus false claims": plus_false_claims,
    "false claims between": false_claims_between,
    "last 40 %": last_part,
    "promises guessed": promises_guessed,
}
"""Tell everything, but badly: must lose much."""

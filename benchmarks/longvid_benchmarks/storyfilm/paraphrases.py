"""The reference in other words: the same story, so the scorer must find the same facts and links in it.

Rewrites canonical sentences (`wording`) by pattern; knows nothing of how the scorer reads. No general
paraphraser.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

NAME = r"(?:[Tt]he masked figure|[A-Z][a-z]+)"
THING = r"the \w+ \w+"
DEVICE = r"the \w+ in the \w+"

SYNONYMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\bgives (the \w+ \w+) to\b", (r"hands \1 over to", r"passes \1 to", r"delivers \1 to", r"presents \1 to")),
    (r"\bhad given\b", ("had handed", "had passed")),
    (r"\bgives\b", ("hands", "passes")),
    (r"\bto give\b", ("to hand", "to pass", "to deliver")),
    (r"\blifts\b", ("holds up", "lifts up", "displays", "uses")),
    (r"\bhides\b", ("conceals", "stashes", "buries")),
    (r"\bhad hidden\b", ("had concealed", "had stashed")),
    (r"\bfinds\b", ("discovers", "retrieves", "recovers")),
    (r"\bhad found\b", ("had discovered", "had retrieved")),
    (r"\bpromises\b", ("vows", "pledges", "swears")),
    (r"\bsteals\b", ("snatches", "swipes", "pilfers")),
    (r"\bhad stolen\b", ("had snatched", "had swiped")),
    (r"\bfalsely says\b", ("wrongly claims", "falsely asserts", "untruthfully states")),
    (r"\bsays that\b", ("claims that", "asserts that", "alleges that")),
    (r"\bpicks up\b", ("collects", "gathers")),
    (r"\bin all\b", ("in total", "altogether")),
    (r"\bcloses\b", ("shuts",)),
    (r"\bturns on\b", ("switches on",)),
    (r"\bturns off\b", ("switches off",)),
    (r"\bputs out\b", ("extinguishes", "douses")),
    (r"\blights\b", ("kindles", "ignites")),
    (r"\braises\b", ("hoists",)),
    (r"\bturns out to be\b", ("is revealed to be", "proves to be", "is unmasked as", "is none other than")),
    (r"\bas promised\b", ("as agreed", "as promised before")),
    (r"\bbecause\b", ("since", "because")),
    (r"\bout of\b", ("from", "out of")),
    (r"\bchanges from (\w+) to\b", (r"turns from \1 to", r"changes colour from \1 to")),
    (r"\bhad changed from\b", ("had turned from", "had changed colour from")),
    (r", which\b", (", which",)),
)

PAST = {
    "gives": "gave", "lifts": "lifted", "holds": "held", "displays": "displayed", "uses": "used", "hides": "hid",
    "finds": "found", "promises": "promised", "steals": "stole",
    "opens": "opened", "closes": "closed", "turns": "turned", "raises": "raised", "lowers": "lowered", "lights": "lit",
    "puts": "put", "picks": "picked", "changes": "changed", "takes": "took", "says": "said", "shows": "showed",
    "is": "was", "are": "were", "hands": "handed", "passes": "passed", "delivers": "delivered",
    "presents": "presented", "employs": "employed", "wields": "wielded", "makes": "made", "operates": "operated",
    "conceals": "concealed", "stashes": "stashed", "buries": "buried", "discovers": "discovered",
    "retrieves": "retrieved", "recovers": "recovered", "vows": "vowed", "pledges": "pledged", "swears": "swore",
    "snatches": "snatched", "swipes": "swiped", "pilfers": "pilfered", "claims": "claimed", "asserts": "asserted",
    "states": "stated", "alleges": "alleged", "collects": "collected", "gathers": "gathered", "shuts": "shut",
    "switches": "switched", "extinguishes": "extinguished", "douses": "doused", "kindles": "kindled",
    "ignites": "ignited", "hoists": "hoisted", "proves": "proved",
}  # fmt: skip

PASSIVES: tuple[tuple[str, str], ...] = (
    (rf"({NAME}) gives ({THING}) to ({NAME})( as promised)?\.", r"\2 is given to \3 by \1\4."),
    (rf"({NAME}) never gives ({THING}) to ({NAME}) as promised\.", r"\2 is never given to \3 by \1 as promised."),
    (rf"({NAME}) lifts ({THING}) that ({NAME}) had given ({NAME})\.",
     r"\2 that had been given to \4 by \3 is lifted by \1."),
    (rf"({NAME}) finds ({THING}) that ({NAME}) had hidden\.", r"\2 that had been hidden by \3 is found by \1."),
    (rf"({NAME}) lifts ({THING})\.", r"\2 is lifted by \1."),
    (rf"({NAME}) (hides|finds) ({THING}) in the chest in the (\w+)\.", r"\3 is \2 by \1 in the chest in the \4."),
    (rf"({NAME}) promises to give ({THING}) to ({NAME})\.", r"\2 is promised to \3 by \1."),
    (rf"({NAME}) steals ({THING}) from ({NAME})\.", r"\2 is stolen from \3 by \1."),
    (rf"({NAME}) opens ({DEVICE}) with ({THING})\.", r"\2 is opened with \3 by \1."),
    (rf"({NAME}) (opens|closes|raises|lowers|lights) ({DEVICE})\.", r"\3 is \2 by \1."),
    (rf"({NAME}) turns (on|off) ({DEVICE})\.", r"\3 is turned \2 by \1."),
    (rf"({NAME}) puts out ({DEVICE})\.", r"\2 is put out by \1."),
    (rf"({NAME}) turns (on|off) ({DEVICE}) that ({NAME}) had turned (on|off)\.",
     r"\3 that had been turned \5 by \4 is turned \2 by \1."),
    (rf"({NAME}) (opens|closes|raises|lowers|lights) ({DEVICE}) that ({NAME}) had (\w+)( out)?\.",
     r"\3 that had been \5\6 by \4 is \2 by \1."),
    (rf"({NAME}) puts out ({DEVICE}) that ({NAME}) had lit\.", r"\2 that had been lit by \3 is put out by \1."),
    (rf"({NAME}) picks up (\w+) coins?( in all)?\.", r"\2 coins are picked up by \1\3."),
    (rf"({NAME}) takes ({THING}) out of ({DEVICE})\.", r"\2 is taken out of \3 by \1."),
    (rf"({NAME}) says that ({NAME}) stole ({THING})\.", r"It is said by \1 that \3 was stolen by \2."),
)  # fmt: skip
PARTICIPLE = {
    "is hides": "is hidden", "is finds": "is found", "is opens": "is opened", "is closes": "is closed",
    "is raises": "is raised", "is lowers": "is lowered", "is lights": "is lit",
}  # fmt: skip


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its full stop."""
    return [f"{part.rstrip('.')}." for part in text.strip().split(". ") if part.strip()]


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def synonyms(text: str, rng: random.Random) -> str:
    """Other verbs and other cues."""
    for pattern, choices in SYNONYMS:
        text = re.sub(pattern, lambda match, choices=choices: match.expand(rng.choice(choices)), text)  # type: ignore[misc]
    return text


def passive(text: str, rng: random.Random) -> str:
    """ "The blue key is given to Tobo by Mira." """
    return " ".join(_passive(sentence) for sentence in sentences(text))


def _passive(sentence: str) -> str:
    for pattern, form in PASSIVES:
        match = re.fullmatch(pattern, sentence)
        if match is not None:
            told = match.expand(form)
            for wrong, right in PARTICIPLE.items():
                told = told.replace(wrong, right)
            return _capital(told.replace("one coins are", "one coin is").replace(" The masked", " the masked"))
    return sentence


def ditransitive(text: str, rng: random.Random) -> str:
    """ "Mira gives Tobo the blue key." """
    text = re.sub(rf"\b(gives?) ({THING}) to ({NAME})", r"\1 \3 \2", text)
    return re.sub(rf"\bpromises to give ({NAME}) ({THING})", r"promises \1 \2", text)


def past(text: str, rng: random.Random) -> str:
    """Told in the past tense."""
    return re.sub(r"\b[a-z]+\b", lambda match: PAST.get(match[0], match[0]), text)


def pronouns(text: str, rng: random.Random) -> str:
    """Pronouns for the subject of the sentence before, and for who has been named in the sentence already."""
    told = []
    last = ""
    for sentence in sentences(text):
        subject = re.match(rf"{NAME}\b", sentence)
        who = subject[0] if subject is not None and subject[0] not in ("A", "The", "It") else ""
        he, him = rng.choice((("he", "him"), ("she", "her"), ("they", "them")))
        new = sentence
        if who:
            new = re.sub(rf"(that [A-Z]\w+ had given) {who}\b", rf"\1 {him}", new)
            new = re.sub(rf"(which) {who} (could)", rf"\1 {he} \2", new)
            new = re.sub(rf"(because) {who} (had)", rf"\1 {he} \2", new)
            if who == last and not re.match(rf"{NAME},", sentence):
                new = _capital(he) + new[len(who) :]
                if he == "they":  # "They lift it"
                    new = re.sub(r"^(They (?:never |falsely )?)(\w+)s\b", r"\1\2", new)
        told.append(new)
        last = who
    return " ".join(told)


def two_clauses(text: str, rng: random.Random) -> str:
    """Every two sentences as one: "Mira finds the key and then greets Tobo"; "Mira hides the key, and Tobo dances"."""
    told = sentences(text)
    joined = []
    for one, two in zip(told[::2], [*told[1::2], ""], strict=False):
        name = re.match(rf"{NAME}\b", one)
        if not two:
            joined.append(one)
        elif name and name[0] not in ("A", "The", "It") and re.match(rf"{name[0]} (?!who\b)", two) and "," not in one:
            joined.append(f"{one[:-1]} and then{two[len(name[0]) :]}")
        else:
            link = rng.choice((" and ", ", and ", ", then ", " while "))
            two = re.sub(r"^(The|A|He|She|They)\b", lambda match: match[0].lower(), two)
            joined.append(f"{one[:-1]}{link}{two}")
    return " ".join(joined)


def combined(text: str, rng: random.Random) -> str:
    """Some passives and ditransitives, pronouns, two clauses a sentence, synonyms and the past tense together."""
    mixed = " ".join(
        rng.choice((_passive, lambda s: ditransitive(s, rng), lambda s: s))(sentence) for sentence in sentences(text)
    )
    return past(synonyms(two_clauses(pronouns(mixed, rng), rng), rng), rng)


PARAPHRASES: dict[str, Callable[[str, random.Random], str]] = {
    "synonyms": synonyms,
    "passive": passive,
    "ditransitive": ditransitive,
    "past": past,
    "pronouns": pronouns,
    "two clauses": two_clauses,
    "combined": combined,
}

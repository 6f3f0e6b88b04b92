"""Ordinary English verbs by what they do to things and people: handing over, hiding, promising, opening and shutting.

The classes follow everyday use (compare the frames Giving, Theft, Hiding_objects, Commitment, Statement and
Change_of_state in FrameNet, Baker et al. 1998). Knows words, no sentences.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from longvid.text.morphology import base_form, verb_forms
from longvid.text.sentences import word_set

VerbClass = Literal[
    "transfer", "seize", "acquire", "hide", "find", "promise", "intend", "say", "change", "don", "doff", "be", "meet"
]


CLASSES: dict[VerbClass, str] = {
    "transfer": "give, hand, hand over, hand back, give back, give away, pass, pass on, deliver, lend, sell, return, "
    "bring, send, present, entrust, toss, throw, bequeath, slip",
    "seize": "steal, snatch, rob, swipe, pickpocket, seize, pilfer, take away, filch, grab",
    "acquire": "take, take out, pick up, collect, gather, get, receive, buy, obtain, catch, pull out, remove, pick",
    "hide": "hide, bury, conceal, stash, stow, tuck away, lock away, stuff, cache",
    "find": "find, discover, uncover, dig up, dig out, unearth, retrieve, recover, come across, fish out, spot",
    "promise": "promise, vow, swear, pledge",
    "intend": "plan, intend, decide, want, threaten, prepare, hope, agree, offer",
    "say": "say, claim, tell, insist, announce, declare, allege, report, explain, shout, whisper, deny, admit, lie, "
    "state, assert, maintain, testify, confess",
    "change": "change, turn, transform, switch, become",
    "don": "put on, don, pull on, slip on, wear",
    "doff": "take off, pull off, drop, lift off, tear off, rip off, slip off",
    "be": "be, turn out to be, prove to be",
    "meet": "meet, greet, hug, embrace, kiss, face, wave at, wave to, join, follow, watch, talk to, speak to, nod at",
}

OPPOSITES: tuple[tuple[str, str], ...] = (
    ("open, unlock, unlatch, unseal, unbolt", "close, shut, lock, latch, seal, bolt"),
    ("turn on, switch on, light, ignite, activate, kindle, light up", "turn off, switch off, put out, extinguish, "
     "blow out, deactivate, douse, snuff out, stamp out"),
    ("raise, hoist, pull up, put up", "lower, haul down, let down, pull down, take down"),
    ("tie, bind, chain, tie up, shackle, fasten", "untie, unbind, unchain, unshackle, unfasten, loosen, cut loose"),
    ("break, smash, damage, shatter, tear", "repair, mend, fix, restore"),
    ("build, erect, set up, assemble", "destroy, demolish, tear down, dismantle"),
    ("fill, fill up", "empty, drain, pour out"),
    ("connect, plug in, attach", "disconnect, unplug, detach"),
    ("load", "unload"),
    ("start, start up", "stop, halt"),
    ("cover, cover up", "uncover"),
    ("free, release, let out", "capture, imprison, jail, lock up, lock in, cage, arrest"),
)  # fmt: skip
"""Verbs that bring a thing into one state, and into the opposite one."""

SAME_ACT = (
    "give, hand, hand over, hand back, give back, return, pass, pass on, deliver, bring, present",
    "find, discover, recover, retrieve",
    "steal, snatch, swipe, pilfer, filch, take, take away, seize",
    "hide, bury, conceal, stash, stow, cache",
)
"""Verbs that tell one act in other words, as the same act comes back in another event."""

ONCE = word_set("kill murder shoot stab poison rob break destroy burn hide bury conceal")
"""Done once by one: who says that somebody else did it says something else than was seen."""

COMMON = (
    "walk jump dance run sit stand look watch enter leave exit follow push pull press carry hold lift use play show "
    "point climb fight attack chase kill help ask answer call wait stay turn move reach touch kick hit drop "
    "smile laugh cry scream shout talk speak sleep wake drive ride fly swim fall rise eat drink cook read write "
    "sing paint clean wash wear ring knock hug kiss dream think know see hear appear disappear arrive return go come "
    "make keep lose put set cut shake nod bow wave approach back step storm slap shove check guide lead urge grab "
    "dive begin continue stop notice realize swarm change project slow throw shut extend tear emerge collapse "
    "discolour lie hang kneel creep leap weep win strike feel burn try need refuse escape rest march work search "
    "inspect examine study draw aim shoot hurl wander stroll pass do have hurt lay"
)
"""Frequent verbs of stage directions; they only help to find where a clause begins."""


def _split(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(","))


CLASS_OF: dict[str, frozenset[VerbClass]] = {}
for _name, _words in CLASSES.items():
    for _word in _split(_words):
        CLASS_OF[_word] = CLASS_OF.get(_word, frozenset()) | {_name}

STATE_OF: dict[str, tuple[int, int]] = {}
for _axis, _pair in enumerate(OPPOSITES):
    for _side, _words in enumerate(_pair):
        for _word in _split(_words):
            STATE_OF.setdefault(_word, (_axis, _side))
"""Verb -> (axis, side): two verbs of one axis and different sides undo one another."""

LEMMAS = {lemma.split()[0] for lemma in [*CLASS_OF, *STATE_OF]} | set(COMMON.split())
PARTICLES = {lemma.split()[0]: set[str]() for lemma in [*CLASS_OF, *STATE_OF]}
for _lemma in [*CLASS_OF, *STATE_OF]:
    PARTICLES[_lemma.split()[0]].add(" ".join(_lemma.split()[1:]))


ACT_OF = {_word: _index for _index, _words in enumerate(SAME_ACT) for _word in _split(_words)}


@cache
def _known() -> dict[str, str]:
    """Any form of a verb of `LEMMAS` -> its base form."""
    forms = {base: base for base in LEMMAS}
    for base in sorted(LEMMAS):
        for form in sorted(verb_forms(base)):
            forms.setdefault(form, base)
    return forms | {"are": "be", "am": "be"}


def lemma(word: str) -> str | None:
    """The base form of `word` if it is a form of a known verb."""
    return _known().get(word.lower())


def guess(word: str) -> str:
    """The base form of `word`, which stands where a verb stands."""
    return lemma(word) or base_form(word.lower())


def same_act(one: str, other: str) -> bool:
    """Whether two verbs (base forms) can tell the same act."""
    return one == other or (one in ACT_OF and ACT_OF[one] == ACT_OF.get(other))


def classes(lemma: str) -> frozenset[VerbClass]:
    """The classes of a verb with its particle ("pick up")."""
    return CLASS_OF.get(lemma, frozenset())

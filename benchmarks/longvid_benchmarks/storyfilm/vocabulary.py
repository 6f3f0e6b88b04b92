"""The closed vocabulary of StoryFilm: what can be seen, and its one canonical word.

Everything else (pictures, captions, scorer) draws on these tables, so that a thing has one name everywhere. Knows no
story and no picture.
"""

from __future__ import annotations

SHAPES = ("circle", "square", "triangle", "star", "diamond", "cross")
"""Silhouettes of figures; a figure keeps its shape and its mark for good."""

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 32, 32),
    "orange": (255, 140, 0),
    "yellow": (250, 230, 40),
    "green": (24, 160, 60),
    "blue": (36, 84, 230),
    "purple": (150, 46, 190),
    "white": (246, 246, 246),
}
"""Colours of figures and objects, as RGB. A figure may change its colour."""

MARKS = ("plain", "striped", "dotted")
"""What is drawn on a figure: nothing, a dark band, two dark spots."""

OBJECTS = ("key", "book", "cup", "crown", "letter", "flower", "sword", "drum", "bell", "lantern")
"""Things that are held, given, hidden; each exists in every colour ("the blue key")."""

PLACES = ("forest", "beach", "cave", "market", "castle", "glacier", "harbor", "garden")
"""Backgrounds; a chunk plays in one place, and neighbours differ."""

DEVICES: dict[str, tuple[str, str]] = {
    "gate": ("closed", "open"),
    "lamp": ("dark", "lit"),
    "flag": ("lowered", "raised"),
    "fire": ("out", "burning"),
}
"""Fixed things with two states; each stands in one place ("the gate in the castle")."""

SWITCHES: dict[tuple[str, str], str] = {
    ("gate", "open"): "opens",
    ("gate", "closed"): "closes",
    ("lamp", "lit"): "turns on",
    ("lamp", "dark"): "turns off",
    ("flag", "raised"): "raises",
    ("flag", "lowered"): "lowers",
    ("fire", "burning"): "lights",
    ("fire", "out"): "puts out",
}
"""The verb that brings a device into a state."""

NAMES = (
    "Abel", "Anso", "Bira", "Bovo", "Ciro", "Cleo", "Dako", "Dima", "Edda", "Elmo", "Enzo", "Fara", "Finn", "Gaia",
    "Gero", "Hana", "Hugo", "Ilse", "Ivan", "Jala", "Jori", "Kato", "Kira", "Lena", "Levi", "Lumo", "Mako", "Mira",
    "Nela", "Nico", "Odin", "Olga", "Omar", "Paco", "Pina", "Quin", "Rafa", "Remy", "Rosa", "Sabo", "Sena", "Suki",
    "Tara", "Tobo", "Tula", "Ugo", "Uma", "Vera", "Vito", "Wanda", "Wilo", "Xeno", "Yara", "Yuri", "Zara", "Zeno",
    "Zora", "Bruno", "Greta", "Marlo",
)  # fmt: skip
"""Sixty names, shared by all seeds."""

NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
"""Number words as captions write them."""

PREDICATES = (
    "give", "use", "hide", "find", "promise", "steal", "switch", "collect", "change", "unmask", "claim", "unlock",
    "take", "greet", "dance", "sleep", "jump", "walk",
)  # fmt: skip
"""All kinds of event. The last five are fillers: they happen, and no summary has to tell them."""

FILLERS = frozenset({"greet", "dance", "sleep", "jump", "walk", "introduce"})

HEARD = ("plan", "introduce")
"""Kinds of event that no picture can tell: there are some where figures speak."""

DEEDS = ("hide", "switch", "unlock", "take")
"""What a figure can say beforehand that it will do."""

LINKS: dict[str, str] = {
    "handover-use": "what was handed over is held up later by who got it",
    "hidden-found": "what was hidden is found later",
    "promise-kept": "what was promised is done later",
    "promise-broken": "what was promised is never done",
    "state-flipped": "what one switched, another switches back later",
    "count": "coins picked up at several times add up",
    "returns-changed": "a figure that changed its look acts later, while another has the old look",
    "alias-revealed": "who acted masked is seen later without the mask",
    "false-claim": "what somebody says contradicts what was shown",
    "causal-chain": "each of four events makes the next possible",
    "flashback": "what is shown late explains what was shown before, since it had happened earlier",
}
"""Kinds of link between distant chunks."""

HEARD_LINKS: dict[str, str] = {"plan-carried-out": "what somebody said it would do is done later"}
"""Kinds of link that only films have whose figures speak."""

"""The words that a summary may use for what StoryFilm shows: verbs, nouns, cues of relations, hedges, function words.

Plain tables over the closed vocabulary; knows no story and no grammar. A word that is not here is not understood: the
scorer then sees no claim in it, neither true nor false.
"""

from __future__ import annotations

from longvid_benchmarks.storyfilm.vocabulary import COLOURS, DEVICES, MARKS, NUMBERS, OBJECTS, PLACES, SHAPES


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


FORMS = ("base", "s", "past", "part", "ing")

_VERBS = {
    # sense: forms of each verb as base, third person, past, participle, gerund
    "give": "give gives gave given giving|hand hands handed handed handing|pass passes passed passed passing|"
    "present presents presented presented presenting|deliver delivers delivered delivered delivering",
    "receive": "receive receives received received receiving|get gets got gotten getting",
    "use": "lift lifts lifted lifted lifting|display displays displayed displayed displaying|"
    "use uses used used using|employ employs employed employed employing|"
    "utilize utilizes utilized utilized utilizing|wield wields wielded wielded wielding|"
    "operate operates operated operated operating",
    "hide": "hide hides hid hidden hiding|conceal conceals concealed concealed concealing|"
    "stash stashes stashed stashed stashing|bury buries buried buried burying",
    "put": "put puts put put putting|place places placed placed placing",
    "find": "find finds found found finding|discover discovers discovered discovered discovering|"
    "retrieve retrieves retrieved retrieved retrieving|recover recovers recovered recovered recovering|"
    "unearth unearths unearthed unearthed unearthing",
    "promise": "promise promises promised promised promising|vow vows vowed vowed vowing|"
    "pledge pledges pledged pledged pledging|swear swears swore sworn swearing",
    "steal": "steal steals stole stolen stealing|snatch snatches snatched snatched snatching|"
    "swipe swipes swiped swiped swiping|pilfer pilfers pilfered pilfered pilfering|rob robs robbed robbed robbing",
    "take": "take takes took taken taking|remove removes removed removed removing|"
    "fetch fetches fetched fetched fetching",
    "open": "open opens opened opened opening",
    "unlock": "unlock unlocks unlocked unlocked unlocking",
    "close": "close closes closed closed closing|shut shuts shut shut shutting",
    "turn": "turn turns turned turned turning|switch switches switched switched switching",
    "raise": "raise raises raised raised raising|hoist hoists hoisted hoisted hoisting",
    "lower": "lower lowers lowered lowered lowering",
    "light": "light lights lit lit lighting|kindle kindles kindled kindled kindling|"
    "ignite ignites ignited ignited igniting",
    "extinguish": "extinguish extinguishes extinguished extinguished extinguishing|douse douses doused doused dousing",
    "pick": "pick picks picked picked picking",
    "collect": "collect collects collected collected collecting|gather gathers gathered gathered gathering",
    "change": "change changes changed changed changing|become becomes became become becoming",
    "unmask": "unmask unmasks unmasked unmasked unmasking",
    "say": "say says said said saying|claim claims claimed claimed claiming|state states stated stated stating|"
    "assert asserts asserted asserted asserting|allege alleges alleged alleged alleging|"
    "insist insists insisted insisted insisting|tell tells told told telling|lie lies lied lied lying|"
    "declare declares declared declared declaring",
    "accuse": "accuse accuses accused accused accusing|blame blames blamed blamed blaming",
    "show": "show shows showed shown showing|reveal reveals revealed revealed revealing",
    "greet": "greet greets greeted greeted greeting|wave waves waved waved waving",
    "dance": "dance dances danced danced dancing",
    "sleep": "sleep sleeps slept slept sleeping",
    "jump": "jump jumps jumped jumped jumping|hop hops hopped hopped hopping|leap leaps leaped leapt leaping",
    "walk": "walk walks walked walked walking|stroll strolls strolled strolled strolling",
    # what follows these is not asserted, or denied
    "want": "want wants wanted wanted wanting|plan plans planned planned planning|try tries tried tried trying|"
    "hope hopes hoped hoped hoping|intend intends intended intended intending|offer offers offered offered offering|"
    "think thinks thought thought thinking|believe believes believed believed believing|"
    "dream dreams dreamed dreamt dreaming|imagine imagines imagined imagined imagining|"
    "suspect suspects suspected suspected suspecting|ask asks asked asked asking|"
    "suppose supposes supposed supposed supposing|guess guesses guessed guessed guessing|"
    "wonder wonders wondered wondered wondering|pretend pretends pretended pretended pretending|"
    "seem seems seemed seemed seeming|appear appears appeared appeared appearing|doubt doubts doubted doubted doubting|"
    "deny denies denied denied denying",
    "fail": "fail fails failed failed failing|refuse refuses refused refused refusing|"
    "forget forgets forgot forgotten forgetting|decline declines declined declined declining",
    "manage": "manage manages managed managed managing",
}

VERBS: dict[str, tuple[str, frozenset[str]]] = {}
"""Form -> its sense and the forms that it can be ("hidden" -> hide, {part})."""
for _sense, _rows in _VERBS.items():
    for _row in _rows.split("|"):
        for _form, _word in zip(FORMS, _row.split(), strict=True):
            _known = VERBS.get(_word)
            VERBS[_word] = (_sense, (_known[1] if _known else frozenset()) | {_form})

REPORTING = frozenset({"say", "promise", "want", "accuse"})
"""Senses whose complement is not asserted."""

COMPLEMENT = frozenset({"say", "promise", "want", "show", "fail", "manage"})
"""Senses after which "that" opens a complement, not a relative clause."""

SWITCHING: dict[str, tuple[tuple[str, str], ...]] = {
    "open": (("gate", "open"),),
    "unlock": (("gate", "open"),),
    "close": (("gate", "closed"),),
    "turn on": (("lamp", "lit"), ("fire", "burning")),
    "turn off": (("lamp", "dark"), ("fire", "out")),
    "put out": (("fire", "out"), ("lamp", "dark")),
    "extinguish": (("fire", "out"), ("lamp", "dark")),
    "light": (("fire", "burning"), ("lamp", "lit")),
    "raise": (("flag", "raised"),),
    "lower": (("flag", "lowered"),),
    "take down": (("flag", "lowered"),),
}
"""Sense (with its particle) -> the device kinds it fits and the state that it brings."""

_SAME = {
    "shape": ("disc=circle", "disk=circle"),
    "mark": ("stripy=striped", "spotted=dotted"),
    "colour": ("violet=purple",),
    "object": ("goblet=cup", "mug=cup", "blade=sword", "blossom=flower", "tome=book"),
    "device": ("door=gate", "banner=flag", "bonfire=fire", "campfire=fire"),
    "place": ("harbour=harbor", "woods=forest", "cavern=cave"),
}
NOUNS: dict[str, tuple[str, str]] = {}
"""Noun or adjective -> its class (shape, mark, colour, object, device, place) and canonical word."""
for _class, _words in (
    ("shape", SHAPES),
    ("mark", MARKS),
    ("colour", tuple(COLOURS)),
    ("object", OBJECTS),
    ("device", tuple(DEVICES)),
    ("place", PLACES),
):
    for _word in _words:
        NOUNS[_word] = (_class, _word)
for _class, _pairs in _SAME.items():
    for _pair in _pairs:
        _alias, _word = _pair.split("=")
        NOUNS[_alias] = (_class, _word)

COUNTS = {word: number for number, word in enumerate(NUMBERS)} | {"a": 1}

ANONYMOUS = _set(
    "someone somebody anyone anybody everyone everybody nobody figure figures character characters person people "
    "stranger thief one man woman shape shapes protagonist hero friend another other others both each"
)
"""Nouns that name nobody. After "masked" they are the masked figure."""

SUBJECT_PRONOUNS = frozenset({"he", "she", "they"})
OBJECT_PRONOUNS = frozenset({"him", "her", "them"})
POSSESSIVES = frozenset({"his", "her", "their", "its"})
ARTICLES = frozenset({"the", "a", "an", "this", "these", "those"})

BE = _set("is are was were be been being am")
HAVE = _set("has have had having")
DO = _set("do does did")
MODALS = _set("will would shall should might may can must could")
NEGATIONS = _set("not never no neither nor without cannot hardly nowhere")
PREPOSITIONS = _set("to from of by with in into inside at out off on up down over near for away back as")
RELATIVES = _set("who whom which that whose")
CONJUNCTIONS = _set(
    "and then but while whereas because since after before when once so although though until as for yet"
)
HEDGES = _set(
    "maybe perhaps possibly probably presumably apparently allegedly supposedly likely unclear or either if whether "
    "unless unknown imaginary imagined hypothetically could've rumour rumor rumoured rumored"
)
"""Words that leave open whether the sentence they stand in is true; it then earns nothing."""

ADVERBS = _set(
    "later earlier also again soon now once finally eventually afterwards still already meanwhile next first only just "
    "there here thus therefore instead quietly really himself herself themselves themself itself last today together "
    "simply so even too at"
)
"""Words that may stand between a conjunction and its verb; so may all that end in -ly."""

BECAUSE = _set("because since thanks therefore enabled enables allowed allows owing due")
FALSELY = _set("falsely wrongly untruthfully incorrectly dishonestly mistakenly lie lies lied lying")
FLASHBACK = _set("flashback flashbacks backstory")

PHRASES: dict[tuple[str, ...], tuple[str, str]] = {}
"""Runs of words read as one: (class, value). Classes: cue (total, promised, planned, because, ...), verb."""


def _phrases(kind: str, value: str, *texts: str) -> None:
    for text in texts:
        PHRASES[tuple(text.split())] = (kind, value)


_phrases("cue", "total", "in all", "in total", "altogether", "all in all", "all told", "total", "overall")
_phrases("cue", "promised", "as promised", "as agreed", "true to the promise", "true to the word")
for _who in ("he", "she", "they"):
    _phrases("cue", "promised", f"as {_who} promised", f"as {_who} had promised")
for _verb in ("keeps", "kept", "keeping", "fulfils", "fulfills", "fulfilled", "fulfilling", "honours", "honored"):
    for _whose in ("the", "his", "her", "their", "a"):
        _phrases("cue", "promised", f"{_verb} {_whose} promise", f"{_verb} {_whose} word")
for _verb in ("breaks", "broke", "breaking"):
    for _whose in ("the", "his", "her", "their", "a"):
        _phrases("cue", "broken", f"{_verb} {_whose} promise", f"{_verb} {_whose} word")
_phrases("cue", "broken", "but never does", "but never did", "but never do", "never does so", "but does not",
         "but did not", "in vain")  # fmt: skip
_phrases("cue", "planned", "as planned", "as intended", "as announced")
_phrases("cue", "because", "as a result", "made possible", "which is why", "so that", "owing to", "due to")
_phrases("cue", "flashback", "before the film begins", "before the film began", "before the story begins",
         "before the story began", "looking back")  # fmt: skip
_phrases("cue", "denied", "it is not true", "it was not true", "it is false", "it was false", "it is untrue",
         "it is not the case", "it never happens", "no longer")  # fmt: skip
for _be in ("is", "was"):
    _phrases("verb", "identity", *(f"{_be} {rest}" for rest in (
        "revealed to be", "revealed as", "unmasked as", "none other than",
        "shown to be", "exposed as", "recognised as", "recognized as",
    )))  # fmt: skip
_phrases("verb", "identity", "turns out to be", "turned out to be", "turns out to have been", "proves to be",
         "proved to be")  # fmt: skip
for _self in ("himself", "herself", "themself", "themselves", "itself"):
    for _verb in ("reveals", "revealed"):
        _phrases("verb", "identity", f"{_verb} {_self} to be", f"{_verb} {_self} as")
_phrases("verb", "use", "makes use of", "made use of", "make use of", "holds up", "held up", "hold up", "lifts up",
         "lifted up", "lift up")  # fmt: skip
_phrases("adverb", "fact", "in fact", "in truth", "in reality", "in turn", "at last", "in the end", "at once")
_phrases("prep", "to", "over to")
_phrases("prep", "from", "out of", "away from", "from inside")
_phrases("prep", "with", "by means of", "with the help of", "by using", "using", "with the aid of")

LONGEST_PHRASE = max(len(phrase) for phrase in PHRASES)

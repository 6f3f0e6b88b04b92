"""The reader of simple English: clauses, phrases, verbs, entities and coreference, all by rules.

For the floor without a language model; a strategy that has one need not import it.
"""

from longvid.narrative.clauses import read_clauses, split_sentence
from longvid.narrative.coreference import CoreferenceRules, resolve
from longvid.narrative.dialogue import hear
from longvid.narrative.entities import Cast, Doubt, Entity, Sense, understand
from longvid.narrative.phrases import BODY, Clause, Phrase
from longvid.narrative.reader import read_caption
from longvid.narrative.verbs import ONCE, same_act
from longvid.text.morphology import past_participle, plural, simple_past, singular, third_person
from longvid.text.sentences import word_set

__all__ = [
    "BODY",
    "ONCE",
    "Cast",
    "Clause",
    "CoreferenceRules",
    "Doubt",
    "Entity",
    "Phrase",
    "Sense",
    "hear",
    "past_participle",
    "plural",
    "read_caption",
    "read_clauses",
    "resolve",
    "same_act",
    "simple_past",
    "singular",
    "split_sentence",
    "third_person",
    "understand",
    "word_set",
]

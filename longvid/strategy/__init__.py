"""What a merge strategy needs, and all that it may import of longvid.

The contract (`Strategy`, `Context`, `Answer`, ...) and what strategies share: packing by tokens, waves, merging, event
lines, who is who.
"""

from longvid.film import Chunk, Line
from longvid.strategy.captions import read_caption
from longvid.strategy.cast import Cast, Doubt, Figure, Sense, understand
from longvid.strategy.citing import keep_evidence
from longvid.strategy.clauses import read_clauses, split_sentence
from longvid.strategy.contract import (
    Answer,
    Context,
    Estimate,
    Limits,
    Need,
    Reason,
    Status,
    Strategy,
    StrategyConfig,
)
from longvid.strategy.events import Parsed, Row, parse_events, read_events
from longvid.strategy.graphs import CaptionState, add_captions, in_waves, keep_list, kept_list, usable, wave_width
from longvid.strategy.grounds import Grounds, founded
from longvid.strategy.identities import Rules, resolve
from longvid.strategy.lexical import Rarity, find_names, names_in, terms
from longvid.strategy.merging import (
    CALLS,
    REPLACED,
    Draft,
    Merged,
    answer_room,
    ask_writer,
    draft,
    merge,
    most_calls,
    parts_for,
    shortened,
    source_room,
    tokens_for,
    words_in,
    words_that_fit,
    written,
)
from longvid.strategy.morphology import past_participle, plural, simple_past, singular, third_person
from longvid.strategy.numerals import numerals
from longvid.strategy.openings import without_openings
from longvid.strategy.packing import pack, split, waves
from longvid.strategy.phrases import BODY, Clause, Phrase
from longvid.strategy.salience import salient
from longvid.strategy.trees import BearingTree, Tree, TreeState
from longvid.strategy.verbs import ONCE, same_act, word_set
from longvid.text import fit, is_whole, says_no_change, sentences

__all__ = [
    "BODY",
    "CALLS",
    "ONCE",
    "REPLACED",
    "Answer",
    "BearingTree",
    "CaptionState",
    "Cast",
    "Chunk",
    "Clause",
    "Context",
    "Doubt",
    "Draft",
    "Estimate",
    "Figure",
    "Grounds",
    "Limits",
    "Line",
    "Merged",
    "Need",
    "Parsed",
    "Phrase",
    "Rarity",
    "Reason",
    "Row",
    "Rules",
    "Sense",
    "Status",
    "Strategy",
    "StrategyConfig",
    "Tree",
    "TreeState",
    "add_captions",
    "answer_room",
    "ask_writer",
    "draft",
    "find_names",
    "fit",
    "founded",
    "in_waves",
    "is_whole",
    "keep_evidence",
    "keep_list",
    "kept_list",
    "merge",
    "most_calls",
    "names_in",
    "numerals",
    "pack",
    "parse_events",
    "parts_for",
    "past_participle",
    "plural",
    "read_caption",
    "read_clauses",
    "read_events",
    "resolve",
    "salient",
    "same_act",
    "says_no_change",
    "sentences",
    "shortened",
    "simple_past",
    "singular",
    "source_room",
    "split",
    "split_sentence",
    "terms",
    "third_person",
    "tokens_for",
    "understand",
    "usable",
    "wave_width",
    "waves",
    "without_openings",
    "word_set",
    "words_in",
    "words_that_fit",
    "written",
]

"""What a merge strategy needs, and all that it may import of longvid.

The contract (`Strategy`, `Context`, `Answer`, ...) and what strategies share: packing by tokens, waves, merging, event
lines. Who is who, and words in other forms, are read by `longvid.narrative`.
"""

from longvid.captions.events import Event, Parsed, Row, parse_events, read_events
from longvid.captions.spoken import description, has_dialogue, marked, statements
from longvid.film import Chunk, Cue, Line
from longvid.strategy.citing import keep_evidence
from longvid.strategy.contract import (
    Answer,
    Call,
    Capability,
    Context,
    Estimate,
    Limits,
    Reason,
    Status,
    Strategy,
    StrategyConfig,
)
from longvid.strategy.dialogue import ChunkTexts, most_telling
from longvid.strategy.graphs import CaptionState, add_captions, in_waves, keep_list, kept_list, usable, wave_size
from longvid.strategy.merging import (
    CALLS,
    FRAMING,
    REPLACED,
    Draft,
    Merged,
    answer_room,
    ask_llm,
    draft,
    longest_answer,
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
from longvid.strategy.packing import evenly, pack, split, waves
from longvid.strategy.trees import BearingTree, Tree, TreeState
from longvid.text import fit, is_whole, says_no_change, sentences
from longvid.text.grounds import Grounds, founded
from longvid.text.lexical import Rarity, find_names, names_in, terms
from longvid.text.numerals import numerals
from longvid.text.openings import without_openings
from longvid.text.salience import salient

__all__ = [
    "CALLS",
    "FRAMING",
    "REPLACED",
    "Answer",
    "BearingTree",
    "Call",
    "Capability",
    "CaptionState",
    "Chunk",
    "ChunkTexts",
    "Context",
    "Cue",
    "Draft",
    "Estimate",
    "Event",
    "Grounds",
    "Limits",
    "Line",
    "Merged",
    "Parsed",
    "Rarity",
    "Reason",
    "Row",
    "Status",
    "Strategy",
    "StrategyConfig",
    "Tree",
    "TreeState",
    "add_captions",
    "answer_room",
    "ask_llm",
    "description",
    "draft",
    "evenly",
    "find_names",
    "fit",
    "founded",
    "has_dialogue",
    "in_waves",
    "is_whole",
    "keep_evidence",
    "keep_list",
    "kept_list",
    "longest_answer",
    "marked",
    "merge",
    "most_calls",
    "most_telling",
    "names_in",
    "numerals",
    "pack",
    "parse_events",
    "parts_for",
    "read_events",
    "salient",
    "says_no_change",
    "sentences",
    "shortened",
    "source_room",
    "split",
    "statements",
    "terms",
    "tokens_for",
    "usable",
    "wave_size",
    "waves",
    "without_openings",
    "words_in",
    "words_that_fit",
    "written",
]

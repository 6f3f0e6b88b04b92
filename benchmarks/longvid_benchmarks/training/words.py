"""The small model's tokenizer: whole words of StoryFilm and of the prompts, and bytes for anything else.

Byte-level BPE in the layout of the published tokenizer, with Llama 3's rule that a piece which stands in the vocabulary
is one token; there are no merges, so every other piece falls apart into its bytes and nothing is ever unknown. The
vocabulary is a function of the prompts in use, the tables of StoryFilm and the gold of a few training films.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterable
from pathlib import Path

from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.storyfilm import gold, vocabulary
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.questions import questions
from longvid_benchmarks.storyfilm.wording import PERFECT

SPECIAL = ("<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>")
"""Begins a text, ends one, and holds the place of a frame; in the order of their ids, after all others."""
FILMS = 12
"""Training films of which every word is taken."""
NUMBERS = 100
"""Numbers below this are one token; a frame's label always is."""
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
"""Where a text is cut into pieces, as in Llama 3."""


TABLES: tuple[Iterable[str], ...] = (
    vocabulary.SHAPES, vocabulary.COLOURS, vocabulary.MARKS, vocabulary.OBJECTS, vocabulary.PLACES,
    vocabulary.DEVICES, vocabulary.NAMES, vocabulary.NUMBERS, vocabulary.SWITCHES.values(), PERFECT.values(),
)  # fmt: skip
"""All words of StoryFilm itself."""


def corpus() -> list[str]:
    """Texts that hold every word the model is to know."""
    said = [f"Question: {text} Answer:" for text in (*prompts.WATCHING.values(), *prompts.WRITING.values())]
    said += [*prompts.FRAMES, prompts.WHEN, prompts.WHO, "yes no unclear none. somebody else"]
    said += [" ".join(table) for table in TABLES]
    for seed in range(FILMS):
        story = invent(seed, 14)
        said += [*gold.captions(story), gold.reference(story)]
        said += ["\n".join(gold.event_lines(story, chunk)) for chunk in story.chunks]
        said += [f"{row['question']} {' '.join(row['options'])}" for row in questions(story)]
    return said


def write_tokenizer(folder: Path) -> int:
    """Write tokenizer.json and its two companions into `folder`; return the number of tokens."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

    cut = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    pieces = {piece for text in corpus() for piece, _ in cut.pre_tokenize_str(text)}
    blank = "Ġ"
    words = {piece.removeprefix(blank) for piece in pieces if piece.removeprefix(blank).isalpha()}
    # Any word may come to stand at the beginning of a sentence.
    pieces |= {blank + form for word in words for form in (word, word.capitalize())}
    pieces |= {word.capitalize() for word in words}
    # After a bracket a word has no blank in front.
    pieces |= {word for table in TABLES for text in table for word in text.split()} | {"masked", "minute", "minutes"}
    pieces |= {blank + letter for letter in string.ascii_uppercase}
    pieces |= {str(number) for number in range(NUMBERS)}
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    ordered = [*alphabet, *sorted(piece for piece in pieces if len(piece) > 1)]
    vocab = {piece: index for index, piece in enumerate(ordered)}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], ignore_merges=True))
    tokenizer.pre_tokenizer = cut
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    special = {"bos_token": SPECIAL[0], "eos_token": SPECIAL[1]}
    described = {**special, "clean_up_tokenization_spaces": False, "tokenizer_class": "PreTrainedTokenizerFast"}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    (folder / "special_tokens_map.json").write_text(json.dumps(special) + "\n", encoding="utf-8")
    return int(tokenizer.get_vocab_size())

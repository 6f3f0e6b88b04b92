"""Plain-text tools that everything may use: sentences, loops, boilerplate, safe characters."""

from longvid.text.plain import (
    counted,
    fit,
    has_verb,
    leading,
    normal,
    printable,
    repeated_tail,
    says_no_change,
    without_boilerplate,
    without_loops,
)
from longvid.text.sentences import is_whole, sentences, word_list, word_set

__all__ = [
    "counted",
    "fit",
    "has_verb",
    "is_whole",
    "leading",
    "normal",
    "printable",
    "repeated_tail",
    "says_no_change",
    "sentences",
    "without_boilerplate",
    "without_loops",
    "word_list",
    "word_set",
]

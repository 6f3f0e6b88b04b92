"""What of an answer counts: sentences with the numbers of passages, as models write both."""

from __future__ import annotations

import pytest

from longvid.asking.passages import Passage
from longvid.asking.prompting import read

SEEN = [
    "Piet says into the telephone: It's me. Thursday, ten. By the water.",
    "A sheet has the line H. Kallan, foreman, settled 12 Nov., and Insp. D. Kallan reads it.",
    "Gil says that he took the ladder, Nora, and that he was eleven. He cries.",
]
PASSAGES = [Passage("seen", (0.0,), text) for text in SEEN]


@pytest.mark.parametrize(
    ("answer", "sentences"),
    [
        ('He said, "It\'s me. Thursday, ten. By the water." [1]. Gil cries [3].',
         [('He said, "It\'s me. Thursday, ten. By the water."', (1,)), ("Gil cries.", (3,))]),
        ('He said: "Thursday, ten. By the water." [1] Gil cries. [3]',
         [('He said: "Thursday, ten. By the water."', (1,)), ("Gil cries.", (3,))]),
        ('The line is "H. Kallan, foreman, settled 12 Nov." [2].',
         [('The line is "H. Kallan, foreman, settled 12 Nov."', (2,))]),
        ('He says: \u201cI took the ladder, Nora. I was eleven\u201d [3].',
         [('He says: \u201cI took the ladder, Nora. I was eleven\u201d.', (3,))]),
        ('He says "I was eleven!" [3], and cries [3]. Piet says "ten" [1].',
         [('He says "I was eleven!", and cries.', (3,)), ('Piet says "ten".', (1,))]),
        ('He says "I was eleven. He cries. [3] Piet says ten [1].',
         [("He cries.", (3,)), ("Piet says ten.", (1,))]),
        ('He says "I was eleven. [3] Piet says "ten" [1].',
         [('He says "I was eleven.', (3,)), ('Piet says "ten".', (1,))]),
        ('"I cannot tell you where he is," Gil says. [3]', [('"I cannot tell you where he is," Gil says.', (3,))]),
        ("Inspector Kallan reads it [2].", [("Inspector Kallan reads it.", (2,))]),
    ],
    ids=["stop behind", "no stop behind", "an abbreviation", "curly", "within a sentence", "an odd mark",
         "a pair over numbers", "a refusal that is said", "a title"],
)  # fmt: skip
def test_a_quotation_belongs_to_its_sentence_with_all_that_ends_in_it(
    answer: str, sentences: list[tuple[str, tuple[int, ...]]]
) -> None:
    said = read(answer, PASSAGES)
    assert said is not None
    assert [(one.sentence, one.evidence) for one in said] == sentences

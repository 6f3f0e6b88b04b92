"""A language model writes wrong answers to questions whose right one it is told. What it writes is checked as all
options are; a reply that holds none is counted and told, and other videos give the options then.
"""

from __future__ import annotations

from collections.abc import Sequence

from longvid.engine.request import Backend
from longvid.files import parse_json
from longvid.run import Store
from longvid_benchmarks.published.annotated.drafts import Draft
from longvid_benchmarks.published.openended.judging import replies
from longvid_benchmarks.published.questions import is_text
from longvid_benchmarks.published.wordings import filled
from longvid_benchmarks.terminal import Advance

PROMPT = (
    "A person watched a video, was asked a question and answered it. Write {number} other answers that are wrong: each "
    "could be true of such a video, says something else than the right one, and is about as long.\n"
    "Question: {question}\nRight answer: {answer}\n{true}"
    'Answer with a JSON list of texts alone, such as ["...", "..."].'
)
TOKENS = 256
LONGEST = 300
"""Characters of an option."""


async def wrong_answers(
    llm: Backend, name: str, store: Store, drafts: Sequence[Draft], advance: Advance
) -> list[list[str]]:
    """What `llm`, called `name`, writes for each of `drafts`; nothing where its reply holds no list of texts.

    Raises LLMError where it does not answer.
    """
    found = await replies(llm, name, store, [_prompt(draft) for draft in drafts], TOKENS, advance, option="--llm")
    return [read_list(reply) for reply in found]


def _prompt(draft: Draft) -> str:
    true = f"Also true of the video, and so not wrong: {'; '.join(draft.true)}\n" if draft.true else ""
    parts = {"number": str(draft.options), "question": draft.question, "answer": draft.right, "true": true}
    return filled(PROMPT, parts)


def read_list(reply: str) -> list[str]:
    """The texts of the one JSON list in `reply`; none where there is no such list."""
    first, last = reply.find("["), reply.rfind("]")
    try:
        told = parse_json(reply[first : last + 1]) if 0 <= first < last else None
    except ValueError:
        return []
    if not isinstance(told, list) or not all(is_text(one) and len(one) <= LONGEST for one in told):
        return []
    return [" ".join(one.split()) for one in told]

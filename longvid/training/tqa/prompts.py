"""What the language model is asked of a clip: whether its scene changes, and one question about the biggest change.

Wordings of our own to the purpose that the paper describes. They are part of every key, so a changed one asks anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

NAME = "frame_captions"
"""What the captions are called in the prompts; nobody who has seen the video alone could know of it."""

FILTER = """\
A video was described one frame at a time, a frame a second. Below is one JSON object, frame_captions, from the second \
to what its frame shows. Whoever described a frame saw no other one, so a detail that a single description has may be \
an error, and other words for the same thing are no change.

Does the scene change significantly in the course of the video? It does where somebody or something comes, goes, moves \
elsewhere, does something new or becomes different, or where the place becomes another.
Answer with one word: Yes or No.

frame_captions = {captions}
"""

WRITE = """\
A video was described one frame at a time, a frame a second. Below is one JSON object, frame_captions, from the second \
to what its frame shows. Whoever described a frame saw no other one, so a detail that a single description has may be \
an error, and other words for the same thing are no change.

Play two people who have seen the video and never heard of frame_captions. One asks when the most significant change \
of the video happens, the other answers. Write that one question and its answer:
- The question says which change is meant and asks when it happens. It names no second.
- The answer names the second at which the change is first seen, as "At the 12th second.", counted as in the object.
- It takes more than one frame to answer: what is seen is the same before that second and another from it on.
- The change is neither at the first second nor at the last.
Answer with one JSON object and nothing else: {"question": "...", "answer": "..."}
Where no change can be asked about so, answer with one word: None

Examples of answers:
{"question": "When does the woman in the red coat leave the room?", "answer": "At the 7th second."}
{"question": "When does the dog begin to swim?", "answer": "At the 15th second."}
None

frame_captions = {captions}
"""

FILTER_TOKENS, WRITE_TOKENS = 8, 160


def filled(template: str, captions: Mapping[int, str]) -> str:
    """`template` with `captions` in it, one a line."""
    lines = ",\n".join(f" {json.dumps(str(s))}: {json.dumps(text, ensure_ascii=False)}" for s, text in captions.items())
    return template.replace("{captions}", f"{{\n{lines}\n}}")

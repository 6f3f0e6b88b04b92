"""What is said in a feature film reaches what strategies ask: measured on films as text whose links need it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from longvid.api import IngestSettings, Job, load_strategy, merge, read_captions
from longvid.captions.spoken import quoted
from longvid.engine.models import Models
from longvid.engine.request import Request
from longvid.film import Chunk, dialogue_beside, parse_subtitles, share_out
from longvid.pipeline.listening import Listening
from longvid.strategy.registry import names
from tests.standins import ScriptedBackend, plainly

FILMS = Path(__file__).parents[1] / "data" / "filmtext"
ANSWER = (
    "A man comes to the town by train and asks for a room. The landlady gives him the last one, under the roof. In the "
    "morning he walks along the water and speaks with whoever has time. Some of them know more than they say. A child "
    "follows him and is sent home. Late at night a light goes on in the house on the hill, and he sees who is there."
)
"""Of about the length that is asked for, so that strategies go their usual way."""


class Recording(ScriptedBackend):
    """An LLM of 2,048 tokens of four letters that says ANSWER, and records what it was asked."""

    def count(self, request: Request) -> int:
        return len(request.prompt) // 4 + 1

    @property
    def asked(self) -> list[str]:
        return [request.prompt for batch in self.batches for request in batch]


def spoken_links(film: Path, chunks: tuple[Chunk, ...]) -> dict[str, list[str]]:
    """For each link that cannot be found without dialogue all that is said in the chunks of its ends, as texts of
    chunks have it."""
    said = dialogue_beside(film / "captions.jsonl", parse_subtitles(str(film / "dialogue.srt"))).cues
    shares = share_out([(chunk.start, chunk.end) for chunk in chunks], said)
    rows = map(json.loads, (film / "links.jsonl").read_text(encoding="utf-8").splitlines())
    return {
        row["id"]: [quoted(cue) for i in (*row["from"], *row["to"]) for cue in shares[i]]
        for row in rows
        if row["needs"] != "picture"
    }


ABLE = [name for name in names() if "ask" not in load_strategy(name).requires]
"""Those that run on text: `outline-reread` asks about pictures."""


@pytest.mark.parametrize(
    ("strategy", "name"),
    [
        *((one, "harbour") for one in ABLE),
        ("map-reduce", "orchard"),
        ("map-reduce", "signal"),
    ],
)  # fmt: skip
def test_every_link_that_needs_dialogue_finds_it_whole_in_what_is_asked(
    strategy: str, name: str, tmp_path: Path
) -> None:
    film, llm = FILMS / name, Recording(says=lambda prompt: plainly(ANSWER))
    source = read_captions(film / "captions.jsonl")
    listening = Listening(parse_subtitles(str(film / "dialogue.srt")))
    loaded = load_strategy(strategy)
    # It copies captions; what is said on request.
    config = loaded.Config(said=True) if strategy == "concat" else None
    job = Job(loaded(config), IngestSettings(), 0, 400, (), tmp_path, listening=listening)
    models = Models("n", {"class": "n"}, None, llm, "s", image_size=0, caption_tokens=320, events_tokens=220)
    report = asyncio.run(merge(source, job, models))
    # What asks nobody tells everything itself.
    told = "\n".join(llm.asked) if llm.asked else report.summary
    links = spoken_links(film, source.chunks)
    assert len(links) == {"harbour": 9, "orchard": 14, "signal": 15}[name]
    assert {link: [cue for cue in cues if cue not in told] for link, cues in links.items()} == {
        link: [] for link in links
    }

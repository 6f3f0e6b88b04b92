"""Description and dialogue together: within a budget, whole cues alone, and into every strategy."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from longvid.api import merge
from longvid.captions.imported import ImportedCaptions
from longvid.captions.spoken import quoted
from longvid.engine.backends.none import NONE
from longvid.engine.models import open_llm_models
from longvid.engine.request import Raw
from longvid.errors import RunError
from longvid.film import Cue
from longvid.output import Report
from longvid.pipeline.ingest import IngestSettings
from longvid.pipeline.job import Hearing, Job
from longvid.strategy import ChunkTexts, Limits, has_dialogue, shortened, statements, words_in
from longvid.strategy.dialogue import whole_cues
from longvid.strategy.registry import load
from tests.standins import ScriptedBackend, ScriptedContext, plainly
from tests.strategy.test_builtins import BUILT_IN, WRITING, caption, digest_of

LIMITS = Limits(context=2048, caption=320, max_concurrency=4, words=200, dialogue=24)
HEARD = ("caption", "events", "ask", "write", "dialogue")


def heard(
    dialogue: Sequence[Sequence[Cue]],
    limits: Limits = LIMITS,
    *,
    says: Callable[[int], Raw] = caption,
    writes: Callable[[str], Raw] = digest_of,
    alone: bool = False,
) -> ScriptedContext:
    """A film with `dialogue`; `alone` where nobody watches it."""
    capabilities = frozenset({"write", "dialogue"} if alone else HEARD)
    context = ScriptedContext(
        len(dialogue),
        caption=says,
        writes=writes,
        limits=limits,
        capabilities=capabilities,  # type: ignore[arg-type]
    )
    context.chunks = tuple(replace(c, dialogue=tuple(d)) for c, d in zip(context.chunks, dialogue, strict=True))
    return context


def texts(context: ScriptedContext) -> list[str]:
    made = ChunkTexts(context)
    return [context.text(asyncio.run(made.key(chunk))) for chunk in context.chunks]


def cue(index: int, text: str) -> Cue:
    return Cue(float(index), index + 1.0, text)


SEEN = [caption(i).text.strip() for i in range(6)]
FILLERS = [
    cue(i, text)
    for i, text in enumerate(
        ("Well, come on now.", "Yes, yes.", "Come on then.", "Oh, no, no.", "All right then.", "Not now.")
    )
]
TELLING = [cue(6, "Did Ada hide the letter?"), cue(7, "I will kill Brody.")]


def test_a_text_is_description_and_dialogue() -> None:
    (one, two) = texts(heard([[cue(0, "Hello there.")], []]))
    assert one == f'{SEEN[0]} Said: "Hello there."'
    assert two == SEEN[1]


def test_where_nothing_is_said_the_answer_itself_is_the_text() -> None:
    context = heard([[], [cue(0, "Hello.")]])
    made = ChunkTexts(context)
    answer = asyncio.run(context.caption(context.chunks[0]))
    assert asyncio.run(made.key(context.chunks[0])) == answer.key
    silent = heard([[cue(0, "Hello.")]] * 2, replace(LIMITS, dialogue=0))
    assert texts(silent) == [SEEN[0], SEEN[1]], "none is told where none may be"
    assert silent.notes == []


def test_where_nothing_is_seen_the_dialogue_is_the_text() -> None:
    nothing = heard([[cue(0, "Hello.")], []], says=lambda index: plainly(""))
    assert texts(nothing) == ['Said: "Hello."', ""]
    alone = heard([[cue(0, "Hello.")], []], alone=True)
    assert texts(alone) == ['Said: "Hello."', ""]
    assert alone.captions == 0, "nobody watches"


def test_what_does_not_fit_is_left_out_by_whole_cues_and_said_to_be() -> None:
    context = heard([[*FILLERS, *TELLING], [cue(0, "Yes.")]])
    one, two = texts(context)
    told = statements(one.removeprefix(SEEN[0]).strip())
    everything = [quoted(one) for one in (*FILLERS, *TELLING)]
    assert told == [one for one in everything if one in told], "whole cues in their order"
    assert {quoted(one) for one in TELLING} <= set(told), "those that tell most"
    assert words_in(one.removeprefix(SEEN[0])) <= LIMITS.dialogue
    assert two.endswith('Said: "Yes."')
    left = len(everything) - len(told)
    assert left > 0
    assert context.notes == [
        f"{left} cues of the dialogue ({left / 9:.0%}) were left out: a chunk's may take 24 tokens of the LLM"
    ]


def test_a_minute_with_more_cues_than_any_has_takes_no_time() -> None:
    context = heard([[cue(i % 60, f"Word{i} is said by man{i % 7}.") for i in range(20_000)]])
    counted = 0
    count = context.count

    def counting(text: str) -> int:
        nonlocal counted
        counted += len(text)
        return count(text)

    context.count = counting  # type: ignore[method-assign]
    texts(context)
    assert counted < 5_000_000, "each cue is counted about once"


def test_a_text_that_is_shortened_loses_whole_cues() -> None:
    text = f'{SEEN[0]} Said: "One two three." (Ada) "Four five."'
    whole = words_in(text)
    shorter = [whole_cues(text, room, words_in) for room in range(whole + 1)]
    assert shorter[whole] == text
    assert shorter[whole - 1] == text.removesuffix(' "Four five."')
    for room, kept in enumerate(shorter):
        assert words_in(kept) <= room
        assert all(one in statements(text) for one in statements(kept) if one.startswith('"'))
        assert has_dialogue(kept) == ("Said:" in kept)


def test_where_no_even_share_holds_a_cue_the_most_telling_one_stands() -> None:
    context = heard([[]] * 4)
    told = [
        f'Said: "{text}"' for text in ("Well, come on now then.", "Did Ada hide it?", "Yes, yes, my dear.", "Oh, no.")
    ]
    kept = shortened(context, told, 9)
    assert kept
    assert all(f"Said: {one}" in told for one in statements(kept)), "whole, or not at all"


# -- strategies ------------------------------------------------------------------------------------------------------

SPOKEN = [
    Cue(60.0 * i + 5 * j, 60.0 * i + 5 * j + 2, f"This is word{i}x{j}, I promise.", "Ada" if j else None)
    for i in range(6)
    for j in range(2)
]


def subrip(cues: Sequence[Cue]) -> str:
    def clock(seconds: float) -> str:
        return f"00:{int(seconds) // 60:02}:{seconds % 60:06.3f}".replace(".", ",")

    return "".join(f"{clock(c.start)} --> {clock(c.end)}\n{c.text}\n\n" for c in cues)


def imported(folder: Path, name: str, hearing: Hearing, *, spoken: bool = True) -> tuple[Report, str]:
    """A merge of captions with subtitles beside them: the report, and all that anybody read or wrote."""
    (folder / "film.srt").write_text(subrip(SPOKEN) if spoken else "")
    captions = ImportedCaptions.of(
        str(folder / "film.jsonl"), [(60.0 * i, 60.0 * i + 60) for i in range(6)], [caption(i).text for i in range(6)]
    )
    llm = ScriptedBackend(digest_of)
    models = open_llm_models(NONE)
    models.llm, models.llm_name = llm, "scripted"
    strategy = load(name)
    # It copies captions; what is said on request.
    config = strategy.Config(said=True) if name == "concat" else None
    job = Job(strategy(config), IngestSettings(), hearing=hearing)
    report = asyncio.run(merge(captions, job, models))
    return report, "\n".join([report.summary, *(request.prompt for batch in llm.batches for request in batch)])


def words(text: str) -> set[str]:
    return set(re.findall(r"word\d+x\d+", text))


EVERY = {f"word{i}x{j}" for i in range(6) for j in range(2)}
IMPORTABLE = [name for name in BUILT_IN if name != "outline-reread"]


@pytest.mark.parametrize("name", IMPORTABLE)
def test_every_strategy_hears_the_film_as_much_as_its_user_wants(tmp_path: Path, name: str) -> None:
    report, read = imported(tmp_path, name, "seen-and-said")
    assert words(read) == EVERY
    assert "finds thing0" in read
    assert (report.heard.source, report.heard.cues, report.hearing) == ("film.srt", 12, "seen-and-said")
    report, read = imported(tmp_path, name, "said-only")
    assert words(read) == EVERY
    assert "finds thing" not in read
    assert report.calls["watch"] == 0
    report, read = imported(tmp_path, name, "none")
    assert words(read) == set()
    assert "finds thing0" in read
    assert (report.heard.cues, report.hearing) == (12, "none"), "where it comes from is told all the same"


def test_a_second_look_hears_the_film_too(tmp_path: Path) -> None:
    dialogue = [[c for c in SPOKEN if c.start // 60 == i] for i in range(6)]
    limits = replace(LIMITS, dialogue=100)
    context = heard(dialogue, limits)
    asyncio.run(load("outline-reread")().build(context).ainvoke({}))
    assert words("\n".join(prompt for prompt in context.prompts if prompt.startswith("These are parts"))) <= EVERY
    merges = [prompt for prompt in context.prompts if "Say in at most" not in prompt]
    assert words("\n".join(merges)) == EVERY, "of what is merged, not only of the outline"
    with pytest.raises(RunError, match=r"\(ask, caption\): --dialogue said-only leaves them out"):
        imported(tmp_path, "outline-reread", "said-only")


@pytest.mark.parametrize("name", WRITING)
def test_one_chunk_with_dialogue_is_written_as_prose(name: str) -> None:
    context = heard([[cue(0, "This is word0x0, I promise.")]], replace(LIMITS, dialogue=100))
    state: dict[str, Any] = asyncio.run(load(name)().build(context).ainvoke({}))
    assert context.prompts, "it is no prose yet"
    assert not has_dialogue(context.text(state["result"]))


@pytest.mark.parametrize("name", [name for name in WRITING if name != "outline-reread"])
@pytest.mark.parametrize("says", ["", "I'm sorry, but I cannot help with that request."])
def test_an_llm_that_fails_leaves_whole_cues(name: str, says: str) -> None:
    dialogue = [[c for c in SPOKEN if c.start // 60 == i] for i in range(6)]
    tight = Limits(context=400, caption=60, max_concurrency=3, words=120, dialogue=50)
    context = heard(dialogue, tight, writes=lambda prompt: plainly(says), alone=True)
    state: dict[str, Any] = asyncio.run(load(name)().build(context).ainvoke({}))
    text = context.text(state["result"])
    whole = [quoted(c) for c in SPOKEN]
    assert words(text)
    rest = text.replace("Said: ", "")
    for one in sorted(whole, key=len, reverse=True):
        rest = rest.replace(one, "")
    assert rest.split() == [], "nothing but whole cues"


def test_the_same_film_with_and_without_subtitles_is_told_with_different_prompts(tmp_path: Path) -> None:
    _, told = imported(tmp_path, "map-reduce", "seen-and-said")
    _, silent = imported(tmp_path, "map-reduce", "seen-and-said", spoken=False)
    assert told != silent
    assert words(silent) == set()

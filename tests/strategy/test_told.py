"""An LLM that does what it is told: what it is asked, how its context is used, and that nothing invented comes through.

The prompts are read back: a source is a line "Part N: ...", everything before the first is the instruction.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from longvid.engine.request import Raw
from longvid.film import Cue
from longvid.strategy import Capability, Limits, words_in
from longvid.strategy.merging import UNFOUNDED
from longvid.strategy.registry import load
from longvid_strategies.hierarchical import MERGE, TOP
from longvid_strategies.instructions import LEARN, LINKS, SAID, STORY, WHO
from longvid_strategies.map_reduce import COLLAPSE, REDUCE
from longvid_strategies.refine import SHORTER
from longvid_strategies.single import Single
from tests.standins import ScriptedContext, plainly

TOLD: frozenset[Capability] = frozenset({"caption", "events", "ask", "write", "instruct"})
TREES = ("extract-support", "hierarchical", "map-reduce", "outline-reread", "single", "thread-order")
WRITING = (*TREES, "chain-of-agents", "patch", "refine")
WORDS = 60
"""Of a caption."""


def kind(name: str) -> Any:
    return Single if name == "single" else load(name)


def caption(index: int) -> Raw:
    said = f"At pier{index} a figure hides thing{index} behind the wall. "
    return plainly(said + " ".join(f"Then it looks at stone{index}x{i} for long." for i in range(6)))


def sources(prompt: str) -> list[str]:
    return re.findall(r"^Part \d+(?: \([^)]*\))?: (.*)$", prompt, re.M)


def lead(prompt: str) -> str:
    return re.split(r"^Part \d+(?: \([^)]*\))?: ", prompt, maxsplit=1, flags=re.M)[0]


def asked(prompt: str) -> int:
    return int(re.findall(r"(?:about|most) (\d+)", lead(prompt))[0])


def obedient(prompt: str) -> Raw:
    """As many words of the sources as are asked for, the sentences with things first, in order."""
    if "operations" in prompt:
        return plainly("\n".join(f"ADD | {source.split('. ')[0]}." for source in sources(prompt)))
    told = [one for source in sources(prompt) for one in re.findall(r"[^.]+\.", source)]
    wanted, left = set[int](), asked(prompt)
    for i in sorted(range(len(told)), key=lambda i: ("thing" not in told[i], i)):
        if words_in(told[i]) <= left:
            wanted.add(i)
            left -= words_in(told[i])
    return plainly(" ".join(told[i].strip() for i in sorted(wanted)) or "Nothing.")


def film(
    n: int,
    words: int,
    context: int = 2048,
    *,
    writes: Callable[[str], Raw] = obedient,
    can: frozenset[Capability] = TOLD,
) -> ScriptedContext:
    limits = Limits(context=context, caption=320, max_concurrency=4, words=words)
    return ScriptedContext(n, caption=caption, writes=writes, limits=limits, capabilities=can)


def run(name: str, context: ScriptedContext) -> dict[str, Any]:
    strategy = kind(name)()
    state: dict[str, Any] = asyncio.run(strategy.build(context).ainvoke({}))
    assert len(context.prompts) <= strategy.estimate(len(context.chunks), context.limits).write
    return state


def summary(name: str, context: ScriptedContext) -> str:
    return context.text(run(name, context)["result"])


@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize(("n", "words"), [(0, 450), (1, 20), (2, 450), (3, 1500), (14, 60), (14, 1500)])
def test_calls_stay_within_the_estimate_and_the_context(name: str, n: int, words: int) -> None:
    assert bool(summary(name, film(n, words))) == (n > 0)


@pytest.mark.parametrize("name", WRITING)
def test_every_prompt_that_merges_asks_for_names_links_and_the_story_alone(name: str) -> None:
    context = film(30, 450)
    summary(name, context)
    for prompt in context.prompts:
        order = " ".join(lead(prompt).split())
        if "operations" in prompt:
            assert LEARN in order
            assert "pays off, reveals, keeps or breaks" in order
        elif "Say in at most" not in prompt:
            assert STORY in order
            assert WHO in order or LEARN in order
            assert LINKS in order or "the first parts of a film" in order
        assert SAID not in order


@pytest.mark.parametrize("name", WRITING)
def test_prompts_say_what_marks_dialogue_where_there_is_any(name: str) -> None:
    context = film(9, 200, can=TOLD | {"dialogue"})
    context.limits = replace(context.limits, dialogue=60)
    context.chunks = tuple(
        replace(chunk, dialogue=(Cue(chunk.start, chunk.start + 1, "We meet at noon."),)) for chunk in context.chunks
    )
    summary(name, context)
    assert context.prompts
    assert all(SAID in lead(prompt) for prompt in context.prompts)
    assert any('Said: "We meet at noon."' in source for prompt in context.prompts for source in sources(prompt))


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize(("can", "context"), [(TOLD - {"instruct"}, 2048), (TOLD, 700)], ids=["made for one", "small"])
def test_others_are_asked_tersely(name: str, can: frozenset[Capability], context: int) -> None:
    asked_of = film(12, 120, context, can=can)
    summary(name, asked_of)
    assert not any(LINKS in prompt for prompt in asked_of.prompts)
    if name in ("hierarchical", "map-reduce", "single"):
        known = tuple(text.split("{")[0] for text in (MERGE, TOP, COLLAPSE, REDUCE))
        assert all(prompt.startswith(known) for prompt in asked_of.prompts)


@pytest.mark.parametrize("name", ["hierarchical", "map-reduce", "single", "extract-support", "patch"])
def test_a_summary_longer_than_a_third_of_the_context_is_written_at_once_where_sources_leave_room(name: str) -> None:
    # 600 words need 780 of 2,048 tokens here; a third are 682.
    context = film(24, 600)
    summary(name, context)
    assert asked(context.prompts[-1]) == 600
    assert sum("summary of the film" in prompt or "rows of a ledger" in lead(prompt) for prompt in context.prompts) <= (
        len(context.prompts) if name == "patch" else 1
    )


@pytest.mark.parametrize("name", ["hierarchical", "map-reduce", "single"])
def test_parts_of_a_summary_are_asked_for_as_such_and_told_what_stands_before(name: str) -> None:
    context = film(40, 1500)
    text = summary(name, context)
    parts = [prompt for prompt in context.prompts if "of the summary of the film" in prompt]
    assert len(parts) > 1
    assert [re.findall(r"section (\d+) of (\d+)", prompt)[0] for prompt in parts] == [
        (str(i), str(len(parts))) for i in range(1, len(parts) + 1)
    ]
    assert "(nothing yet)" in parts[0]
    for prompt, before in zip(parts[1:], text.split("\n\n"), strict=False):
        assert before.rsplit(". ", 1)[-1] in lead(prompt), "the end of the part before"
        assert text.split(". ")[0] in lead(prompt), "and where somebody is introduced"
        assert "introduce nobody again" in lead(prompt)
    things = [int(number) for number in re.findall(r"thing(\d+)", text)]
    assert things == sorted(things)


@pytest.mark.parametrize("name", ["hierarchical", "map-reduce", "single"])
def test_nodes_are_as_many_and_as_long_as_the_last_call_can_take(name: str) -> None:
    context = film(60, 450)
    summary(name, context)
    *below, last = context.prompts
    used = sum(context.count(source) for source in sources(last)) + context.count(lead(last)) + 450 * 1.3
    assert used >= 0.75 * 2048
    sizes = [len(sources(prompt)) for prompt in below]
    assert all(
        size >= 11 or context.count(prompt) + asked(prompt) >= 0.6 * 2048
        for size, prompt in zip(sizes, below, strict=True)
    )
    assert max(sizes) - min(sizes) <= 2, "no group is a rest"


@pytest.mark.parametrize("n", [3, 4, 9])
def test_nothing_is_merged_into_one_and_then_written_again(n: int) -> None:
    context = film(n, 300, 1100)
    summary("hierarchical", context)
    assert all(len(sources(prompt)) > 1 for prompt in context.prompts)


def test_single_asks_once_where_everything_fits_and_in_few_parts_where_not() -> None:
    context = film(60, 450, 16384)
    summary("single", context)
    assert len(context.prompts) == 1
    assert len(sources(context.prompts[0])) == 60
    tight = film(60, 450)
    summary("single", tight)
    other = film(60, 450)
    summary("refine", other)
    assert 2 < len(tight.prompts) <= len(other.prompts) / 2


def test_single_lets_the_answer_grow_as_far_as_sources_of_its_length_fit() -> None:
    context = film(10, 700, 2500)
    text = summary("single", context)
    assert len(context.prompts) == 1
    assert asked(context.prompts[0]) == 700
    assert words_in(text) >= 0.6 * 700


def test_refine_grows_evenly_and_says_how_many_words_are_new() -> None:
    context = film(40, 400)
    summary("refine", context)
    rest = context.prompts[1:]
    targets = [asked(prompt) for prompt in context.prompts]
    assert targets == sorted(targets)
    assert targets[-1] == 400
    shares = [
        re.findall(r"about (\d+) words for what part 1 tells.* about (\d+) words for what comes", p)[0] for p in rest
    ]
    for prompt, (old, new) in zip(rest, shares, strict=True):
        assert int(old) + int(new) == asked(prompt)
        assert int(new) == pytest.approx(400 / 40 * (len(sources(prompt)) - 1), abs=2), "the end as much as any"


def test_refine_says_that_it_cannot_be_as_long_as_asked() -> None:
    context = film(12, 2000)
    summary("refine", context)
    assert SHORTER in context.notes
    enough = film(12, 400)
    summary("refine", enough)
    assert enough.notes == []


def test_refine_does_not_take_a_few_words_for_the_summary() -> None:
    def lazy(prompt: str) -> Raw:
        short = "Write the whole summary anew" in prompt or "Summarize these" in prompt
        return plainly("At pier0 a figure hides thing0 behind the wall.") if short else obedient(prompt)

    context = film(24, 300, writes=lazy)
    assert words_in(summary("refine", context)) >= 100
    assert context.degraded


@pytest.mark.parametrize("name", ["refine", "chain-of-agents"])
def test_a_name_may_be_learnt(name: str) -> None:
    context = film(12, 200)
    summary(name, context)
    assert not any("Keep calling" in prompt for prompt in context.prompts)
    assert all(LEARN in prompt or WHO in prompt for prompt in context.prompts)


def test_notes_are_no_shorter_than_the_summary_that_is_written_from_them() -> None:
    context = film(24, 350)
    summary("chain-of-agents", context)
    assert {asked(prompt) for prompt in context.prompts} == {350}


@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize("words", [200, 1500])
def test_no_name_or_number_is_told_or_kept_that_no_source_has(name: str, words: int) -> None:
    def wild(prompt: str) -> Raw:
        good = obedient(prompt).text
        if "operations" in prompt:
            return plainly(f"ADD | Ebenezer Scrooge counts 77 coins.\n{good}\nADD | Part 3: he leaves with Marley.")
        return plainly(f"Part 3: Ebenezer Scrooge counts 77 coins. {good} The ghost of Marley waits for {words} days.")

    context = film(20, words, writes=wild)
    state = run(name, context)
    kept = [state["result"], *state.get("extras", {}).values(), *([state["evidence"]] if "evidence" in state else [])]
    read = [context.text(key) for key in kept]
    # The tree beside the summary holds keys; their texts are the nodes.
    read += [
        context.text(key)
        for text in read
        if text.startswith('{"levels"')
        for key in re.findall(r'"([tw][0-9a-f]{64})"', text)
    ]
    assert "thing0" in read[0]
    for text in read:
        assert not re.search(rf"Scrooge|Marley|\b77\b|\b{words} days|Part 3", text), text
    assert UNFOUNDED in context.notes or name == "patch"


def test_the_tree_is_kept_beside_a_summary_in_parts() -> None:
    context = film(40, 1500)
    state = run("hierarchical", context)
    tree = json.loads(context.text(state["extras"]["tree"]))
    for below, children in zip(tree["levels"], tree["children"], strict=False):
        assert sum(children) == len(below)

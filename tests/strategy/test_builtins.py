"""Every built-in strategy, over a scripted context: bounds, order and behaviour with LLMs that fail."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise

import pytest

from longvid.engine.request import Raw
from longvid.strategy import Limits
from longvid.strategy.registry import load, names
from tests.standins import ScriptedContext, plainly

BUILT_IN = (
    "chain-of-agents",
    "concat",
    "extract-support",
    "hierarchical",
    "map-reduce",
    "outline-reread",
    "patch",
    "refine",
    "thread-order",
)
WRITING = tuple(name for name in BUILT_IN if name != "concat")
TIGHT = Limits(context=400, caption=60, max_concurrency=3, words=120)


def caption(index: int) -> Raw:
    return plainly(f"In place {index} a figure finds thing{index}. It is late. " + "They walk on and on. " * 2)


def digest_of(prompt: str) -> Raw:
    """A good LLM: names every thing that its sources name, in order."""
    things = re.findall(r"thing\d+", prompt)
    return plainly("There are " + " and ".join(dict.fromkeys(things)) + ".") if things else plainly("Nothing happens.")


def run(name: str, context: ScriptedContext) -> dict[str, object]:
    return asyncio.run(load(name)().build(context).ainvoke({}))


def result(name: str, context: ScriptedContext) -> str:
    return context.text(str(run(name, context)["result"]))


def test_all_built_in_strategies_are_found_by_entry_point() -> None:
    assert set(BUILT_IN) <= set(names())


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("limits", [None, TIGHT], ids=["2048", "tight"])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 40])
def test_calls_stay_within_the_estimate_and_the_context(name: str, limits: Limits | None, n: int) -> None:
    context = ScriptedContext(n, caption=caption, writes=digest_of, limits=limits)
    text = result(name, context)
    bound = load(name)().estimate(n, context.limits)
    assert context.captions == bound.caption == n
    assert len(context.prompts) <= bound.write
    assert context.asks <= bound.ask
    assert bool(text) == (n > 0)


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_a_good_llm_keeps_stands_in_the_order_of_the_film(name: str) -> None:
    text = result(name, ScriptedContext(12, caption=caption, writes=digest_of))
    things = [int(number) for number in re.findall(r"thing(\d+)", text)]
    assert things == sorted(things)
    assert set(things) == set(range(12))


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_same_input_gives_the_same_text(name: str) -> None:
    one, two = (result(name, ScriptedContext(9, caption=caption, writes=digest_of)) for _ in range(2))
    assert one == two


BAD_LLMS = {
    "empty": Raw("", "stop", 1, 0),
    "garbage": Raw("\x01\ufffd\ufffd {} ## \ufffd", "stop", 1, 9),
    "refusal": plainly("I'm sorry, but I cannot help with that request."),
    "loop": Raw("Again and again. " * 40, "loop", 1, 120),
    "no change": plainly("No changes are needed, the existing summary is sufficient."),
}


@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize("bad", BAD_LLMS)
@pytest.mark.parametrize("limits", [None, TIGHT], ids=["2048", "tight"])
def test_an_llm_that_fails_leaves_the_captions_own_words(name: str, bad: str, limits: Limits | None) -> None:
    context = ScriptedContext(9, caption=caption, writes=lambda prompt: BAD_LLMS[bad], limits=limits)
    text = result(name, context)
    said = " ".join(caption(i).text for i in range(9))
    allowed = set(said.split()) | set(BAD_LLMS["loop"].text.split())
    assert text
    assert set(text.split()) <= allowed, "no word comes from anywhere but a caption or what a guard let through"
    assert "sorry" not in text
    assert "sufficient" not in text
    assert len(context.prompts) <= load(name)().estimate(9, context.limits).write


@pytest.mark.parametrize("name", BUILT_IN)
def test_chunks_without_an_answer_are_nothing(name: str) -> None:
    def some(index: int) -> Raw:
        return caption(index) if index % 3 == 0 else Raw("", "stop", 1, 0)

    context = ScriptedContext(9, caption=some, writes=digest_of)
    assert sorted(set(re.findall(r"thing\d+", result(name, context)))) == ["thing0", "thing3", "thing6"]
    nobody = ScriptedContext(9, caption=lambda index: Raw("", "stop", 1, 0), writes=digest_of)
    assert result(name, nobody) == ""
    assert nobody.prompts == []


def test_hierarchical_merges_neighbours_only_and_keeps_its_tree() -> None:
    import json

    context = ScriptedContext(30, caption=caption, writes=digest_of, limits=TIGHT)
    state = run("hierarchical", context)
    tree = json.loads(context.text(state["extras"]["tree"]))  # type: ignore[index]
    assert tree["levels"][0] == [f"c{i}" for i in range(30)]
    for below, children in zip(tree["levels"], tree["children"], strict=False):
        assert sum(children) == len(below), "every node of a level has exactly one parent, in order"
    assert all(2 <= count <= 13 for counts in tree["children"] for count in counts)


def test_refine_appends_the_additions_where_a_rewrite_throws_the_summary_away() -> None:
    def forgetful(prompt: str) -> Raw:
        if "Write the whole summary anew" in prompt:
            return plainly("A short end.")
        if "have to be added" in prompt:
            return plainly(f"Then {re.findall('thing[0-9]+', prompt)[-1]} appears.")
        return digest_of(prompt)

    text = result("refine", ScriptedContext(12, caption=caption, writes=forgetful))
    assert "thing0" in text, "the first act survives"
    assert "thing11" in text, "the last one is there too"


def test_a_long_summary_is_written_in_several_parts() -> None:
    limits = Limits(context=2048, caption=320, max_concurrency=4, words=1500)
    for name in ("map-reduce", "hierarchical"):
        context = ScriptedContext(60, caption=caption, writes=digest_of, limits=limits)
        parts = result(name, context).split("\n\n")
        assert len(parts) > 1


def test_refine_that_is_full_gives_up_something_of_every_stretch() -> None:
    def adds(prompt: str) -> Raw:
        if "Write the whole summary anew" in prompt:
            return plainly("No changes are needed.")
        return digest_of(prompt.rsplit("Part 2:", 1)[-1])

    limits = Limits(context=400, caption=60, max_concurrency=3, words=2000)
    context = ScriptedContext(60, caption=caption, writes=adds, limits=limits)
    things = sorted({-1, 60, *(int(number) for number in re.findall(r"thing(\d+)", result("refine", context)))})
    assert max(after - before for before, after in pairwise(things)) <= 6, "no stretch is silent"

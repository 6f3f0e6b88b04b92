"""The tree that strategies share: what it merges, what it leaves alone, and how small its state stays."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

from langgraph.graph import END, START, StateGraph

from longvid.engine.request import Raw
from longvid.strategy import BearingTree, Limits, Tree, TreeState
from tests.standins import ScriptedContext, plainly


def leaf(index: int) -> Raw:
    return plainly(f"Leaf{index} is here. " + "The wind moves it. " * 4)


def names_all(prompt: str) -> Raw:
    return plainly(f"There are {' and '.join(re.findall(r'Leaf[0-9]+', prompt))}.")


def run(context: ScriptedContext, tree: Tree, leaves: Sequence[str]) -> list[dict[str, Any]]:
    """The states of a graph of `tree` alone over `leaves`."""
    graph = StateGraph(TreeState)
    tree.add(graph, lambda state: leaves, then=END)
    graph.add_edge(START, "begin")

    async def states() -> list[dict[str, Any]]:
        return [state async for state in graph.compile().astream({}, stream_mode="values")]

    return asyncio.run(states())


def scripted(n: int, words: int = 200) -> tuple[ScriptedContext, list[str]]:
    context = ScriptedContext(
        n, caption=leaf, writes=names_all, limits=Limits(context=2048, caption=320, max_concurrency=4, words=words)
    )
    return context, [context.keep(leaf(i).text) for i in range(n)]


def plain(context: ScriptedContext, most: int = 3) -> Tree:
    return Tree(context, node="Merge to {words} words.", top="Write {words} words.", words=60, most=most)


def test_every_leaf_is_under_the_top_once_and_in_order() -> None:
    context, leaves = scripted(25)
    last = run(context, plain(context), leaves)[-1]
    assert re.findall(r"\d+", context.text(last["result"])) == [str(i) for i in range(25)]
    tree = json.loads(context.text(last["tree"]))
    assert [len(level) for level in tree["levels"]] == [25, 9, 3]
    assert tree["children"] == [[3] * 7 + [2, 2], [3, 3, 3]]


def test_one_leaf_that_is_short_enough_is_the_whole_and_costs_no_call() -> None:
    context, leaves = scripted(1)
    assert context.text(run(context, plain(context), leaves)[-1]["result"]) == leaf(0).text
    assert context.prompts == []
    shorter, leaves = scripted(1, words=5)
    run(shorter, plain(shorter), leaves)
    assert len(shorter.prompts) == 1


def test_no_leaves_are_no_text() -> None:
    context, _ = scripted(0)
    assert context.text(run(context, plain(context), [])[-1]["result"]) == ""


def test_the_state_is_as_small_for_many_leaves_as_for_few() -> None:
    context, leaves = scripted(300)
    assert max(len(json.dumps(state)) for state in run(context, plain(context), leaves)) < 300


def test_a_node_that_goes_with_no_other_is_not_rewritten() -> None:
    class Loners(Tree):
        def groups(self, nodes: Sequence[str], level: int) -> list[range]:
            return [range(0, 1), range(1, len(nodes))] if level == 0 else super().groups(nodes, level)

    context, leaves = scripted(4)
    last = run(context, Loners(context, node="Merge {words}.", top="Write {words}.", words=60, most=3), leaves)[-1]
    levels = json.loads(context.text(last["tree"]))["levels"]
    assert levels[1][0] == leaves[0]
    assert len(context.prompts) == 2


def test_what_nodes_bear_is_shown_beside_their_texts() -> None:
    context, texts = scripted(2)
    tree = BearingTree(context, node="Merge {words}.", top="Write {words}.", words=60, most=3)
    leaves = [tree.node(text, number=i) for i, text in enumerate(texts)]
    assert tree.prose(leaves[1]) == texts[1]
    kept = context.keep(json.dumps({"levels": [leaves], "children": []}))
    shown = json.loads(context.text(tree.shown(kept)))
    assert shown["levels"] == [[{"text": text, "number": i} for i, text in enumerate(texts)]]

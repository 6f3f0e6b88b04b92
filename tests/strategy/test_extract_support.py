"""Extract-support: what its tree hands up beside the abstracts, and who is shown it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from longvid.engine.request import Raw
from longvid.strategy import sentences
from longvid_strategies.extract_support import QUOTES, ExtractSupport, ExtractSupportConfig
from tests.standins import ScriptedContext, plainly, tokens


def caption(index: int) -> Raw:
    return plainly(f"Ada enters room{index} with key{index}. The light is warm. She looks at lamp{index}. Rain falls.")


def forgetful(prompt: str) -> Raw:
    return plainly("Somebody walks through many rooms and nothing else is said of it.")


def run(context: ScriptedContext, config: ExtractSupportConfig | None = None) -> dict[str, Any]:
    state = asyncio.run(ExtractSupport(config).build(context).ainvoke({}))
    tree: dict[str, Any] = json.loads(context.text(state["extras"]["tree"]))
    return tree


def test_quotes_are_whole_sentences_of_the_captions_of_their_chunks_in_order() -> None:
    context = ScriptedContext(30, caption=caption, writes=forgetful)
    tree = run(context)
    assert len(tree["levels"]) > 2
    for level in tree["levels"]:
        for node in level:
            assert node["quotes"]
            assert all(sentence in sentences(caption(chunk).text) for chunk, sentence in node["quotes"])
            assert [chunk for chunk, _ in node["quotes"]] == sorted(chunk for chunk, _ in node["quotes"])


def test_what_every_abstract_forgets_still_reaches_the_last_llm() -> None:
    context = ScriptedContext(30, caption=caption, writes=forgetful)
    run(context)
    last = context.prompts[-1]
    assert QUOTES in last
    assert sum(f"key{i}." in last for i in range(30)) >= 15


def test_quotes_take_their_share_of_a_prompt_and_no_more() -> None:
    for share in (0.02, 0.15, 0.3):
        context = ScriptedContext(40, caption=caption, writes=forgetful)
        tree = run(context, ExtractSupportConfig(share=share))
        for level in tree["levels"]:
            for node in level:
                said = sum(tokens(sentence) - tokens("") for _, sentence in node["quotes"])
                assert said <= round(share * context.limits.context)


def test_a_sentence_that_stands_in_a_part_is_not_said_twice() -> None:
    context = ScriptedContext(4, caption=caption, writes=forgetful)
    run(context)
    assert all(QUOTES not in prompt for prompt in context.prompts), "four captions hold all their sentences themselves"

"""The model card of a training: what it began with, by which recipe, and what the figures say. Measures nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from longvid.text.shown import clean

README = "README.md"
KINDS = {
    "sft": "It was tuned on questions and answers about videos (supervised tuning).",
    "grounding": "It was tuned on when things happen in videos (temporal grounding).",
    "dpo": "It was tuned on pairs of answers, of which one is better (DPO), a stage that CogVLM2-Video's paper lacks.",
}
UNLABELLED = "It is asked without a label after each frame, as ms-swift asks it; longvid does so by itself."


def readme(name: str, facts: Mapping[str, Any], rows: Sequence[Mapping[str, float]]) -> str:
    """The card as Markdown; `facts` are those of card.json, `rows` the figures by step."""
    recipe = facts["recipe"]
    parts = [
        f"---\npipeline_tag: video-text-to-text\nbase_model: {clean(facts['model'], 200)}\n---",
        f"# {clean(name, 100)}",
        f"{KINDS[facts['kind']]} It opens as `--model` of longvid. "
        + ("This folder is a LoRA adapter; the model that it belongs to is needed beside it."
           if recipe["method"] == "lora" else "This folder is a whole checkpoint in the official layout."),
    ]  # fmt: skip
    if recipe["label"] == "none":
        parts.append(UNLABELLED)
    parts.append(
        _table(
            ("", ""),
            [
                ("began with", clean(facts["model"], 200)),
                ("examples", f"{facts['examples']:,}"),
                ("held out", f"{facts['held_out']:,}"),
                ("steps", f"{facts['steps']:,}"),
                ("longest example", f"{facts['longest']:,} tokens"),
                ("last sitting", f"{facts['seconds'] / 60:.1f} minutes"),
            ],
        )
    )
    measured = [(key, f"{value:.4f}") for key, value in sorted(facts.items()) if _is_result(key)]
    if measured:
        parts += ["## Held-out data", _table(("figure", "value"), measured)]
    if rows:
        parts += ["## Curves", "![curves](curves.png)", "Every figure by step is in `metrics.jsonl`."]
    settings = [(key, str(value)) for key, value in recipe.items()]
    parts += ["## Recipe", _table(("setting", "value"), settings)]
    return "\n\n".join(parts) + "\n"


def _is_result(key: str) -> bool:
    slow = ("runtime", "_per_second", "epoch", "num_tokens")
    return key.startswith("eval_") and not any(word in key for word in slow)


def _table(head: tuple[str, str], rows: Sequence[tuple[str, str]]) -> str:
    lines = [head, ("---", "---"), *rows]
    return "\n".join(f"| {left} | {right} |" for left, right in lines)

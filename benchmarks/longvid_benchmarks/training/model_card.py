"""The model card `README.md` of a bundle: everything in it comes from the files beside it, nothing is typed by hand.

`render` describes the checkpoint in a folder, and the LLM that it brings if there is one. Measures nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from longvid_benchmarks.training import tables
from longvid_benchmarks.training.earlier import in_words_of_now
from longvid_benchmarks.training.example import CALLED, Role

README, CARD, LLM_FOLDER = "README.md", "card.json", "writer"
ROWS = 12
"""Rows of the table of losses."""
DOES: dict[Role, str] = {
    "captioner": "watches: captions, event lines and answers about a clip of 24 frames",
    "llm": "writes: what the built-in strategies ask for when they merge what was watched; it sees nothing",
}
CANNOT = """\
## What it cannot do

- It understands StoryFilm, a cartoon world of shapes with sixty names and a closed vocabulary, and nothing else. Of any
  other film it says something, and that is worthless; longvid says so before it starts.
- It knows no question and no order but those of longvid at the time of its training. Where a prompt has changed since,
  it has to be trained again (`make tiny`).
- It repeats no wording but that of its films, in English. It is no base for anything but tests, a demo and comparisons.
- Frames of 56 pixels show what StoryFilm needs, and no more.
"""


def render(folder: Path) -> str:
    """The model card of the bundle in `folder`. Raises OSError or ValueError where its files cannot be read."""
    said = read(folder / CARD)
    parts = [
        "---\nlicense: apache-2.0\npipeline_tag: video-text-to-text\n---",
        f"# {said['name']}",
        f"A small CogVLM2-Video in the official checkpoint layout, made for {said['made_for']} and nothing else. "
        "Trained from random weights by `longvid bench tiny train`. Licence: Apache-2.0.",
        _checkpoint(folder, said),
    ]
    llm = folder / LLM_FOLDER
    if (llm / CARD).is_file():
        parts.append(_checkpoint(llm, read(llm / CARD), f" (in `{LLM_FOLDER}/`)"))
    return "\n\n".join([*parts, CANNOT])


def read(path: Path) -> dict[str, Any]:
    """The card at `path`, in the words of now. Raises OSError or ValueError where there is none."""
    said = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(said, dict):
        raise ValueError(f"{path} is no card")
    now: dict[str, Any] = in_words_of_now(said)
    return now


def _checkpoint(folder: Path, said: Mapping[str, Any], where: str = "") -> str:
    role: Role = said["settings"]["role"]
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tower = config["vision_config"]
    weights, size = _weights(folder / "model.safetensors")
    hardware = said["hardware"]
    settings = ", ".join(f"{name} {value}" for name, value in said["settings"].items() if name != "role")
    if said.get("limit") is not None:
        settings += f"; by the clock, {said['limit']:g} minutes, the rate falling in the last third"
    threads = f"{hardware['threads']} thread{'' if hardware['threads'] == 1 else 's'}"
    rows = [
        ["size", f"{weights:,} weights in {config['torch_dtype']}, {size / 1e6:.1f} MB"],
        ["decoder", f"{config['num_hidden_layers']} layers of {config['hidden_size']}, {config['vocab_size']} tokens"],
        ["tower", f"{tower['num_hidden_layers']} layers of {tower['hidden_size']}, {tower['image_size']} pixels"],
        ["trained on", said["trained_on"]],
        ["StoryFilm", f"version {said['storyfilm']}"],
        ["prompts", f"those with the digest {said['prompts']}"],
        ["begun from", _begun_from(said)],
        ["examples", f"{said['examples']:,}"],
        ["time", f"{said['minutes'] / 60:.1f} hours{_sittings(said)}"],
        ["hardware", f"{hardware['device']}, {hardware['machine']}, {threads} (last sitting)"],
        ["settings", f"{settings} (last sitting)"],
    ]
    parts = [
        f"## The {CALLED[role]}{where}",
        f"It {DOES[role]}.",
        "\n".join(tables.table(["", ""], rows)),
        f"### Losses of the {CALLED[role]} over time",
        "Cross-entropy a token, by task, as means over the batches since the last row of the log.",
        "\n".join(_losses(said["losses"], said["examples"], said["minutes"], said["loss"])),
        f"### Films the {CALLED[role]} has never seen",
    ]
    if "heldout" in said:
        show = tables.captioner if role == "captioner" else tables.llm
        parts.append("\n".join(show(said["heldout"][role], said["heldout"])))
    else:
        parts.append("Not judged yet: `longvid bench tiny card` does.")
    return "\n\n".join(parts)


def _sittings(said: Mapping[str, Any]) -> str:
    number = said.get("sittings")
    if number is None:
        return ""
    return ", in one sitting" if number == 1 else f", in {number} sittings"


def _begun_from(said: Mapping[str, Any]) -> str:
    if said["begun_from"] is None:
        return "random weights"
    before = said.get("before")
    if before is None:
        return str(said["begun_from"])
    return f"{said['begun_from']}, after {before['examples']:,} examples in {before['minutes'] / 60:.1f} hours"


def _weights(path: Path) -> tuple[int, int]:
    """Number of weights, and bytes of the file."""
    from math import prod

    from safetensors import safe_open

    with safe_open(path, framework="numpy") as tensors:
        count = sum(prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118
    return count, path.stat().st_size


def _losses(rows: Sequence[Sequence[Any]], examples: int, minutes: float, loss: Mapping[str, float]) -> list[str]:
    """A table of at most so many rows and the last one, a column a task."""
    kept = [*rows[:: max(1, -(-len(rows) // ROWS))], [examples, minutes, loss]]
    tasks = sorted({task for _, _, of in kept for task in of})
    cells = [
        [f"{row[0]:,}", f"{row[1]:.0f}", *(f"{row[2][task]:.3f}" if task in row[2] else "" for task in tasks)]
        for row in kept
    ]
    return tables.table(["examples", "minutes", *tasks], cells)

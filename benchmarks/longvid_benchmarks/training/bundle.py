"""From a training to a bundle and back: the checkpoint in bfloat16 with its model card, and a training begun from one.

The card says what the weights were trained on and how far they got; its digest of the prompts tells whether those in
use are still the same.
"""

from __future__ import annotations

import json
import platform
import shutil
from pathlib import Path
from typing import Any

from longvid.errors import LongvidError
from longvid_benchmarks.claiming import made_whole
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.storyfilm.generator import NAME
from longvid_benchmarks.training import model_card
from longvid_benchmarks.training.checkpointing import (
    LOG,
    MODEL,
    WEIGHTS,
    read_log,
    read_state,
    read_weights,
    write_weights,
    write_whole,
)
from longvid_benchmarks.training.curriculum import CURRICULA, first_of
from longvid_benchmarks.training.earlier import in_words_of_now
from longvid_benchmarks.training.example import CALLED, ROLES, VALIDATE, Role
from longvid_benchmarks.training.model_card import CARD, LLM_FOLDER, README

TEST = VALIDATE.stop
"""The first seed for testing."""
NOTHING = {"examples": 0, "minutes": 0.0}
"""What random weights have learnt."""
EMBEDDINGS = ("model.embed_tokens.weight", "lm_head.weight")
"""Tensors with a row a token."""


def card(folder: Path) -> dict[str, Any]:
    """All that is to be said of the weights that the training in `folder` kept last."""
    state = read_state(folder)
    # What was learnt after them is lost.
    rows = [row for row in read_log(folder) if row["examples"] <= state["examples"]]
    begun = [row for row in rows if row.get("event") == "begin"]
    if not begun:
        raise LongvidError(f"{folder / LOG} does not say how the training began; train anew")
    came = next((row for row in rows if row.get("event") == "from"), {"source": None, "before": NOTHING})
    evaluations = [row for row in rows if row.get("event") == "evaluation"]
    losses = [row for row in rows if "loss" in row]
    last = begun[-1]
    return {
        "name": "storyfilm-tiny",
        # longvid reads these two (longvid.engine.catalog).
        "made_for": NAME,
        "writes": last["settings"]["role"] == "llm",
        "trained_on": "generated films of StoryFilm alone, seeds below 500000; tuned on seeds below 600000",
        "storyfilm": last["storyfilm"],
        "prompts": last["prompts"],
        "settings": last["settings"],
        "limit": last["limit"] if rows[-1].get("by") == "clock" else None,
        "sittings": len(begun),
        "hardware": {"machine": platform.machine(), "device": last["device"], "threads": last["threads"]},
        "begun_from": came["source"],
        "before": came["before"],
        "examples": state["examples"],
        "minutes": round(state["seconds"] / 60, 2),
        "loss": losses[-1]["loss"] if losses else {},
        "losses": [[row["examples"], row["minutes"], row["loss"]] for row in losses[:: max(1, len(losses) // 40)]],
        "validation": {k: v for k, v in evaluations[-1].items() if k != "event"} if evaluations else None,
    }


def export(folder: Path, out: Path) -> Path:
    """Write the weights that the training in `folder` kept last into `out`, in bfloat16 and with their card.

    Raises LongvidError where there are none or `out` cannot be written.
    """
    import torch

    said = card(folder)
    model = folder / MODEL
    # The file also has what is not learnt.
    weights = read_weights(model) | read_state(folder)["model"]
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            shutil.copyfile(model / name, out / name)
        config = json.loads((model / "config.json").read_text(encoding="utf-8")) | {"torch_dtype": "bfloat16"}
        (out / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
        write_weights(out / WEIGHTS, {name: tensor.to(torch.bfloat16) for name, tensor in weights.items()})
        _write_cards(out, said)
    except OSError as error:
        raise LongvidError(
            f"{error.filename or out}: {error.strerror}; train first, or choose another --out"
        ) from error
    return out


def _write_cards(folder: Path, said: dict[str, Any]) -> None:
    """Write the card of the checkpoint in `folder`, for programs and for people; a bundle that brings it as its LLM
    says so too."""
    (folder / CARD).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    (folder / README).write_text(model_card.render(folder), encoding="utf-8")
    above = folder.parent
    if folder.name == LLM_FOLDER and (above / CARD).is_file():
        (above / README).write_text(model_card.render(above), encoding="utf-8")


def read_card(folder: Path) -> dict[str, Any]:
    """What the bundle in `folder` says of itself. Raises LongvidError where it says nothing."""
    try:
        return model_card.read(folder / CARD)
    except (OSError, ValueError) as error:
        raise LongvidError(f"{folder} holds no card: {error}; export a training there first") from error


def judged(folder: Path, found: dict[str, Any]) -> Path:
    """Put held-out figures into the cards of the bundle in `folder`, and of the LLM that it brings.

    `found` is what `longvid bench tiny evaluate --json` prints. Returns the model card's path. Raises LongvidError.
    """
    found = in_words_of_now(found)
    films = {name: value for name, value in found.items() if name not in ROLES}
    said = read_card(folder)
    role = said["settings"]["role"]
    try:
        if role == "captioner" and "llm" in found:
            own = read_card(folder / LLM_FOLDER)
            _write_cards(folder / LLM_FOLDER, own | {"heldout": films | {"llm": found["llm"]}})
        _write_cards(folder, said | {"heldout": films | {role: found[role]}})
    except OSError as error:
        raise LongvidError(f"{error.filename or folder}: {error.strerror}; is the bundle read-only?") from error
    return folder / README


def is_current(folder: Path) -> bool:
    """Whether the bundle in `folder` was trained on the prompts that are in use."""
    return bool(read_card(folder)["prompts"] == prompts.digest())


def begin_from(
    source: Path, folder: Path, role: Role, stage: str | None = None, *, seed: int = 0, until: int | None = None
) -> int:
    """Begin a training in `folder` with the weights of the bundle in `source`, at the curriculum's `stage`, else its
    last.

    Where prompts have changed, so may have the words: the rows of each word are taken over by the word. Returns the
    number of the first batch. Raises LongvidError where there is no bundle, the sizes are others, or the curriculum has
    no such stage before batch `until`.
    """
    from longvid_benchmarks.training.sizes import write_blank

    try:
        first = first_of(role, stage)
    except KeyError:
        names = ", ".join(stage.name for stage in CURRICULA[role])
        raise LongvidError(f"the {CALLED[role]} learns in no stage {stage!r}; choose one of {names}") from None
    if until is not None and until <= first:
        raise LongvidError(f"batch {until} comes before this stage, which begins with {first}; choose a later --until")
    said, old, known = read_card(source), read_weights(source), _vocabulary(source)
    folder.mkdir(parents=True, exist_ok=True)
    with made_whole(folder / MODEL) as model:
        write_blank(model, role, seed)
        new, wanted = read_weights(model), _vocabulary(model)
        shared = [(known[token], index) for token, index in wanted.items() if token in known]
        for name, tensor in new.items():
            # Only the number of words may differ.
            start = 1 if name in EMBEDDINGS else 0
            if name not in old or old[name].shape[start:] != tensor.shape[start:]:
                raise LongvidError(f"{source} has other sizes ({name}); train anew without --begin-from")
            if name in EMBEDDINGS:
                for before, now in shared:
                    tensor[now] = old[name][before].to(tensor.dtype)
            else:
                new[name] = old[name].to(tensor.dtype)
        write_weights(model / WEIGHTS, new)
        learnt = {name: said[name] + (said.get("before") or NOTHING)[name] for name in NOTHING}
        row = {"batch": first, "examples": 0, "minutes": 0.0, "event": "from", "source": source.name, "before": learnt}
        # A training whose model is not there yet begins its log anew.
        shutil.rmtree(folder / MODEL, ignore_errors=True)
        write_whole(folder / LOG, (json.dumps(row) + "\n").encode())
    return first


def _vocabulary(folder: Path) -> dict[str, int]:
    """Token -> its id, special ones included. Raises LongvidError where they cannot be read."""
    try:
        found = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        return {**found["model"]["vocab"], **{token["content"]: token["id"] for token in found["added_tokens"]}}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LongvidError(
            f"{folder / 'tokenizer.json'} cannot be read: {error}; name the folder of a bundle"
        ) from error

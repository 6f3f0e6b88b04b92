"""Earlier words: what was trained, written or drawn under them is read, gone on with and drawn as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from longvid.models import bundled
from longvid_benchmarks.training import bundle, curriculum, model_card, training
from longvid_benchmarks.training.checkpointing import read_log
from longvid_benchmarks.training.curriculum import Stage
from longvid_benchmarks.training.earlier import role_of
from longvid_benchmarks.training.training import Settings, Trainer
from tests.benchmarks.training.test_model_card import FOUND, WATCHED, WRITTEN
from tests.cli.program import longvid

TINY = bundled()["storyfilm-tiny"]
BEFORE = {"examples": "lessons", "captioner": "watcher", "llm": "writer"}


def in_earlier_words(said: Any) -> Any:
    """`said` as it was written before."""
    if isinstance(said, dict):
        return {BEFORE.get(key, key): in_earlier_words(value) for key, value in said.items()}
    if isinstance(said, list):
        return [in_earlier_words(value) for value in said]
    return BEFORE.get(said, said) if isinstance(said, str) else said


@pytest.fixture
def old(blank: Path, tmp_path: Path) -> Path:
    """A training that was kept in earlier words, after seven examples."""
    folder = tmp_path / "old"
    shutil.copytree(blank, folder / "model")
    trainer = Trainer(folder, Settings())
    training._begin(trainer, None)
    trainer.number, trainer.examples = 3, 7
    trainer.log({"stage": "frame", "loss": {"caption": 2.5}})
    trainer.keep()
    rows = [in_earlier_words(json.loads(line)) for line in (folder / "log.jsonl").read_text().splitlines()]
    (folder / "log.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    state = torch.load(folder / "state.pt", weights_only=True)
    torch.save({BEFORE.get(name, name): value for name, value in state.items()}, folder / "state.pt")
    assert (rows[0]["settings"]["role"], rows[1]["lessons"]) == ("watcher", 7)
    return folder


def test_a_training_of_before_goes_on(old: Path) -> None:
    trainer = Trainer(old, Settings())
    assert (trainer.number, trainer.examples) == (3, 7)
    training._begin(trainer, None)
    assert [row["settings"]["role"] for row in read_log(old) if row.get("event") == "begin"] == ["captioner"] * 2
    assert [row["examples"] for row in read_log(old)] == [0, 7, 7]


def test_a_training_of_before_is_exported_in_words_of_now(old: Path, tmp_path: Path) -> None:
    said = json.loads((bundle.export(old, tmp_path / "out") / "card.json").read_text())
    assert (said["settings"]["role"], said["examples"], said["loss"]) == ("captioner", 7, {"caption": 2.5})


@pytest.mark.parametrize(
    ("folder", "role", "examples"), [(TINY, "captioner", 275_050), (TINY / "writer", "llm", 76_438)]
)
def test_the_bundled_cards_are_read(folder: Path, role: str, examples: int) -> None:
    said = bundle.read_card(folder)
    assert (said["settings"]["role"], said["examples"]) == (role, examples)
    assert set(said["heldout"]) >= {role, "films"}
    assert said["before"]["examples"] > 0


def test_the_bundled_cards_are_shown_in_words_of_now() -> None:
    said = model_card.render(TINY)
    assert "## The captioner\n" in said
    assert "## The LLM (in `writer/`)\n" in said
    assert "after 341,632 examples" in said
    assert "lessons" not in said


@pytest.mark.parametrize(("folder", "role"), [(TINY, "captioner"), (TINY / "writer", "llm")])
def test_a_training_begins_with_a_bundle_of_before(folder: Path, role: Any, tmp_path: Path) -> None:
    bundle.begin_from(folder, tmp_path / "next", role)
    said = json.loads((folder / "card.json").read_text())
    assert read_log(tmp_path / "next")[0]["before"]["examples"] == said["lessons"] + said["before"]["lessons"]


def test_figures_of_before_are_put_into_the_cards(tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(TINY, out)
    bundle.judged(out, FOUND | {"watcher": WATCHED, "writer": WRITTEN})
    for folder, role in ((out, "captioner"), (out / "writer", "llm")):
        assert set(json.loads((folder / "card.json").read_text())["heldout"]) == {*FOUND, role}


def test_a_role_is_taken_by_its_earlier_name() -> None:
    assert [role_of(name) for name in ("captioner", "watcher", "llm", "writer")] == ["captioner"] * 2 + ["llm"] * 2


@pytest.mark.parametrize("role", ["writer", "llm"])
def test_the_command_takes_a_role_by_both_its_names(role: str, tmp_path: Path) -> None:
    done = longvid("bench", "tiny", "train", tmp_path, "--role", role, "--begin-from", TINY, "--stage", "none")
    assert done.returncode == 1
    assert "the LLM learns in no stage 'none'" in done.stderr


def test_a_role_of_nobody_is_wrong_usage(tmp_path: Path) -> None:
    done = longvid("bench", "tiny", "train", tmp_path, "--role", "lessons")
    assert done.returncode == 2
    assert "'lessons' is not one of 'captioner', 'llm'" in done.stderr


@pytest.mark.parametrize(
    ("role", "stage", "films", "tasks"),
    [
        (
            "captioner",
            Stage("frame", 100, 4, {"caption": 1.0, "events": 1.0, "who": 1.0}, frames=(1,), chunks=(3, 4)),
            [(203725, 4), (122573, 4), (250305, 4), (160546, 4)],
            ["who"] * 4,
        ),
        (
            "llm",
            Stage("copy", 100, 2, {"copy": 1.0, "refine": 1.0}, chunks=(2, 3)),
            [(119591, 3), (176063, 2), (251366, 2), (144431, 3), (108730, 3), (301771, 3)],
            ["refine first", "ledger write"],
        ),
    ],
)
def test_a_seed_draws_what_it_drew_under_the_earlier_names(
    role: Any,
    stage: Stage,
    films: list[tuple[int, int]],
    tasks: list[str],
    monkeypatch: pytest.MonkeyPatch,
    processor: Any,
) -> None:
    """The films from which a batch is made, as (seed, chunks), and what is asked about them."""
    drawn = []

    def noting(seed: int, chunks: int) -> Any:
        drawn.append((seed, chunks))
        return invent(seed, chunks)

    invent = curriculum.invent
    monkeypatch.setattr(curriculum, "invent", noting)
    monkeypatch.setitem(curriculum.CURRICULA, role, (stage,))
    curriculum._film.cache_clear()
    curriculum._pool.cache_clear()
    assert [example.task for example in curriculum.examples_of(processor, role, 3, 1)] == tasks
    assert drawn == films

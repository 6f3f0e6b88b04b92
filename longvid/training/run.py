"""A training from its data to a model: read, decode, train, look at held-out data, write. A killed one goes on.

Everything lies in one folder: the result at its top, and in `work/` what it is made of (clips, checkpoints, run.json).
Knows no command line; progress is told to whoever asks.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from longvid.engine.backends.folders import quiet_transformers
from longvid.engine.memory import shortage
from longvid.errors import TrainingError
from longvid.files import as_text, read_json, write_whole
from longvid.training import record, saving
from longvid.training.batches import Collator, PairCollator
from longvid.training.card import README, readme
from longvid.training.data import read
from longvid.training.examples import Clips, Example, examples_of
from longvid.training.opening import Begun, load, processor_of
from longvid.training.processes import is_first, wait
from longvid.training.recipe import Recipe

Kind = Literal["sft", "grounding", "dpo"]
RUN, WORK = "run.json", "work"
EXTRA = "training needs more libraries; pip install 'longvid[train]'"

Tell = Callable[[str, float, float], None]
"""What is done, how much of it, of how much."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be trained on what."""

    kind: Kind
    begun: Begun
    recipe: Recipe
    data: Path
    held_out: Path | None
    out: Path
    device: str | None = None
    """cpu, or None for what accelerate finds."""
    report_to: tuple[str, ...] = ()
    """Trackers that transformers knows and the user has installed."""
    minutes: float | None = None
    """Stop with a checkpoint after so long; the same command goes on."""

    @property
    def pairs(self) -> bool:
        return self.kind == "dpo"

    @property
    def work(self) -> Path:
        return self.out / WORK

    def identity(self) -> dict[str, Any]:
        """What decides the result."""
        return {
            "kind": self.kind,
            "model": self.begun.fingerprint,
            "recipe": self.recipe.as_json,
            "data": _digest(self.data),
            "held_out": _digest(self.held_out) if self.held_out else None,
        }


@dataclass(frozen=True, slots=True)
class Done:
    """How a training ended."""

    finished: bool
    """False where its time was over before its steps."""
    steps: int
    of: int
    metrics: Mapping[str, float]


def require_extra() -> None:
    """Raise TrainingError where a library of the extra is missing."""
    try:
        import accelerate  # noqa: F401
        import datasets  # noqa: F401
        import matplotlib  # noqa: F401
        import peft  # noqa: F401
        import trl  # noqa: F401
    except ImportError as error:
        raise TrainingError(EXTRA) from error


def train(job: Job, tell: Tell) -> Done:
    """Run `job`, from where an earlier run of it stopped.

    Raises TrainingError, DataError and ModelError: data that are none, a folder with another training, no extra.
    """
    require_extra()
    claimed = _claim(job)
    if claimed.get("done"):
        return Done(True, claimed["steps"], claimed["steps"], claimed["metrics"])
    processor = processor_of(job.begun)
    examples, learnt = read_examples(job)
    clips = Clips(job.work / "clips", job.recipe, processor.image_size)
    total = len({example.video for example in examples})
    if is_first():
        for count in clips.prepare(examples):
            tell("clips", count, total)
    wait(cpu=job.device == "cpu")
    collator = (PairCollator if job.pairs else Collator)(processor, examples, clips, job.recipe, job.begun.template)
    longest = collator.longest()
    try:
        return _trained(job, collator, learnt, longest, tell)
    except OSError as error:
        raise TrainingError(f"{as_text(job.work)}: {error.strerror or error}; free space, run again") from error
    except Exception as error:
        if (short := shortage(error)) is None:
            raise
        raise TrainingError(
            f"memory is short ({short}); choose a smaller batch, gradient_checkpointing or LoRA: see --dry-run"
        ) from error


def read_examples(job: Job) -> tuple[list[Example], int]:
    """The examples that are learnt, those that are held out behind them, and how many are learnt. Raises DataError."""
    learnt = examples_of(read(job.data), pairs=job.pairs)
    held_out = examples_of(read(job.held_out), pairs=job.pairs) if job.held_out else []
    return [*learnt, *held_out], len(learnt)


def _trained(job: Job, collator: Collator, learnt: int, longest: int, tell: Tell) -> Done:
    from transformers import PrinterCallback

    from longvid.training import trainers
    from longvid.training.following import Follower

    # TRL still takes names that transformers has newer ones for.
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    quiet_transformers()
    model = load(job.begun, job.recipe)
    if job.recipe.method == "full":
        from longvid.training.targets import rate_of

        for name, weight in model.named_parameters():
            weight.requires_grad_(rate_of(job.recipe, name) > 0)
    options: dict[str, Any] = {
        "arguments": trainers.arguments(
            job.recipe, job.work, pairs=job.pairs, cpu=job.device == "cpu", report_to=job.report_to
        )
    }
    if job.pairs and job.recipe.method == "full":
        options["ref_model"] = load(job.begun, job.recipe)
    follower = Follower(job.out / record.METRICS, job.minutes, tell)
    kind: Any = trainers.PairTrainer if job.pairs else trainers.AnswerTrainer
    trainer = kind(model, job.recipe, collator, learnt, callbacks=[follower], **options)
    trainer.remove_callback(PrinterCallback)
    begun = time.monotonic()
    trainer.train(resume_from_checkpoint=_last_checkpoint(job.work))
    steps, of = trainer.state.global_step, trainer.state.max_steps
    if steps < of:
        return Done(False, steps, of, {})
    metrics = _held_out(trainer, learnt, collator)
    seconds = time.monotonic() - begun
    _write(job, trainer, collator, learnt, {"steps": steps, "longest": longest, "seconds": seconds, **metrics})
    return Done(True, steps, of, metrics)


def _held_out(trainer: Any, learnt: int, collator: Collator) -> dict[str, float]:
    if learnt == len(collator.examples):
        return {}
    found: dict[str, Any] = trainer.evaluate()
    return {name: float(value) for name, value in found.items() if name.startswith("eval_")}


def _write(job: Job, trainer: Any, collator: Collator, learnt: int, facts: Mapping[str, Any]) -> None:
    """Write the result and mark the run as done; with several processes the first one does."""
    draft = job.work / "result"
    state = trainer.accelerator.get_state_dict(trainer.model) if trainer.is_fsdp_enabled else None
    if is_first():
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        if job.recipe.method == "lora":
            saving.write_adapter(trainer.model, job.begun, draft)
        else:
            if state is not None:
                trainer.model = load(job.begun, job.recipe)
                trainer.model.load_state_dict(state)
            saving.write_whole_model(trainer.model, job.begun, collator.processor, draft)
        said = {
            "kind": job.kind, "model": job.begun.name, "recipe": job.recipe.as_json, "examples": learnt,
            "held_out": len(collator.examples) - learnt, **facts,
        }  # fmt: skip
        saving.write_json(draft / "card.json", saving.card_of(job.begun, job.recipe.label, said))
        rows = record.read_metrics(job.out / record.METRICS)
        record.draw(rows, draft / record.CURVES)
        (draft / README).write_text(readme(job.out.resolve().name, said, rows), encoding="utf-8")
        saving.publish(draft, job.out)
        metrics = {name: value for name, value in facts.items() if name.startswith("eval_")}
        _store(job, {**job.identity(), "done": True, "steps": facts["steps"], "metrics": metrics})
        for path in job.work.glob("checkpoint-*"):
            shutil.rmtree(path, ignore_errors=True)
    wait(cpu=job.device == "cpu")


def _claim(job: Job) -> dict[str, Any]:
    """What run.json of the folder says, written where there is none. Raises TrainingError for another training."""
    path, mine = job.work / RUN, job.identity()
    try:
        job.work.mkdir(parents=True, exist_ok=True)
        said = read_json(path) if path.exists() else None
    except (OSError, ValueError) as error:
        raise TrainingError(f"{as_text(path)} cannot be read; choose another folder with -o") from error
    if said is None:
        taken = sorted(one.name for one in job.out.iterdir() if one.name != WORK)
        if taken and is_first():
            raise TrainingError(f"{as_text(job.out)} holds {taken[0]} already; choose another folder with -o")
        _store(job, mine)
        return mine
    if not isinstance(said, dict) or any(said.get(name) != value for name, value in mine.items()):
        odd = next((name for name, value in mine.items() if not isinstance(said, dict) or said.get(name) != value), "")
        raise TrainingError(
            f"{as_text(job.out)} holds a training with another {odd.replace('_', ' ')}; choose another folder with -o"
        )
    return said


def _store(job: Job, said: Mapping[str, Any]) -> None:
    if is_first():
        write_whole(job.work / RUN, json.dumps(said, indent=1).encode())


def _digest(path: Path) -> str:
    """Raises TrainingError for a file that cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    except OSError as error:
        raise TrainingError(f"{as_text(path)} cannot be read ({error.strerror}); name a data set") from error
    return digest.hexdigest()[:32]


def _last_checkpoint(work: Path) -> str | None:
    """The newest whole checkpoint in `work`: its state is written last."""
    found = [path for path in work.glob("checkpoint-*") if (path / "trainer_state.json").is_file()]
    numbered = [(int(path.name.rpartition("-")[2]), path) for path in found if path.name[11:].isdecimal()]
    return str(max(numbered)[1]) if numbered else None


def usual_recipe(kind: Kind) -> str:
    """The recipe that a kind of training takes where none is named."""
    return {"sft": "instruction", "grounding": "temporal-grounding", "dpo": "preference"}[kind]

"""Training the small model: from a blank checkpoint through the curriculum, interrupted and continued at will.

The folder of a training holds `model/` (the official layout, as it was at the last evaluation or end), `state.pt`
(weights, optimizer and the number of the next batch) and `log.jsonl`. Whatever is killed goes on from `state.pt` with
exactly the batches that it would have had. Knows no film: batches come from `stream`.

Where the device multiplies bfloat16 in hardware, the model computes in it and the optimizer keeps float32 weights.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers.utils.logging import disable_progress_bar

from longvid.cogvlm2 import CogVLM2VideoConfig, CogVLM2VideoForConditionalGeneration
from longvid.cogvlm2.frames import MEAN, STD
from longvid.cogvlm2.prompts import IGNORE
from longvid.errors import LongvidError
from longvid_benchmarks.claiming import claimed
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.storyfilm.generator import VERSION
from longvid_benchmarks.training import attention, checkpointing, sizes, stream
from longvid_benchmarks.training.checkpointing import LOG, MODEL, STATE, WEIGHTS
from longvid_benchmarks.training.example import Role
from longvid_benchmarks.training.stream import Batch

EASED = 1 / 3
"""Share of a limited time in which the rate falls."""
Losses = Mapping[str, Sequence[float]]
"""Task -> nats of each token of its answers."""


def computing(device: torch.device) -> torch.dtype:
    """bfloat16 where `device` multiplies it in hardware, else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    # Older torch does not say.
    able: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the weights that come of a training.

    Attributes:
        role: which of the two models.
        seed: of the first weights and of the stream.
        rate: peak learning rate of AdamW, reached after `warm_up` batches.
        until: batch at which the training ends.
        cool: over so many batches before the end, a fifth of all at most, the rate falls to a twentieth.
    """

    role: Role = "captioner"
    seed: int = 0
    rate: float = 1e-3
    warm_up: int = 100
    until: int = 40_000
    cool: int = 4_000
    weight_decay: float = 0.01
    clip: float = 1.0

    def rate_at(self, number: int, first: int = 0) -> float:
        """The learning rate of batch `number` of a training that began with batch `first`."""
        rising = min(1.0, (number - first + 1) / self.warm_up)
        cool = max(1, min(self.cool, self.until // 5))
        falling = min(1.0, max(0.05, (self.until - number) / cool))
        return self.rate * rising * falling


class Trainer:
    """A model in training on one device, in `folder`; continues what it finds there.

    Args:
        device: "cpu", "cuda" or "cuda:N".
        first: number of the first batch, where no state says where it stands.
        dtype: to compute in; default `computing(device)`.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        device: str = "cpu",
        first: int = 0,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.folder, self.settings, self.device = folder, settings, torch.device(device)
        self.number = self.first = first
        self.ease = 1.0
        """What a limited time leaves of the rate."""
        self.examples = 0
        self.seconds = 0.0
        disable_progress_bar()
        checkpointing.mend_log(folder)
        if not (folder / MODEL).is_dir():
            # A log without its model is not of what begins here.
            (folder / LOG).unlink(missing_ok=True)
            sizes.write_blank(folder / MODEL, settings.role, settings.seed)
        config = CogVLM2VideoConfig.from_folder(folder / MODEL)
        # All frames of a batch at once: there is memory enough, and gradients need every part anyway.
        config.vision_batch_size = 1 << 20
        model: Any = CogVLM2VideoForConditionalGeneration.from_pretrained(
            folder / MODEL, config=config, dtype=torch.float32, local_files_only=True
        )
        self.dtype = dtype or computing(self.device)
        self.model = model.to(self.device, self.dtype)
        if self.device.type == "cpu":
            self.model.config._attn_implementation = attention.register()
        # Steps are smaller than bfloat16 can tell, so what is learnt is added up in float32.
        self.weights = {name: weight.detach().float().clone() for name, weight in self.model.named_parameters()}
        self.optimizer = torch.optim.AdamW(
            self.weights.values(),
            lr=settings.rate,
            betas=(0.9, 0.99),
            weight_decay=settings.weight_decay,
            fused=True,
        )
        if (folder / STATE).is_file():
            self._restore()
        self._mean = torch.tensor(MEAN, device=self.device).view(1, 3, 1, 1)
        self._std = torch.tensor(STD, device=self.device).view(1, 3, 1, 1)

    @property
    def rate(self) -> float:
        """Of the next batch."""
        return self.ease * self.settings.rate_at(self.number, self.first)

    def step(self, batch: Batch) -> Losses:
        """Learn one batch, by the mean loss of its answers' tokens."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        self.model.train()
        losses = self._losses(batch)
        losses.mean().backward()
        for name, weight in self.model.named_parameters():
            self.weights[name].grad = None if weight.grad is None else weight.grad.float()
            weight.grad = None
        torch.nn.utils.clip_grad_norm_(self.weights.values(), self.settings.clip)
        self.optimizer.step()
        self._round()
        self.number = batch.number + 1
        self.examples += len(batch.tasks)
        found: dict[str, list[float]] = defaultdict(list)
        of = batch.examples[batch.targets != IGNORE]
        for example, loss in zip(of.tolist(), losses.tolist(), strict=True):
            found[batch.tasks[example]].append(loss)
        return found

    @torch.no_grad()
    def _round(self) -> None:
        """Give the model the weights that were learnt, in the numbers that it computes with."""
        for name, weight in self.model.named_parameters():
            weight.copy_(self.weights[name])

    def _losses(self, batch: Batch) -> Tensor:
        """Of each token of the answers, row by row."""
        targets = torch.from_numpy(batch.targets).to(self.device)
        wanted = targets != IGNORE
        inputs = {"input_ids": batch.ids, "position_ids": batch.places, "token_type_ids": batch.types}
        given: dict[str, Any] = {name: torch.from_numpy(value).to(self.device) for name, value in inputs.items()}
        if batch.frames is not None:
            given["pixel_values"] = self.pixels(torch.from_numpy(batch.frames).to(self.device))
        texts = None if batch.texts is None else torch.from_numpy(batch.texts).to(self.device)
        if texts is not None and self.device.type != "cpu":
            given["attention_mask"] = attention.visible(texts)
        with attention.sharing(texts):
            hidden = self.model.model(**given, use_cache=False).last_hidden_state
        # Only answers are learnt, so the head is spared the prompts.
        logits = self.model.lm_head(hidden[wanted]).float()
        return F.cross_entropy(logits, targets[wanted], reduction="none")

    def pixels(self, frames: Tensor) -> Tensor:
        """uint8 [T, S, S, 3] to the model's pixel_values, as `longvid.cogvlm2.pixels.transform` makes them."""
        return ((frames.permute(0, 3, 1, 2).float() / 255.0 - self._mean) / self._std).to(self.dtype)

    # -- checkpoints ---------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Write `state.pt`, whole or not at all."""
        state = {
            "model": self.weights,
            "optimizer": self.optimizer.state_dict(),
            "number": self.number,
            "first": self.first,
            "examples": self.examples,
            "seconds": self.seconds,
        }
        checkpointing.write_state(self.folder, state)

    def _restore(self) -> None:
        state = checkpointing.read_state(self.folder, self.device)
        for name, weight in self.weights.items():
            weight.copy_(state["model"][name])
        self._round()
        self.optimizer.load_state_dict(state["optimizer"])
        self.number, self.first = state["number"], state["first"]
        self.examples, self.seconds = state["examples"], state["seconds"]

    def save_model(self) -> None:
        """Write the weights of now into `model/`, beside the tokenizer."""
        checkpointing.write_weights(self.folder / MODEL / WEIGHTS, self.model.state_dict())

    def log(self, row: dict[str, Any]) -> None:
        """Append `row` to the log, with where the training stands."""
        head = {"batch": self.number, "examples": self.examples, "minutes": round(self.seconds / 60, 2)}
        checkpointing.append_log(self.folder, {**head, **row})


def train(
    folder: Path,
    settings: Settings,
    *,
    first: int = 0,
    device: str = "cpu",
    workers: int = 1,
    minutes: float | None = None,
    keep_every: float = 4.0,
    log_every: int = 50,
    evaluate: Callable[[Trainer], dict[str, Any]] | None = None,
    evaluate_every: float = 10.0,
    tell: Callable[[str], None] = print,
) -> Trainer:
    """Train in `folder` until `settings.until`; continues what is there.

    Args:
        minutes: end after so many at the latest; towards it the rate falls, so what is there then is of use.
        workers: processes that make batches ahead.
        keep_every, evaluate_every: minutes between two states, and two evaluations, which `evaluate` makes.
    """
    with claimed(folder, "training"):
        trainer = Trainer(folder, settings, device, first)
        _begin(trainer, minutes)
        if trainer.number >= settings.until:
            tell(f"batch {trainer.number}: nothing is left to learn until batch {settings.until}")
        begun = kept = evaluated = time.monotonic()
        meter = _Meter()
        batches = stream.batches(folder / MODEL, settings.role, settings.seed, trainer.number, workers=workers)
        with _politely() as asked_to_end:
            try:
                while trainer.number < settings.until and not asked_to_end():
                    gone = 0.0 if minutes is None else (time.monotonic() - begun) / (60 * minutes)
                    if gone >= 1.0:
                        break
                    trainer.ease = 1.0 if minutes is None else eased(gone)
                    asked = time.monotonic()
                    batch = next(batches)
                    waited = time.monotonic() - asked
                    losses = trainer.step(batch)
                    now = time.monotonic()
                    trainer.seconds += now - asked
                    meter.add(losses, now - asked, waited)
                    if trainer.number % log_every == 0 or trainer.number == settings.until:
                        row = {"stage": batch.stage, "rate": round(trainer.rate, 6)}
                        row |= meter.row()
                        trainer.log(row)
                        tell(
                            f"batch {trainer.number} ({trainer.examples} examples, "
                            f"{trainer.seconds / 60:.1f} min): {row}"
                        )
                    if now - kept > 60 * keep_every:
                        trainer.keep()
                        kept = now
                    if evaluate is not None and now - evaluated > 60 * evaluate_every:
                        _examine(trainer, evaluate, tell)
                        evaluated = time.monotonic()
            finally:
                # First of all: who asks for an end may not wait long.
                trainer.keep()
                trainer.save_model()
                batches.close()
            trainer.log({"event": "end", "by": _why(trainer, asked_to_end())})
            if asked_to_end():
                raise KeyboardInterrupt
        if evaluate is not None:
            _examine(trainer, evaluate, tell)
        return trainer


def _begin(trainer: Trainer, minutes: float | None) -> None:
    """Log what begins here. Raises LongvidError where what is there is the other model, or learnt of other prompts."""
    now = {"prompts": prompts.digest(), "storyfilm": VERSION}
    rows = checkpointing.read_log(trainer.folder) if trainer.examples else []
    before = [row for row in rows if row.get("event") == "begin"]
    if before and before[-1]["settings"]["role"] != trainer.settings.role:
        raise LongvidError(
            f"{trainer.folder} holds a training with --role {before[-1]['settings']['role']}; go on with that"
        )
    if before and {name: before[-1].get(name) for name in now} != now:
        raise LongvidError(
            f"{trainer.folder} holds a training of other prompts or films; export it, and go on from the bundle in "
            "another folder with --begin-from"
        )
    settings = {"settings": asdict(trainer.settings), "limit": minutes}
    trainer.log(
        {"event": "begin", **settings, **now, "device": str(trainer.device), "threads": torch.get_num_threads()}
    )


def _why(trainer: Trainer, asked: bool) -> str:
    if asked:
        return "interrupt"
    return "until" if trainer.number >= trainer.settings.until else "clock"


@contextmanager
def _politely() -> Iterator[Callable[[], bool]]:
    """Whether an end was asked for, by Ctrl-C or as of a machine that is given back: the batch in hand is finished
    first. Who asks twice is not kept waiting. Elsewhere than in the main thread nobody can ask."""
    came: list[int] = []

    def note(number: int, frame: object) -> None:
        came.append(number)
        if len(came) > 1:
            raise KeyboardInterrupt

    kinds = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = {kind: signal.signal(kind, note) for kind in kinds}
    try:
        yield lambda: bool(came)
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def eased(gone: float) -> float:
    """What is left of the rate when the share `gone` of a limited time is over: all but in its last EASED."""
    return min(1.0, max(0.05, (1.0 - gone) / EASED))


class _Meter:
    """Mean losses by task, and where the time went, since the last row."""

    def __init__(self) -> None:
        self._losses: dict[str, list[float]] = defaultdict(list)
        self._steps = 0
        self._seconds = self._waited = 0.0

    def add(self, losses: Losses, seconds: float, waited: float) -> None:
        for task, some in losses.items():
            self._losses[task] += some
        self._steps += 1
        self._seconds += seconds
        self._waited += waited

    def row(self) -> dict[str, Any]:
        """What was counted; counting begins anew."""
        found = {
            "loss": {task: round(sum(some) / len(some), 4) for task, some in sorted(self._losses.items())},
            "seconds_a_batch": round(self._seconds / max(1, self._steps), 3),
            "waited": round(self._waited / max(1e-9, self._seconds), 3),
        }
        self._losses.clear()
        self._steps = 0
        self._seconds = self._waited = 0.0
        return found


def _examine(trainer: Trainer, evaluate: Callable[[Trainer], dict[str, Any]], tell: Callable[[str], None]) -> None:
    trainer.save_model()
    found = evaluate(trainer)
    trainer.log({"event": "evaluation", **found})
    tell(f"evaluation at batch {trainer.number}: {found}")

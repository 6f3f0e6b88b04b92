"""TRL's trainers, told what they need to know of CogVLM2-Video. Importing this file imports torch, TRL and PEFT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import LoraConfig
from torch.optim import Optimizer
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from longvid.training.batches import ROW, Collator, PairCollator
from longvid.training.processes import together
from longvid.training.recipe import Recipe
from longvid.training.targets import lora_targets, rate_of


def rows(numbers: Iterable[int]) -> Dataset:
    """A data set of the numbers of examples that a collator knows."""
    return Dataset.from_dict({ROW: list(numbers)})


def lora_of(recipe: Recipe) -> LoraConfig:
    """The adapters of `recipe`, in the form that ms-swift writes too."""
    return LoraConfig(
        r=recipe.lora_rank,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=recipe.lora_dropout,
        target_modules=lora_targets(recipe),
        task_type="CAUSAL_LM",
    )


def arguments(recipe: Recipe, folder: Path, *, pairs: bool, cpu: bool, report_to: Sequence[str]) -> dict[str, Any]:
    """What TRL's configurations are made of."""
    return {
        "output_dir": str(folder),
        "learning_rate": recipe.learning_rate,
        "num_train_epochs": recipe.epochs,
        "max_steps": recipe.steps or -1,
        "per_device_train_batch_size": recipe.batch,
        "per_device_eval_batch_size": recipe.batch,
        "gradient_accumulation_steps": recipe.accumulation,
        "lr_scheduler_type": {"constant": "constant_with_warmup"}.get(recipe.schedule, recipe.schedule),
        "warmup_steps": recipe.warmup,
        "weight_decay": recipe.weight_decay,
        "max_grad_norm": recipe.clip,
        "bf16": recipe.precision == "mixed",
        "gradient_checkpointing": recipe.gradient_checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False},
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "logging_steps": recipe.log_every,
        "logging_first_step": True,
        "eval_strategy": "steps" if recipe.held_out_every else "no",
        "eval_steps": recipe.held_out_every or None,
        "prediction_loss_only": True,
        "save_steps": recipe.save_every,
        "save_total_limit": 2,
        "remove_unused_columns": False,
        "disable_tqdm": True,
        "use_cpu": cpu,
        "ddp_backend": "gloo" if cpu and together() else None,
        # Rows without a clip, or a frozen tower, leave weights without gradients.
        "ddp_find_unused_parameters": not recipe.gradient_checkpointing and not pairs,
        "dataloader_pin_memory": not cpu,
        "report_to": list(report_to) or "none",
        "max_length": None,
    }


class _Told:
    """What both trainers are told: learning rates by the place of a weight; no card of theirs, no word to the hub."""

    recipe: Recipe

    def create_model_card(self, *args: Any, **options: Any) -> None:
        """longvid writes its own."""

    def _send_telemetry(self) -> None:
        """Nothing is told to anybody: TRL would report each training to the hub."""

    def create_optimizer(self, model: Any = None) -> Optimizer:
        """AdamW with a group of weights for each rate; matrices alone decay."""
        trainer: Any = self
        if trainer.optimizer is None:
            whole = trainer.model if model is None else model
            groups: dict[tuple[float, float], list[Any]] = {}
            for name, weight in whole.named_parameters():
                if weight.requires_grad:
                    lora = self.recipe.method == "lora"
                    rate = self.recipe.learning_rate if lora else rate_of(self.recipe, name)
                    decay = self.recipe.weight_decay if weight.ndim > 1 else 0.0
                    groups.setdefault((rate, decay), []).append(weight)
            kind, options = trainer.get_optimizer_cls_and_kwargs(trainer.args, whole)
            made = [{"params": some, "lr": rate, "weight_decay": decay} for (rate, decay), some in groups.items()]
            trainer.optimizer = kind(made, **options)
        return trainer.optimizer  # type: ignore[no-any-return]


class AnswerTrainer(_Told, SFTTrainer):  # type: ignore[misc]
    """Supervised tuning: the loss is on answers alone.

    The first `learnt` examples of `data` are learnt, those behind them are held out.
    """

    def __init__(self, model: Any, recipe: Recipe, data: Collator, learnt: int, **options: Any) -> None:
        self.recipe = recipe
        settings = SFTConfig(**options.pop("arguments"), dataset_kwargs={"skip_prepare_dataset": True}, packing=False)
        super().__init__(model, settings, **_given(recipe, data, learnt), **options)


class PairTrainer(_Told, DPOTrainer):  # type: ignore[misc]
    """Preference tuning (DPO): better answers are made likelier than worse ones, near the model that it began with.

    Arguments are those of `AnswerTrainer`; full tuning also needs a `ref_model`, another copy of the model.
    """

    def __init__(self, model: Any, recipe: Recipe, data: PairCollator, learnt: int, **options: Any) -> None:
        self.recipe = recipe
        settings = DPOConfig(**options.pop("arguments"), beta=recipe.beta)
        super().__init__(model, args=settings, **_given(recipe, data, learnt), **options)

    def _prepare_dataset(self, dataset: Any, *args: Any, **options: Any) -> Any:
        """TRL would tokenise the columns of the data set, which are numbers of rows here."""
        return dataset


def _given(recipe: Recipe, data: Collator, learnt: int) -> dict[str, Any]:
    """What both trainers are made of."""
    held_out = range(learnt, len(data.examples))
    return {
        "data_collator": data,
        "train_dataset": rows(range(learnt)),
        "eval_dataset": rows(held_out) if held_out else None,
        "processing_class": data.processor.tokenizer,
        "peft_config": lora_of(recipe) if recipe.method == "lora" else None,
    }

"""What a training would do, told before it is begun (`--dry-run`): data, steps, and memory by the stage.

Reads the data and the headers of the model; decodes no video and loads no weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from longvid.cogvlm2.geometry import Geometry
from longvid.training.batches import Collator, PairCollator
from longvid.training.examples import Clips
from longvid.training.memory import lines
from longvid.training.opening import processor_of
from longvid.training.recipe import Recipe
from longvid.training.run import Job, read_examples
from longvid.training.targets import trained


def told(job: Job) -> Iterator[str]:
    """Lines for a person. Raises DataError and ModelError, as the training would."""
    examples, learnt = read_examples(job)
    processor = processor_of(job.begun)
    clips = Clips(job.work / "clips", job.recipe, processor.image_size)
    kind = PairCollator if job.pairs else Collator
    longest = kind(processor, examples, clips, job.recipe, job.begun.template).longest(job.recipe.frames)
    recipe, geometry = job.recipe, job.begun.geometry
    steps = recipe.steps or math.ceil(learnt / (recipe.batch * recipe.accumulation) * recipe.epochs)
    yield f"{job.begun.name}: {geometry.parameters:,} weights, of which {_learning(geometry, recipe)}"
    yield f"data: {learnt:,} answers, {len(examples) - learnt:,} held out; at most {longest:,} tokens"
    yield f"steps: {steps:,} of {recipe.batch * recipe.accumulation:,} answers on one device"
    yield "memory of one device:"
    yield from lines(geometry, recipe, tokens=longest, frames=recipe.frames, pairs=job.pairs)
    yield "an estimate, without an allocator's slack; devices with FSDP or ZeRO share all but activations"


def _learning(geometry: Geometry, recipe: Recipe) -> str:
    places = trained(geometry, recipe)
    if recipe.method == "lora":
        return f"none learns; {sum(places.values()):,} beside them do (rank {recipe.lora_rank})"
    return ", ".join(f"{count:,} of the {place}" for place, count in places.items() if count) + " learn"

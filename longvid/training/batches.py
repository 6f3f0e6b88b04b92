"""Examples to the batches of a trainer: rows of a data set are numbers, and the collator reads what they stand for.

Labels are on answers alone. The frames of all rows of a batch lie in one dimension, so nothing may slice a batch by its
first: processes have samplers of their own (DDP), and nothing is packed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from longvid.cogvlm2.errors import PromptTooLong
from longvid.cogvlm2.estimates import Template
from longvid.errors import DataError
from longvid.training.examples import Clips, Example
from longvid.training.recipe import Recipe

if TYPE_CHECKING:
    from longvid.cogvlm2 import CogVLM2VideoProcessor

ROW = "row"
"""The one column of a data set."""


class Collator:
    """Rows to what the model takes: input_ids, token_type_ids, attention_mask, labels [B, L], pixel_values."""

    def __init__(
        self,
        processor: CogVLM2VideoProcessor,
        examples: Sequence[Example],
        clips: Clips,
        recipe: Recipe,
        template: Template,
    ) -> None:
        self.processor, self.examples, self.clips = processor, examples, clips
        self.recipe, self.template = recipe, template

    def __call__(self, rows: Sequence[Mapping[str, int]]) -> dict[str, Any]:
        chosen = [self.examples[row[ROW]] for row in rows]
        return self._batch(chosen, [example.answer for example in chosen])

    def _batch(self, chosen: Sequence[Example], answers: Sequence[str]) -> dict[str, Any]:
        clips = [self.clips.read(example) for example in chosen]
        made = self.processor(
            [example.question for example in chosen],
            [clip and clip.frames for clip in clips],
            times=[clip and clip.times.tolist() for clip in clips],
            history=[example.history for example in chosen],
            answers=[self.written(answer) for answer in answers],
            template=self.template,
            label=self.recipe.label,
        )
        return dict(made)

    def written(self, answer: str) -> str:
        """`answer` as it stands behind the prompt: after a blank, but for `base`, which goes on with the text."""
        return answer if self.template == "base" or answer[:1].isspace() else f" {answer}"

    def longest(self, frames: int | None = None) -> int:
        """Tokens of the longest example with its answer, whose clips have as many frames as they have, or `frames`.

        Raises DataError for one that the model cannot take.
        """
        longest = 0
        for example in self.examples:
            shown = 0 if example.video is None else self.clips.frames_of(example) if frames is None else frames
            for answer in filter(None, (example.answer, example.rejected)):
                layout = self.processor.layout(
                    example.question,
                    num_frames=shown,
                    times=[float(second) for second in range(shown)],
                    history=example.history,
                    answer=self.written(answer),
                    template=self.template,
                    label=self.recipe.label,
                )
                longest = max(longest, len(layout.input_ids))
                if longest > self.processor.max_length:
                    error = PromptTooLong(longest, self.processor.max_length)
                    raise DataError(f"sample {example.row}: {error}, or show fewer frames")
        return longest


class PairCollator(Collator):
    """For DPO: the chosen answers of all rows, then the rejected ones, with `completion_mask` in place of labels."""

    def __call__(self, rows: Sequence[Mapping[str, int]]) -> dict[str, Any]:
        from longvid.cogvlm2.prompts import IGNORE

        chosen = [self.examples[row[ROW]] for row in rows]
        rejected = [example.rejected or "" for example in chosen]
        batch = self._batch([*chosen, *chosen], [example.answer for example in chosen] + rejected)
        batch["completion_mask"] = (batch.pop("labels") != IGNORE).long()
        return batch

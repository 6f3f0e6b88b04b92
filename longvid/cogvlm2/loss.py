"""The loss of a training step: cross-entropy on the tokens of answers alone. Knows no model."""

from torch import Tensor
from torch.nn import functional as F


def answer_loss(logits: Tensor, labels: Tensor, num_items_in_batch: Tensor | int | None = None) -> Tensor:
    """Cross-entropy of the next token where its label is not -100.

    Args:
        logits: [B, L, vocabulary].
        labels: [B, L], not shifted.
        num_items_in_batch: divide the sum by so many, in place of the labels of this batch: those of a whole step.
    """
    logits, labels = logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten().to(logits.device)
    if num_items_in_batch is None:
        return F.cross_entropy(logits, labels)
    items = num_items_in_batch.to(logits.device) if isinstance(num_items_in_batch, Tensor) else num_items_in_batch
    return F.cross_entropy(logits, labels, reduction="sum") / items

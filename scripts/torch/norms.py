"""Batch norms of a network that learns: between a convolution and its bias (src/train/learn/batch-norm.ts).

A layer that has one has, beside `<layer>.weight` and `<layer>.bias`, `<layer>.gamma`, `.mean` and `.variance`:
`gamma (x - mean) / sqrt(variance + EPSILON) + bias`. The program itself knows none: they are folded into the weights.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

# EfficientNet's own.
EPSILON = 1e-3
# Share of a batch's statistics in the running ones, at each step.
MOMENTUM = 0.01
# What a norm has that is counted, not learnt.
STATISTICS = ("mean", "variance")
PARTS = ("gamma", *STATISTICS)


def has_norm(weights: dict[str, Tensor], layer: str) -> bool:
    """Whether a layer has a batch norm."""
    return f"{layer}.gamma" in weights


def is_statistic(name: str) -> bool:
    """Whether a tensor is counted, not learnt."""
    return name.endswith(tuple(f".{part}" for part in STATISTICS))


def normalized(value: Tensor, weights: dict[str, Tensor], layer: str, is_learning: bool) -> Tensor:
    """A convolution's result without bias, normalized, with the layer's bias.

    While it learns, by the batch's own statistics, which the running ones follow; a layer whose gamma is frozen keeps
    its running ones, and goes by them.
    """
    gamma, mean, variance = (weights[f"{layer}.{part}"] for part in PARTS)
    is_free = is_learning and gamma.requires_grad
    return F.batch_norm(value, mean, variance, gamma, weights[f"{layer}.bias"], is_free, MOMENTUM, EPSILON)


@torch.no_grad()
def folded(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same network without batch norms; tensors that stay as they are are not copied."""
    plain = {name: tensor for name, tensor in weights.items() if not name.endswith(tuple(f".{part}" for part in PARTS))}
    for name in weights:
        layer, _, part = name.rpartition(".")
        if part != "gamma":
            continue
        gamma, mean, variance = (weights[f"{layer}.{one}"] for one in PARTS)
        factor = gamma / (variance + EPSILON).sqrt()
        plain[f"{layer}.weight"] = weights[f"{layer}.weight"] * factor[:, None, None, None]
        plain[f"{layer}.bias"] = weights[f"{layer}.bias"] - mean * factor
    return plain

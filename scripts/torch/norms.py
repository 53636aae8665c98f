"""Batch norms during training: each lies between a convolution and its bias (src/train/learn/layers/batch-norm.ts).

A layer with a batch norm has `<layer>.gamma`, `.mean` and `.variance` beside `<layer>.weight` and `<layer>.bias`. It
computes `gamma (x - mean) / sqrt(variance + EPSILON) + bias`. The program's models have no batch norms: they are folded
into the weights.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from spectral import divided

# The value that EfficientNet uses.
EPSILON = 1e-3
# The share of a batch's statistics in the running statistics, at each step.
MOMENTUM = 0.01
# The tensors of a batch norm that are measured, not trained.
STATISTICS = ("mean", "variance")
PARTS = ("gamma", *STATISTICS)
# The vector of a spectral norm (spectral.py).
VECTOR = "u"


def has_norm(weights: dict[str, Tensor], layer: str) -> bool:
    """Whether a layer has a batch norm."""
    return f"{layer}.variance" in weights


def is_statistic(name: str) -> bool:
    """Whether a tensor is measured, not trained."""
    return name.endswith(tuple(f".{part}" for part in (*STATISTICS, VECTOR)))


def normalized(value: Tensor, weights: dict[str, Tensor], layer: str, is_learning: bool) -> Tensor:
    """Normalizes the result of a convolution without bias, and adds the layer's bias.

    In training it uses the batch's statistics and updates the running ones. A layer whose gamma is frozen uses its
    running statistics and does not change them.
    """
    gamma, mean, variance = (weights[f"{layer}.{part}"] for part in PARTS)
    is_free = is_learning and gamma.requires_grad
    return F.batch_norm(value, mean, variance, gamma, weights[f"{layer}.bias"], is_free, MOMENTUM, EPSILON)


def is_of_norm(name: str, weights: dict[str, Tensor]) -> bool:
    """Whether a tensor belongs to a norm. The gamma of self-attention does not."""
    layer, _, part = name.rpartition(".")
    return part == VECTOR or (part in PARTS and has_norm(weights, layer))


@torch.no_grad()
def folded(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same network without batch and spectral norms. Tensors that do not change are not copied."""
    plain = {name: tensor for name, tensor in weights.items() if not is_of_norm(name, weights)}
    for name in weights:
        layer, _, part = name.rpartition(".")
        if part == VECTOR:
            plain[f"{layer}.weight"] = divided(weights, layer, is_learning=False)
        if part != "variance":
            continue
        gamma, mean, variance = (weights[f"{layer}.{one}"] for one in PARTS)
        factor = gamma / (variance + EPSILON).sqrt()
        plain[f"{layer}.weight"] = weights[f"{layer}.weight"] * factor[:, None, None, None]
        plain[f"{layer}.bias"] = weights[f"{layer}.bias"] - mean * factor
    return plain

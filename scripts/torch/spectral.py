"""Spectral norm during training (src/train/learn/layers/spectral-norm.ts; Miyato et al. 2018).

A layer with it has `<layer>.u` [out, 1], the left singular vector that belongs to its largest singular value. The weights
are divided by that value. The program's models have no spectral norm: it is folded into the weights.
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

# Steps of the power iteration at the start.
FIRST_STEPS = 15


def has_spectral(weights: dict[str, Tensor], layer: str) -> bool:
    """Whether a layer has a spectral norm."""
    return f"{layer}.u" in weights


def first_vector(weight: Tensor, random: Generator) -> Tensor:
    """The vector of a layer that begins to learn, [out, 1]."""
    matrix = weight.detach().flatten(1)
    u = F.normalize(torch.randn(len(matrix), 1, generator=random), dim=0)
    for _ in range(FIRST_STEPS):
        u = step(matrix, u)[0]
    return u


def step(matrix: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """A step of the power iteration on [out, in]: both singular vectors."""
    v = F.normalize(matrix.T @ u, dim=0)
    return F.normalize(matrix @ v, dim=0), v


def divided(weights: dict[str, Tensor], layer: str, is_learning: bool) -> Tensor:
    """The layer's weights over their largest singular value. In training the vector follows the weights."""
    weight, u = weights[f"{layer}.weight"], weights[f"{layer}.u"]
    matrix = weight.flatten(1)
    with torch.no_grad():
        left, right = step(matrix, u)
        if is_learning:
            u.copy_(left)
    return weight / (left.T @ matrix @ right)

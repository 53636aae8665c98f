"""Compares scripts/torch/spectral.py with PyTorch's own spectral norm: value and gradient."""

import sys
from pathlib import Path

import torch
from torch.nn.utils.parametrizations import spectral_norm

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "torch"))
from spectral import divided, first_vector

random = torch.Generator().manual_seed(1)
weight = torch.randn(6, 3, 4, 4, generator=random)
factors = torch.randn(6, 3, 4, 4, generator=random)

own = weight.clone().requires_grad_(True)
weights = {"layer.weight": own, "layer.u": first_vector(weight, random)}
for _ in range(100):
    value = divided(weights, "layer", is_learning=True)
(value * factors).sum().backward()

conv = torch.nn.Conv2d(3, 6, 4)
conv.weight.data.copy_(weight)
spectral_norm(conv)
for _ in range(100):
    theirs = conv.weight
(theirs * factors).sum().backward()

print((value - theirs).abs().max().item() / theirs.abs().max().item())
print((own.grad - conv.parametrizations.weight.original.grad).abs().max().item() / own.grad.abs().max().item())

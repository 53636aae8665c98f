"""Layers that not every network has: self-attention, transposed convolution (src/model/tables/layer-ops.ts)."""

import torch
import torch.nn.functional as F
from torch import Tensor

# The slope of a leaky ReLU below 0.
LEAK = 0.2
# The kernel of a transposed convolution, which doubles both sides.
TRANSPOSED_KERNEL = 4
# The activations, under their names in the tables.
ACTIVATIONS = {
    "none": lambda value: value,
    "relu": F.relu,
    "relu6": F.relu6,
    "leakyRelu": lambda value: F.leaky_relu(value, LEAK),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


def layer_of(node: dict) -> str:
    """The layer after which the weights of a convolution are named."""
    return node["op"].get("sharesWith", node["name"])


def norm_of(op: dict) -> str:
    """What training does to a convolution: `batch`, `spectral` or `none`."""
    if op["kind"] == "transposedConv":
        return "batch"
    return op.get("norm", "batch" if op["hasBias"] and op["activation"] == "relu" else "none")


def attended(value: Tensor, query: Tensor, key: Tensor, content: Tensor, gamma: Tensor) -> Tensor:
    """Self-attention: adds what each position sees of all others (Zhang et al., SAGAN, 2018).

    All maps are [n, channels, rows, columns]; gamma: [1].
    """
    shares = torch.softmax(query.flatten(2).transpose(1, 2) @ key.flatten(2), dim=2)
    seen = content.flatten(2) @ shares.transpose(1, 2)
    return value + gamma * seen.reshape(value.shape)

"""The program's own network: its list of nodes (src/model/tables/nodes.ts), walked by PyTorch, and its weights."""

import torch
import torch.nn.functional as F
from torch import Tensor

from bad_input import BadInput
from colour import lightness_of

# Layers of such names are Inception's, in the embedding network without the prefix.
TRUNK = "trunk."
# Name of the values that come from outside, and of the classes' a*, b*.
LUMA = "luma"
BINS = "head.bins"
# What may follow a convolution, by the tables' names.
ACTIVATIONS = {"none": lambda value: value, "relu": F.relu, "relu6": F.relu6}


def weight_names(nodes: list[dict]) -> list[str]:
    """Names of all tensors that are trained: of convolutions and of the scene's condition."""
    names = []
    for node in nodes:
        name, op = node["name"], node["op"]
        if op["kind"] == "conv":
            names += [f"{name}.weight", f"{name}.bias"] if op["hasBias"] else [f"{name}.weight"]
        elif op["kind"] == "depthwise":
            names += [f"{name}.weight", f"{name}.bias"]
        elif op["kind"] == "condition":
            names += [op["weight"], op["bias"]]
    return names


def trainable_weights(nodes: list[dict], own: dict[str, Tensor], inception: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights that training starts from, as float leaves that gradients are wanted of.

    own: the model's tensors; inception: what a trunk takes the rest from, `<layer>.weight` and `<layer>.bias`, on the
    device that the result shall be on. Neither is modified.
    """
    device = next(iter(inception.values())).device
    weights = {}
    for name in weight_names(nodes):
        stored = own.get(name)
        if stored is None and name.startswith(TRUNK):
            stored = inception.get(name.removeprefix(TRUNK))
        if stored is None:
            raise BadInput(f"expected a tensor {name} in the model's weights")
        weight = stored.detach().to(device, torch.float32, copy=True)
        if weight.dim() == 4:
            weight = weight.contiguous(memory_format=torch.channels_last)
        weights[name] = weight.requires_grad_()
    return weights


def scores_of(
    nodes: list[dict], weights: dict[str, Tensor], luma: Tensor, embedding: Tensor, dropout: float = 0
) -> Tensor:
    """Runs a network up to its classes.

    luma: [n, 1, h, w] 0..255, sides multiples of 8; embedding: [n, 2048], of the scene; dropout: share of the channels
    behind the trunk that are left out, at random, while it learns.
    Returns scores [n, classes, h / 4, w / 4]: logarithms of shares, but for a constant.
    """
    values = {LUMA: luma}
    for node in nodes:
        inputs = [values[name] for name in node["inputs"]]
        if node["op"]["kind"] == "annealedMean":
            return inputs[0]
        value = value_of(node, inputs, weights, embedding)
        values[node["name"]] = F.dropout2d(value, dropout) if dropout > 0 and is_behind_trunk(node) else value
    raise BadInput("expected a network with a head of classes")


def is_behind_trunk(node: dict) -> bool:
    """Whether it is a layer of what learns from random weights: the decoder, and what leads to it; not the head."""
    op = node["op"]
    return op["kind"] == "condition" or (
        op["kind"] == "conv" and op["activation"] == "relu" and not node["name"].startswith(TRUNK)
    )


def value_of(node: dict, inputs: list[Tensor], weights: dict[str, Tensor], embedding: Tensor) -> Tensor:
    """What one node makes of its inputs."""
    name, op = node["name"], node["op"]
    value = inputs[0]
    match op["kind"]:
        case "lightness":
            return lightness_of(value) / 50 - 1
        case "grayStack":
            stack = (value / 127.5 - 1).expand(-1, 3, -1, -1)
            return stack.contiguous(memory_format=torch.channels_last)
        case "shiftScale":
            return (value - op["centre"]) / op["unit"]
        case "reflectPad":
            return F.pad(value, (op["before"], op["after"]) * 2, mode="reflect")
        case "enlarge":
            numerator, denominator = op["factor"]
            return resized(value, scale_factor=numerator / denominator)
        case "resizeLike":
            return resized(value, size=[side // op.get("divisor", 1) for side in inputs[1].shape[2:]])
        case "upsample":
            return F.interpolate(value, scale_factor=2, mode="nearest")
        case "concat":
            return torch.cat(inputs, dim=1)
        case "add":
            return inputs[0] + inputs[1]
        case "depthwise":
            padding = (op["kernel"] - 1) // 2
            weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
            return F.relu6(F.conv2d(value, weight, bias, op["stride"], padding, groups=op["channels"]))
        case "conv":
            return convolved(value, op, weights[f"{name}.weight"], weights.get(f"{name}.bias"))
        case "condition":
            condition = F.linear(embedding, weights[op["weight"]], weights[op["bias"]])
            return F.relu(value + condition[:, :, None, None])
        case "pool" if op["by"] == "max":
            return F.max_pool2d(value, 3, stride=2)
        case "pool":
            return F.avg_pool2d(value, 3, stride=1, padding=1, count_include_pad=False)
    raise BadInput(f"{name}: a node of the kind {op['kind']} cannot be trained here")


def convolved(value: Tensor, op: dict, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A `ConvOp`. `same` pads by (kernel - 1) / 2 on every side."""
    if op["activation"] not in ACTIVATIONS:
        raise BadInput(f"an activation {op['activation']} cannot be trained here")
    padding = [(side - 1) // 2 for side in op["kernel"]] if op["padding"] == "same" else 0
    return ACTIVATIONS[op["activation"]](F.conv2d(value, weight, bias, stride=op["stride"], padding=padding))


def resized(value: Tensor, size: torch.Size | None = None, scale_factor: float | None = None) -> Tensor:
    """To rows and columns, or by a factor, bilinear, half-pixel centres.

    The factor itself says which places are meant: 41 columns by 4/3 are 54, three quarters of one apart, not 41/54.
    """
    return F.interpolate(value, size, scale_factor, mode="bilinear", align_corners=False, recompute_scale_factor=False)

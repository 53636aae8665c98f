"""The program's own network: its list of nodes (src/model/tables/nodes.ts), walked by PyTorch, and its weights."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from bad_input import BadInput
from colour import lightness_of
from norms import PARTS, has_norm, is_statistic, normalized

# Layers of such names are Inception's, in the embedding network without the prefix.
TRUNK = "trunk."
# Layers of such names were trained before, on a million pictures.
PRETRAINED = (TRUNK, "efficientnet.")
# Name of the values that come from outside, and of the classes' a*, b*.
LUMA = "luma"
BINS = "head.bins"
HEAD = "head"
# Length of the scene's embedding where no model says it, and of the condition that is made of it.
EMBEDDING, CONDITION = 2048, 256
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


def trainable_weights(
    nodes: list[dict], own: dict[str, Tensor], inception: dict[str, Tensor], random: Generator | None = None
) -> dict[str, Tensor]:
    """The weights that training starts from, as float leaves that gradients are wanted of, but for norms' statistics.

    own: the model's tensors, batch norms among them where it has some; inception: what a trunk takes the rest from,
    `<layer>.weight` and `<layer>.bias`, on the device that the result shall be on. Neither is modified. random: layers
    behind a pretrained encoder that are in neither begin at random; without it they are missed.
    """
    device = next(iter(inception.values())).device
    fresh = fresh_weights(nodes, own, random) if random is not None else {}
    weights = {}
    for name in weight_names(nodes) + norm_names(nodes, {**fresh, **own}):
        stored = own.get(name, fresh.get(name))
        if stored is None and name.startswith(TRUNK):
            stored = inception.get(name.removeprefix(TRUNK))
        if stored is None:
            raise BadInput(f"expected a tensor {name} in the model's weights")
        weight = stored.detach().to(device, torch.float32, copy=True)
        if weight.dim() == 4:
            weight = weight.contiguous(memory_format=torch.channels_last)
        weights[name] = weight.requires_grad_(not is_statistic(name))
    return weights


def norm_names(nodes: list[dict], own: dict[str, Tensor]) -> list[str]:
    """Names of the tensors of the batch norms that a model has."""
    return [f"{node['name']}.{part}" for node in nodes if has_norm(own, node["name"]) for part in PARTS]


def fresh_weights(nodes: list[dict], own: dict[str, Tensor], random: Generator) -> dict[str, Tensor]:
    """Random weights (He et al. 2015) for what a model lacks behind its encoder; with batch norms where it has any."""
    wants_norm = any(name.endswith(".gamma") for name in own)
    fresh = {}
    for node in nodes:
        name, op = node["name"], node["op"]
        if op["kind"] == "condition":
            size = own[op["weight"]].shape[1] if op["weight"] in own else EMBEDDING
            fresh[op["weight"]], fresh[op["bias"]] = torch.zeros(CONDITION, size), torch.zeros(CONDITION)
        if op["kind"] != "conv" or name.startswith(PRETRAINED) or f"{name}.weight" in own:
            continue
        channels, shape = op["outChannels"], (op["outChannels"], op["inChannels"], *op["kernel"])
        spread = (2 / math.prod(shape[1:])) ** 0.5
        fresh[f"{name}.weight"] = torch.randn(shape, generator=random) * spread
        fresh[f"{name}.bias"] = torch.zeros(channels)
        if wants_norm and name != HEAD:
            fresh[f"{name}.gamma"], fresh[f"{name}.variance"] = torch.ones(channels), torch.ones(channels)
            fresh[f"{name}.mean"] = torch.zeros(channels)
    return fresh


def freeze(weights: dict[str, Tensor], blocks: int) -> None:
    """Leaves the stem and so many first blocks of EfficientNet-Lite as they are; 0: nothing."""
    if blocks == 0:
        return
    frozen = ("efficientnet.stem.", *(f"efficientnet.block_{block}." for block in range(blocks)))
    for name, weight in weights.items():
        if name.startswith(frozen):
            weight.requires_grad_(False)


def scores_of(
    nodes: list[dict],
    weights: dict[str, Tensor],
    luma: Tensor,
    embedding: Tensor,
    dropout: float = 0,
    is_learning: bool = False,
) -> Tensor:
    """Runs a network up to its classes.

    luma: [n, 1, h, w] 0..255, sides multiples of 8; embedding: [n, 2048], of the scene; dropout: share of the channels
    behind the trunk that are left out, at random, while it learns; is_learning: batch norms go by the batch.
    Returns scores [n, classes, h / 4, w / 4]: logarithms of shares, but for a constant.
    """
    values = {LUMA: luma}
    for node in nodes:
        inputs = [values[name] for name in node["inputs"]]
        if node["op"]["kind"] == "annealedMean":
            return inputs[0]
        value = value_of(node, inputs, weights, embedding, is_learning)
        values[node["name"]] = F.dropout2d(value, dropout) if dropout > 0 and is_behind_trunk(node) else value
    raise BadInput("expected a network with a head of classes")


def is_behind_trunk(node: dict) -> bool:
    """Whether it is a layer of what learns from random weights: the decoder, and what leads to it; not the head."""
    op = node["op"]
    return op["kind"] == "condition" or (
        op["kind"] == "conv" and op["activation"] == "relu" and not node["name"].startswith(TRUNK)
    )


def value_of(
    node: dict, inputs: list[Tensor], weights: dict[str, Tensor], embedding: Tensor, is_learning: bool = False
) -> Tensor:
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
            settings = {"stride": op["stride"], "padding": padding, "groups": op["channels"]}
            return F.relu6(convolved(value, name, weights, settings, is_learning))
        case "conv":
            if op["activation"] not in ACTIVATIONS:
                raise BadInput(f"an activation {op['activation']} cannot be trained here")
            padding = [(side - 1) // 2 for side in op["kernel"]] if op["padding"] == "same" else 0
            settings = {"stride": op["stride"], "padding": padding}
            return ACTIVATIONS[op["activation"]](convolved(value, name, weights, settings, is_learning))
        case "condition":
            condition = F.linear(embedding, weights[op["weight"]], weights[op["bias"]])
            return F.relu(value + condition[:, :, None, None])
        case "pool" if op["by"] == "max":
            return F.max_pool2d(value, 3, stride=2)
        case "pool":
            return F.avg_pool2d(value, 3, stride=1, padding=1, count_include_pad=False)
    raise BadInput(f"{name}: a node of the kind {op['kind']} cannot be trained here")


def convolved(value: Tensor, name: str, weights: dict[str, Tensor], settings: dict, is_learning: bool) -> Tensor:
    """A convolution, normalized where the layer has a batch norm, with its bias where it has one."""
    weight = weights[f"{name}.weight"]
    if has_norm(weights, name):
        return normalized(F.conv2d(value, weight, **settings), weights, name, is_learning)
    return F.conv2d(value, weight, weights.get(f"{name}.bias"), **settings)


def resized(value: Tensor, size: torch.Size | None = None, scale_factor: float | None = None) -> Tensor:
    """To rows and columns, or by a factor, bilinear, half-pixel centres.

    The factor itself says which places are meant: 41 columns by 4/3 are 54, three quarters of one apart, not 41/54.
    """
    return F.interpolate(value, size, scale_factor, mode="bilinear", align_corners=False, recompute_scale_factor=False)

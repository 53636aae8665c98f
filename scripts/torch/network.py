"""Runs the program's network, a list of nodes (src/model/tables/nodes.ts), in PyTorch, and prepares its weights."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from bad_input import BadInput
from colour import lightness_of
from norms import PARTS, has_norm, is_statistic, normalized

# Layers with this prefix come from Inception. In the embedding network their names have no prefix.
TRUNK = "trunk."
# Layers with these prefixes were pretrained on a million pictures.
PRETRAINED = (TRUNK, "efficientnet.")
# The names of the network's input, of the classes' a*, b*, and of the head.
LUMA = "luma"
BINS = "head.bins"
HEAD = "head"
# Length of the scene's embedding if no model says it, and of the condition that is made from it.
EMBEDDING, CONDITION = 2048, 256
# The activations that may follow a convolution, under their names in the tables.
ACTIVATIONS = {"none": lambda value: value, "relu": F.relu, "relu6": F.relu6}


def weight_names(nodes: list[dict]) -> list[str]:
    """The names of all tensors that are trained: those of convolutions and of the scene's condition."""
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
    """The weights from which training starts, as float leaf tensors. All but the norms' statistics require gradients.

    own: the model's tensors, with batch norms if it has them. inception: `<layer>.weight` and `<layer>.bias` for layers
    of the trunk that the model does not have; the result is on the same device. Neither is modified. random: starts
    layers behind a pretrained encoder at random if neither has them; without it they are an error.
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
    """The names of the tensors of a model's batch norms."""
    return [f"{node['name']}.{part}" for node in nodes if has_norm(own, node["name"]) for part in PARTS]


def fresh_weights(nodes: list[dict], own: dict[str, Tensor], random: Generator) -> dict[str, Tensor]:
    """Random weights (He et al. 2015) for missing layers behind the encoder, with batch norms if the model has any."""
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
    """Excludes the stem and this many first blocks of EfficientNet-Lite from training; 0: trains everything."""
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
    """Runs a network up to the scores of its classes.

    luma: [n, 1, h, w] 0..255, sides multiples of 8; embedding: [n, 2048], of the scene; dropout: share of the channels
    behind the trunk that are left out at random during training; is_learning: batch norms use the batch's statistics.
    Returns scores [n, classes, h / 4, w / 4]: logarithms of shares, up to a constant.
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
    """Whether this layer starts from random weights: the decoder and what leads to it, but not the head."""
    op = node["op"]
    return op["kind"] == "condition" or (
        op["kind"] == "conv" and op["activation"] == "relu" and not node["name"].startswith(TRUNK)
    )


def value_of(
    node: dict, inputs: list[Tensor], weights: dict[str, Tensor], embedding: Tensor, is_learning: bool = False
) -> Tensor:
    """Runs one node on its inputs."""
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
                raise BadInput(f"{name}: expected the activation {' or '.join(ACTIVATIONS)} but got {op['activation']}")
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
    raise BadInput(f"{name}: nodes of the kind {op['kind']} cannot be trained")


def convolved(value: Tensor, name: str, weights: dict[str, Tensor], settings: dict, is_learning: bool) -> Tensor:
    """A convolution, followed by the layer's batch norm and bias, if it has them."""
    weight = weights[f"{name}.weight"]
    if has_norm(weights, name):
        return normalized(F.conv2d(value, weight, **settings), weights, name, is_learning)
    return F.conv2d(value, weight, weights.get(f"{name}.bias"), **settings)


def resized(value: Tensor, size: torch.Size | None = None, scale_factor: float | None = None) -> Tensor:
    """Resizes to rows and columns, or by a factor: bilinear, half-pixel centres.

    With a factor the positions follow the factor itself: 41 columns enlarged by 4/3 become 54 columns whose positions
    are 3/4 of a column apart, not 41/54.
    """
    return F.interpolate(value, size, scale_factor, mode="bilinear", align_corners=False, recompute_scale_factor=False)

"""Runs the program's network, a list of nodes (src/model/tables/nodes.ts), in PyTorch, and prepares its weights."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from bad_input import BadInput
from colour import lightness_of
from layers import ACTIVATIONS, TRANSPOSED_KERNEL, attended, layer_of, norm_of
from norms import PARTS, has_norm, is_statistic, normalized
from spectral import divided, first_vector, has_spectral

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


def weight_names(nodes: list[dict]) -> list[str]:
    """The names of all tensors that are trained: those of convolutions, attention and the scene's condition."""
    names = []
    for node in nodes:
        name, op = node["name"], node["op"]
        if op["kind"] == "conv":
            layer = layer_of(node)
            names += [f"{layer}.weight", f"{layer}.bias"] if op["hasBias"] else [f"{layer}.weight"]
        elif op["kind"] in ("depthwise", "transposedConv"):
            names += [f"{name}.weight", f"{name}.bias"]
        elif op["kind"] == "attention":
            names.append(f"{name}.gamma")
        elif op["kind"] == "condition":
            names += [op["weight"], op["bias"]]
    return list(dict.fromkeys(names))  # layers may share weights


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
    known = {**fresh, **own}
    for name in weight_names(nodes) + norm_names(nodes, known) + spectral_names(nodes, known):
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
    layers = dict.fromkeys(layer_of(node) for node in nodes if node["op"]["kind"] != "attention")
    return [f"{layer}.{part}" for layer in layers if has_norm(own, layer) for part in PARTS]


def spectral_names(nodes: list[dict], own: dict[str, Tensor]) -> list[str]:
    """The names of the vectors of a model's spectral norms."""
    return [f"{layer}.u" for layer in dict.fromkeys(map(layer_of, nodes)) if has_spectral(own, layer)]


def fresh_weights(nodes: list[dict], own: dict[str, Tensor], random: Generator) -> dict[str, Tensor]:
    """Random weights (He et al. 2015) for missing layers behind the encoder, with batch norms if the model has any."""
    wants_norm = any(name.endswith(".variance") for name in own) or not any(name in own for name in weight_names(nodes))
    fresh = {}
    for node in nodes:
        name, op = node["name"], node["op"]
        if op["kind"] == "condition":
            size = own[op["weight"]].shape[1] if op["weight"] in own else EMBEDDING
            fresh[op["weight"]], fresh[op["bias"]] = torch.zeros(CONDITION, size), torch.zeros(CONDITION)
        if op["kind"] == "attention":
            fresh[f"{name}.gamma"] = torch.zeros(1)
        if op["kind"] in ("conv", "transposedConv"):
            fresh |= fresh_layer(node, own, wants_norm, random)
    return {name: tensor for name, tensor in fresh.items() if name not in own}


def fresh_layer(node: dict, own: dict[str, Tensor], wants_norm: bool, random: Generator) -> dict[str, Tensor]:
    """Random weights for a convolution. Empty if it has some, shares those of another one, or is pretrained."""
    name, op = node["name"], node["op"]
    if name.startswith(PRETRAINED) or f"{layer_of(node)}.weight" in own or "sharesWith" in op:
        return {}
    channels = op["outChannels"]
    shape = (channels, op["inChannels"], *op.get("kernel", [TRANSPOSED_KERNEL] * 2))
    spread = (2 / math.prod(shape[1:])) ** 0.5
    weight = torch.randn(shape, generator=random) * spread
    fresh = {f"{name}.weight": weight}
    if op.get("hasBias", True):
        fresh[f"{name}.bias"] = torch.zeros(channels)
    norm = op.get("norm", "none" if name == HEAD else "batch")
    if wants_norm and norm == "batch":
        fresh[f"{name}.gamma"], fresh[f"{name}.variance"] = torch.ones(channels), torch.ones(channels)
        fresh[f"{name}.mean"] = torch.zeros(channels)
    if norm == "spectral":
        fresh[f"{name}.u"] = first_vector(weight, random)
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
            dilation = op.get("dilation", 1)
            padding = [dilation * (side - 1) // 2 for side in op["kernel"]] if op["padding"] == "same" else 0
            settings = {"stride": op["stride"], "padding": padding, "dilation": dilation}
            return ACTIVATIONS[op["activation"]](convolved(value, layer_of(node), weights, settings, is_learning))
        case "transposedConv":
            return F.relu(doubled(value, name, weights, is_learning))
        case "activation":
            return ACTIVATIONS[op["by"]](value)
        case "attention":
            return attended(*inputs, weights[f"{name}.gamma"])
        case "globalMean":
            return value.mean(dim=(2, 3), keepdim=True)
        case "resizeTo":
            return resized(value, size=[op["rows"], op["columns"]])
        case "scale":
            return value * op["factor"]
        case "dropout":
            return F.dropout2d(value, op["rate"], is_learning)
        case "condition":
            condition = F.linear(embedding, weights[op["weight"]], weights[op["bias"]])
            return F.relu(value + condition[:, :, None, None])
        case "pool" if op["by"] == "max":
            return F.max_pool2d(value, 3, stride=2, padding=1 if op.get("padding") == "same" else 0)
        case "pool":
            return F.avg_pool2d(value, 3, stride=1, padding=1, count_include_pad=False)
    raise BadInput(f"{name}: nodes of the kind {op['kind']} cannot be trained")


def convolved(value: Tensor, name: str, weights: dict[str, Tensor], settings: dict, is_learning: bool) -> Tensor:
    """A convolution, followed by the layer's batch norm and bias, if it has them."""
    weight = weights[f"{name}.weight"]
    if has_spectral(weights, name):
        weight = divided(weights, name, is_learning)
    if has_norm(weights, name):
        return normalized(F.conv2d(value, weight, **settings), weights, name, is_learning)
    return F.conv2d(value, weight, weights.get(f"{name}.bias"), **settings)


def doubled(value: Tensor, name: str, weights: dict[str, Tensor], is_learning: bool) -> Tensor:
    """A transposed convolution, which doubles both sides, followed by the layer's batch norm and bias."""
    weight, settings = weights[f"{name}.weight"].transpose(0, 1), {"stride": 2, "padding": 1}
    if has_norm(weights, name):
        return normalized(F.conv_transpose2d(value, weight, **settings), weights, name, is_learning)
    return F.conv_transpose2d(value, weight, weights[f"{name}.bias"], **settings)


def resized(value: Tensor, size: torch.Size | None = None, scale_factor: float | None = None) -> Tensor:
    """Resizes to rows and columns, or by a factor: bilinear, half-pixel centres.

    With a factor the positions follow the factor itself: 41 columns enlarged by 4/3 become 54 columns whose positions
    are 3/4 of a column apart, not 41/54.
    """
    return F.interpolate(value, size, scale_factor, mode="bilinear", align_corners=False, recompute_scale_factor=False)

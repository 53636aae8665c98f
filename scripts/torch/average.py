"""Averages weights that train.py wrote. The average of runs with the same start and different settings is often better
than each run (Wortsman et al. 2022, "Model soups").

    python scripts/torch/average.py OUTPUT FILE FILE...
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from bad_input import BadInput


def main() -> None:
    """Reads the files and writes the average."""
    parser = argparse.ArgumentParser(description="averages weights that train.py wrote")
    parser.add_argument("output", type=Path, help="the file to write")
    parser.add_argument("files", type=Path, nargs="+", help="the weights to average")
    args = parser.parse_args()
    save_file(average([read(path) for path in args.files]), args.output)


def average(models: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each tensor, in half precision. Raises BadInput if names or shapes differ between the models."""
    shapes = [{name: tensor.shape for name, tensor in model.items()} for model in models]
    if any(one != shapes[0] for one in shapes):
        raise BadInput("expected weights of the same network but the names or shapes of the tensors differ")
    return {name: torch.stack([model[name].float() for model in models]).mean(dim=0).half() for name in models[0]}


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file. Raises BadInput if the file cannot be read."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise BadInput(f"{path}: expected a file that train.py wrote: {error}") from error


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        sys.exit(f"average.py: {error}")

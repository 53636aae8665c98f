"""Runs a list of nodes in PyTorch, to compare engines.

    python scripts/torch/run_nodes.py FOLDER OUTPUT ...

FOLDER has nodes.json (src/model/tables), weights.safetensors, and inputs.safetensors with the values that the nodes
start from, [n, channels, rows, columns], and `embedding` [n, size] if they have a condition. The values named OUTPUT are
written to FOLDER/outputs.safetensors.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from network import value_of


@torch.no_grad()
def main() -> None:
    """Reads the folder, runs the nodes and writes the results."""
    folder, outputs = Path(sys.argv[1]), sys.argv[2:]
    nodes = json.loads((folder / "nodes.json").read_text("utf-8"))
    weights = load_file(folder / "weights.safetensors")
    values = load_file(folder / "inputs.safetensors")
    embedding = values.get("embedding", torch.zeros(1, 1))
    for node in nodes:
        inputs = [values[name] for name in node["inputs"]]
        values[node["name"]] = value_of(node, inputs, weights, embedding)
    save_file({name: values[name].contiguous() for name in outputs}, folder / "outputs.safetensors")


if __name__ == "__main__":
    main()

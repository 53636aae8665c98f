"""What export.js wrote of the program: a network, its weights, the embedding network, and names of a set's photos."""

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from bad_input import BadInput

# What is learnt from, and what is judged by.
PARTS = ("train", "validation")


@dataclass(frozen=True)
class Export:
    """The contents of the folder."""

    # As src/model/tables/nodes.ts has them.
    nodes: list[dict]
    # The model's own tensors, on the CPU.
    weights: dict[str, Tensor]
    # An ONNX graph.
    embedding: Path
    # Paths below the folder of photos, by part of the set: see PARTS.
    photos: dict[str, list[str]]


def read_export(folder: Path) -> Export:
    """Reads the folder. Raises BadInput when it lacks something, or something in it is of another kind."""
    embedding = folder / "embedding.onnx"
    try:
        if not embedding.is_file():
            raise FileNotFoundError(f"there is no {embedding.name}")
        nodes = json.loads((folder / "nodes.json").read_text("utf-8"))
        stored = json.loads((folder / "photos.json").read_text("utf-8"))
        photos = {part: stored[part] for part in PARTS}
        weights = load_file(folder / "weights.safetensors")
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise BadInput(f"{folder}: expected what export.js writes: {error}") from error
    return Export(nodes, weights, embedding, photos)

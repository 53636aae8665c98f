"""Reads what export.js wrote: a network, its weights, the embedding network, and the names of a set's photos."""

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from bad_input import BadInput

# The photos for training, and those for validation.
PARTS = ("train", "validation")


@dataclass(frozen=True)
class Export:
    """The contents of the folder."""

    # See src/model/tables/nodes.ts.
    nodes: list[dict]
    # The model's own tensors, on the CPU.
    weights: dict[str, Tensor]
    # An ONNX graph.
    embedding: Path
    # Paths relative to the folder of photos, for each part of the set; see PARTS. None without a set.
    photos: dict[str, list[str]] | None


def read_export(folder: Path) -> Export:
    """Reads the folder. Raises BadInput if a file is missing or has the wrong contents."""
    embedding = folder / "embedding.onnx"
    try:
        if not embedding.is_file():
            raise FileNotFoundError(f"there is no {embedding.name}")
        nodes = json.loads((folder / "nodes.json").read_text("utf-8"))
        listed = folder / "photos.json"
        stored = json.loads(listed.read_text("utf-8")) if listed.exists() else None
        photos = None if stored is None else {part: stored[part] for part in PARTS}
        weights = load_file(folder / "weights.safetensors")
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise BadInput(f"{folder}: expected the files that export.js writes: {error}") from error
    return Export(nodes, weights, embedding, photos)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file. Raises BadInput if the file cannot be read."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise BadInput(f"{path}: expected a .safetensors file with weights: {error}") from error

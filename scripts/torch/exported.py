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
    # Paths below the folder of photos, by part of the set: see PARTS. None without a set.
    photos: dict[str, list[str]] | None


def read_export(folder: Path) -> Export:
    """Reads the folder. Raises BadInput when it lacks something, or something in it is of another kind."""
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
        raise BadInput(f"{folder}: expected what export.js writes: {error}") from error
    return Export(nodes, weights, embedding, photos)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file. Raises BadInput when there are none."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise BadInput(f"{path}: expected weights of the program's own tables: {error}") from error

"""A run's folder: the checkpoint that it goes on from, and the weights that import.js makes a model of."""

import os
import signal
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from classes import ColourClasses
from network import BINS
from norms import folded


class Run:
    """What is kept of a run from one start to the next, and how long it has learnt."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.file = folder / "checkpoint.pt"
        self.before = 0.0
        self.begun = time.monotonic()
        self.saved = self.begun
        self.is_stopped = False

    def open(self) -> dict | None:
        """The checkpoint of an earlier start, or None."""
        if not self.file.exists():
            return None
        state = torch.load(self.file, map_location="cpu", weights_only=True)
        self.before = state["seconds"]
        return state

    def start(self) -> None:
        """Time counts from here. SIGTERM and SIGINT end the run after the step in hand."""
        self.begun = self.saved = time.monotonic()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)

    def stop(self, *_: object) -> None:
        """Ends the run after the step in hand."""
        self.is_stopped = True

    @property
    def seconds(self) -> float:
        """Of learning, all starts together."""
        return self.before + time.monotonic() - self.begun

    def is_due(self, seconds: float) -> bool:
        """Whether so much time has passed since the last checkpoint."""
        return time.monotonic() - self.saved > seconds

    def keep(self, state: dict) -> None:
        """Writes a checkpoint; an older one is there until the new one is whole."""
        fresh = self.file.with_suffix(".new")
        torch.save({**state, "seconds": self.seconds}, fresh)
        os.replace(fresh, self.file)
        self.saved = time.monotonic()

    def write(self, name: str, weights: dict[str, Tensor], classes: ColourClasses) -> None:
        """Writes weights, batch norms folded, and the classes' bins, in half precision."""
        tensors = {**folded(weights), BINS: classes.bins}
        halves = {key: tensor.detach().half().cpu().contiguous() for key, tensor in tensors.items()}
        save_file(halves, self.folder / f"{name}.safetensors")

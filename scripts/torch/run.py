"""A run's folder: the checkpoint from which it resumes, and the weights from which import.js makes a model."""

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
    """What a run keeps from one start to the next, and how long it has trained."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.file = folder / "checkpoint.pt"
        self.before = 0.0
        self.begun = time.monotonic()
        self.saved = self.begun
        self.is_stopped = False

    def open(self) -> dict | None:
        """Returns the checkpoint of an earlier start, or None."""
        if not self.file.exists():
            return None
        state = torch.load(self.file, map_location="cpu", weights_only=True)
        self.before = state["seconds"]
        return state

    def start(self) -> None:
        """Starts the clock. From now on SIGTERM and SIGINT end the run after the current step."""
        self.begun = self.saved = time.monotonic()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)

    def stop(self, *_: object) -> None:
        """Ends the run after the current step."""
        self.is_stopped = True

    @property
    def seconds(self) -> float:
        """Training time of all starts, added up."""
        return self.before + time.monotonic() - self.begun

    def is_due(self, seconds: float) -> bool:
        """Whether this many seconds have passed since the last checkpoint."""
        return time.monotonic() - self.saved > seconds

    def keep(self, state: dict) -> None:
        """Writes a checkpoint. The older one stays until the new one is complete."""
        fresh = self.file.with_suffix(".new")
        torch.save({**state, "seconds": self.seconds}, fresh)
        os.replace(fresh, self.file)
        self.saved = time.monotonic()

    def write(self, name: str, weights: dict[str, Tensor], classes: ColourClasses) -> None:
        """Writes the weights, with batch norms folded, and the bins of the classes, in half precision."""
        tensors = {**folded(weights), BINS: classes.bins}
        halves = {key: tensor.detach().half().cpu().contiguous() for key, tensor in tensors.items()}
        save_file(halves, self.folder / f"{name}.safetensors")

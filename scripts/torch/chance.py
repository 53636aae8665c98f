"""Random numbers, one for each picture of a batch."""

import torch
from torch import Generator, Tensor


class Chance:
    """Makes random numbers of the shape [n, 1, 1, 1], on the device of its generator."""

    def __init__(self, random: Generator):
        self.random = random

    def happens(self, count: int, share: float) -> Tensor:
        """Chooses about this share of the pictures. Returns bool, [n, 1, 1, 1]."""
        return self.uniform(count) < share

    def uniform(self, count: int, between: tuple[float, float] = (0, 1)) -> Tensor:
        """A random number in this range for each picture."""
        low, high = between
        return torch.rand(count, 1, 1, 1, generator=self.random, device=self.random.device) * (high - low) + low

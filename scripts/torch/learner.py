"""A network in training, and the average of its weights."""

from __future__ import annotations

import argparse
import math

import torch
from torch import Tensor
from torch.optim import AdamW
from torch.optim.swa_utils import get_ema_multi_avg_fn

from delivered import Delivered
from embedding import Inception
from network import PRETRAINED, scores_of
from objective import Rebalanced
from pictures import Photos
from vary import Variation

# The learning rate rises over this many steps, then falls to this share of its maximum.
WARM_UP_STEPS = 200
LEAST_RATE = 0.01
# The share of an embedding's numbers that is left out (src/train/learn/embedding-dropout.ts).
NUMBERS_LEFT_OUT = 0.5
# Longer gradients are scaled down to this length.
LONGEST_GRADIENT = 1.0


class Learner:
    """A network in training: its weights, their average, and the training step."""

    def __init__(
        self,
        nodes: list[dict],
        weights: dict[str, Tensor],
        objective: Rebalanced | Delivered,
        inception: Inception,
        args: argparse.Namespace,
    ):
        """weights: from `trainable_weights`; each step changes them."""
        self.nodes = nodes
        self.weights = weights
        self.objective = objective
        self.inception = inception
        self.embedding_dropout = args.embedding_dropout
        self.dropout = args.dropout
        self.average = WeightAverage(weights, args.average)
        self.steps = 0
        self.device = objective.classes.bins.device
        self.is_half = self.device.type == "cuda" if args.half is None else args.half
        self.random = torch.Generator(self.device).manual_seed(args.seed)
        self.variation = Variation(self.random)
        self.learnt = {name: weight for name, weight in weights.items() if weight.requires_grad}
        pretrained = [weight for name, weight in self.learnt.items() if name.startswith(PRETRAINED)]
        rest = [weight for name, weight in self.learnt.items() if not name.startswith(PRETRAINED)]
        groups = [{"params": rest, "greatest": args.lr}, {"params": pretrained, "greatest": args.trunk_lr}]
        self.optimizer = AdamW(
            [group for group in groups if group["params"]],
            betas=(0.9, 0.99),
            weight_decay=args.decay,
            fused=self.device.type == "cuda",
        )

    def step(self, photos: Photos, indices: Tensor, factor: float) -> Tensor:
        """Learns from a batch.

        factor: share of the highest learning rates, 0..1. Returns the entropy, a scalar.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = group["greatest"] * factor
        with torch.no_grad():
            luma, ab = self.variation.vary(photos.rgb[indices].float())
            of_photos = None if photos.embedding is None else photos.embedding[indices]
            embedding = self.scenes(luma, of_photos)
        with self.half():
            scores = scores_of(self.nodes, self.weights, luma, embedding, self.dropout, is_learning=True)
        loss, entropy = self.objective.losses(scores.float(), luma, ab)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(self.learnt.values()), LONGEST_GRADIENT)
        self.optimizer.step()
        self.steps += 1
        self.average.follow(self.weights, self.steps)
        return entropy.detach()

    def scenes(self, luma: Tensor, of_photos: Tensor | None) -> Tensor:
        """Embeddings for the views, [n, 2048]: each lies between the view's and the whole photo's, or is zero.

        If a photo always had the same embedding, the network would recognize the photo and learn its colours by heart.
        So the embedding differs each time, and some of its numbers are left out at random.
        luma: the views, [n, 1, h, w]; of_photos: [n, 2048], or None to use only the embeddings of the views.
        """
        embedding = torch.zeros(len(luma), self.inception.size, device=self.device)
        known = (self.chances(len(luma)) >= self.embedding_dropout).nonzero().flatten()
        if len(known) == 0:
            return embedding
        with self.half():
            mean = self.inception.embed_luma(luma[known]).float()
        if of_photos is not None:
            mean = torch.lerp(mean, of_photos[known], self.chances(len(known), 1))
        said = (self.chances(*mean.shape) >= NUMBERS_LEFT_OUT) / (1 - NUMBERS_LEFT_OUT)
        return embedding.index_copy(0, known, mean * said)

    def chances(self, *shape: int) -> Tensor:
        """Random numbers, 0..1."""
        return torch.rand(shape, generator=self.random, device=self.device)

    def half(self) -> torch.autocast:
        """Switches to bfloat16 if `--half` is set."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.is_half)

    def scores_of_average(self, luma: Tensor, embedding: Tensor) -> Tensor:
        """The scores of the averaged weights; see `scores_of`."""
        with self.half():
            return scores_of(self.nodes, self.average.weights, luma, embedding)

    def scores_without_scene(self, luma: Tensor, embedding: Tensor) -> Tensor:
        """The same as `scores_of_average`, without the scene's embedding."""
        return self.scores_of_average(luma, torch.zeros_like(embedding))

    def state(self) -> dict:
        """Everything that is needed to resume."""
        return {
            "weights": {name: weight.detach() for name, weight in self.weights.items()},
            "average": self.average.weights,
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "random": self.random.get_state(),
        }

    @torch.no_grad()
    def restore(self, state: dict) -> None:
        """Restores what `state` returned. The network and its frozen layers must be the same."""
        for name, weight in self.weights.items():
            weight.copy_(state["weights"][name])
            self.average.weights[name].copy_(state["average"][name])
        greatest = [group["greatest"] for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(state["optimizer"])
        for group, rate in zip(self.optimizer.param_groups, greatest, strict=True):
            group["greatest"] = rate
        self.steps = state["steps"]
        self.random.set_state(state["random"])


class WeightAverage:
    """An exponential moving average of weights (src/train/learn/weight-average.ts).

    In the first steps it forgets faster: the decay is at most (1 + step) / (10 + step).
    """

    def __init__(self, weights: dict[str, Tensor], decay: float):
        """decay: share of the old average that is kept at each step, 0..1."""
        self.decay = decay
        self.weights = {name: weight.detach().clone() for name, weight in weights.items()}

    def follow(self, weights: dict[str, Tensor], step: int) -> None:
        """Adds the weights after a step to the average. The first step is 1."""
        update = get_ema_multi_avg_fn(min(self.decay, (1 + step) / (10 + step)))
        update(list(self.weights.values()), [weight.detach() for weight in weights.values()], None)


def forget_scene(nodes: list[dict], weights: dict[str, Tensor]) -> None:
    """Sets the weights that turn the embedding into a condition to 0, so they are learnt from the beginning."""
    for node in nodes:
        if node["op"]["kind"] == "condition":
            weights[node["op"]["weight"]].data.zero_()


def rate_factor(part: float, step: int) -> float:
    """Share of the highest learning rate: it rises during the warm-up, then follows half a cosine.

    part: share of the training time that has passed, 0..1; step: counted from 0.
    """
    warmth = min(1, (step + 1) / WARM_UP_STEPS)
    return warmth * (LEAST_RATE + (1 - LEAST_RATE) * (0.5 + 0.5 * math.cos(math.pi * part)))

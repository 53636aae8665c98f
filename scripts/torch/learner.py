"""A network that learns, and the average of its weights."""

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

# The learning rate rises over so many steps, then falls to this part of the greatest.
WARM_UP_STEPS = 200
LEAST_RATE = 0.01
# Of an embedding's numbers, the share that a view lacks (src/train/learn/embedding-dropout.ts).
NUMBERS_LEFT_OUT = 0.5
# Gradients are shortened to this length.
LONGEST_GRADIENT = 1.0


class Learner:
    """A network that learns: its weights, their average, and what happens in a step."""

    def __init__(
        self,
        nodes: list[dict],
        weights: dict[str, Tensor],
        objective: Rebalanced | Delivered,
        inception: Inception,
        args: argparse.Namespace,
    ):
        """weights: from `trainable_weights`; are changed by each step."""
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
        """Learns from a batch, at this part of the greatest learning rates. Returns the entropy, a scalar."""
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
        """Embeddings such as scenes have: anything between this very view's and the whole photo's, or none.

        An embedding that is always the same for a photo tells which one it is, and the network learns its colours by
        heart; so it never is, and numbers of it are left out at random.
        luma: the views, [n, 1, h, w]; of_photos: [n, 2048], or None where they are not known: the views' own, then.
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
        """bfloat16 where it is wanted."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.is_half)

    def scores_of_average(self, luma: Tensor, embedding: Tensor) -> Tensor:
        """Those of the averaged weights, as `scores_of`."""
        with self.half():
            return scores_of(self.nodes, self.average.weights, luma, embedding)

    def scores_without_scene(self, luma: Tensor, embedding: Tensor) -> Tensor:
        """As `scores_of_average`, of pictures whose scene is not known."""
        return self.scores_of_average(luma, torch.zeros_like(embedding))

    def state(self) -> dict:
        """All that it needs to go on."""
        return {
            "weights": {name: weight.detach() for name, weight in self.weights.items()},
            "average": self.average.weights,
            "optimizer": self.optimizer.state_dict(),
            "steps": self.steps,
            "random": self.random.get_state(),
        }

    @torch.no_grad()
    def go_on(self, state: dict) -> None:
        """Takes up what `state` gave, of the same network and frozen layers."""
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

    While it is young it forgets faster: decay is at most (1 + step) / (10 + step).
    """

    def __init__(self, weights: dict[str, Tensor], decay: float):
        """decay: share of the old average kept at each step, 0..1."""
        self.decay = decay
        self.weights = {name: weight.detach().clone() for name, weight in weights.items()}

    def follow(self, weights: dict[str, Tensor], step: int) -> None:
        """Takes in the weights after a step, counted from 1."""
        update = get_ema_multi_avg_fn(min(self.decay, (1 + step) / (10 + step)))
        update(list(self.weights.values()), [weight.detach() for weight in weights.values()], None)


def forget_scene(nodes: list[dict], weights: dict[str, Tensor]) -> None:
    """Sets what makes a condition of the embedding to nothing, so that it is learnt anew."""
    for node in nodes:
        if node["op"]["kind"] == "condition":
            weights[node["op"]["weight"]].data.zero_()


def rate_factor(part: float, step: int) -> float:
    """Part of the greatest learning rate: it warms up, then follows half a cosine.

    part: of the training's time, 0..1; step: counted from 0.
    """
    warmth = min(1, (step + 1) / WARM_UP_STEPS)
    return warmth * (LEAST_RATE + (1 - LEAST_RATE) * (0.5 + 0.5 * math.cos(math.pi * part)))

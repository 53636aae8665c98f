"""The objective `rebalanced`, the same as in src/train/learn/objectives.ts (Zhang et al. 2016)."""

import torch.nn.functional as F
from torch import Tensor

from classes import ColourClasses, mean_ab

# The temperature of the annealed mean in training.
TEMPERATURE = 0.38
# Up to here the error of the annealed mean counts squared, beyond it linearly, Lab units.
HUBER_DELTA = 10


class Rebalanced:
    """Cross-entropy with soft codes, in which rare colours weigh more, plus the error of the annealed mean."""

    def __init__(self, classes: ColourClasses, weights: Tensor, mean_weight: float):
        """weights: from `class_weights`, [classes]; mean_weight: the weight of the annealed mean's error."""
        self.classes = classes
        self.weights = weights
        self.mean_weight = mean_weight

    def losses(self, scores: Tensor, luma: Tensor, ab: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and the part of it that is the entropy: scalars.

        scores: [n, classes, h / 4, w / 4] float; luma: not needed here; ab: the truth, [n, 2, h, w].
        """
        truth = mean_ab(ab)
        entropy = self.entropy(scores, truth)
        mean = self.classes.annealed_mean(scores, TEMPERATURE)
        return entropy + self.mean_weight * colour_distance(mean, truth), entropy

    def entropy(self, scores: Tensor, truth: Tensor) -> Tensor:
        """The mean cross-entropy over all positions, each weighted by its nearest bin."""
        bins, shares = self.classes.codes(truth)
        likely = F.log_softmax(scores, dim=1).gather(1, bins)
        return (-(likely * shares).sum(dim=1) * self.weights[bins[:, 0]]).mean()


def colour_distance(ab: Tensor, truth: Tensor) -> Tensor:
    """The mean Huber loss between colours of the same shape, in units of HUBER_DELTA squared: a scalar."""
    size = (ab - truth).abs() / HUBER_DELTA
    near = size.clamp(max=1)
    # size^2 / 2 where size <= 1, else size - 1/2
    return (0.5 * near.square() + size - near).mean()

"""What a step strives for: the objective `rebalanced` of src/train/learn/objectives.ts (Zhang et al. 2016)."""

import torch.nn.functional as F
from torch import Tensor

from classes import ColourClasses, mean_ab

# Of the annealed mean in training.
TEMPERATURE = 0.38
# The annealed mean's error counts squared up to here, linearly beyond, Lab units.
HUBER_DELTA = 10


class Rebalanced:
    """Cross-entropy with soft codes and rare colours raised, and the annealed mean's own error besides."""

    def __init__(self, classes: ColourClasses, weights: Tensor, mean_weight: float):
        """weights: from `class_weights`, [classes]; mean_weight: how much the annealed mean's error counts."""
        self.classes = classes
        self.weights = weights
        self.mean_weight = mean_weight

    def losses(self, scores: Tensor, luma: Tensor, ab: Tensor) -> tuple[Tensor, Tensor]:
        """The loss and, of it, the entropy alone: scalars.

        scores: [n, classes, h / 4, w / 4] float; luma: not needed here; ab: the truth, [n, 2, h, w].
        """
        truth = mean_ab(ab)
        entropy = self.entropy(scores, truth)
        mean = self.classes.annealed_mean(scores, TEMPERATURE)
        return entropy + self.mean_weight * colour_distance(mean, truth), entropy

    def entropy(self, scores: Tensor, truth: Tensor) -> Tensor:
        """Mean over the places, each weighed by its nearest bin."""
        bins, shares = self.classes.codes(truth)
        likely = F.log_softmax(scores, dim=1).gather(1, bins)
        return (-(likely * shares).sum(dim=1) * self.weights[bins[:, 0]]).mean()


def colour_distance(ab: Tensor, truth: Tensor) -> Tensor:
    """Huber's distance of colours of the same shape, in units of 10 Lab squared: a scalar, the mean."""
    size = (ab - truth).abs() / HUBER_DELTA
    near = size.clamp(max=1)
    # size^2 / 2 where size <= 1, else size - 1/2
    return (0.5 * near.square() + size - near).mean()

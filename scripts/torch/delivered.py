"""The objective `delivered`: it trains the picture that the program shows, not the classes.

Cross-entropy trains shares of classes that are right on average. The program then sharpens them (a low temperature) and
makes colours of uncertain hue paler. This objective makes the picture in the same way, and compares it with the truth
by PSNR and colour distance, the measures for finished pictures. These two alone would lead to gray pictures, so
colourfulness is rewarded. Its weight decides between small errors and lively colour.
"""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from classes import STRIDE, ColourClasses, mean_ab
from colour import lightness_of, rgb_of
from objective import Rebalanced

# How the program turns scores into colour, as in the head of model.json.
SHOWN_TEMPERATURE, SHOWN_FADE = 0.2, 4
# Added to the squared error of R, G, B, so a picture that is nearly right has little left to gain.
ERROR_FLOOR = 20
# One unit of mean colour distance counts as this many decibels.
DISTANCE_WEIGHT = 0.35
# The chroma at which CIEDE2000 stops stretching a*, to the power of 7.
STRETCH_CHROMA = 25.0**7
# Keeps the slope of colourfulness finite where a picture is gray, in units of R, G, B squared.
GRAY_FLOOR = 1


class Delivered:
    """The error of the picture as the program shows it, minus a reward for its colourfulness, in decibels."""

    def __init__(self, classes: ColourClasses, liveliness_weight: float, rebalanced: Rebalanced, entropy_weight: float):
        """liveliness_weight: decibels that one unit of colourfulness is worth.

        rebalanced: its cross-entropy keeps the meaning of the scores, shares of classes; entropy_weight: its weight.
        """
        self.classes = classes
        self.liveliness_weight = liveliness_weight
        self.rebalanced = rebalanced
        self.entropy_weight = entropy_weight

    def losses(self, scores: Tensor, luma: Tensor, ab: Tensor) -> tuple[Tensor, Tensor]:
        """The loss, and the entropy alone: scalars.

        scores: [n, classes, h / 4, w / 4] float; luma: [n, 1, h, w], 0..255; ab: the truth, [n, 2, h, w].
        """
        truth_ab = mean_ab(ab)
        lightness = lightness_of(avg_pool2d(luma, STRIDE))
        truth = rgb_of(torch.cat([lightness, truth_ab], dim=1))
        shown_ab = self.classes.annealed_mean(scores, SHOWN_TEMPERATURE, SHOWN_FADE)
        shown = rgb_of(torch.cat([lightness, shown_ab], dim=1))
        error_db = 10 * torch.log10((shown - truth).square().flatten(1).mean(dim=1) + ERROR_FLOOR)
        distance = colour_distance(shown_ab, truth_ab).mean()
        entropy = self.rebalanced.entropy(scores, truth_ab)
        picture = error_db.mean() + DISTANCE_WEIGHT * distance - self.liveliness_weight * smooth_liveliness(shown).mean()
        return picture + self.entropy_weight * entropy, entropy


def colour_distance(ab: Tensor, truth: Tensor) -> Tensor:
    """CIEDE2000 at equal lightness, without its terms of hue: [n, 2, h, w] each to [n, h, w].

    The eye notices a difference between pale colours sooner than the same difference between vivid colours. So wrong
    colour costs most where the truth is gray.
    """
    chroma = (length(ab) + length(truth)) / 2
    stretch = 1.5 - 0.5 * (chroma**7 / (chroma**7 + STRETCH_CHROMA)).sqrt()
    factors = torch.stack([stretch, torch.ones_like(stretch)], dim=1)
    ab, truth = ab * factors, truth * factors
    shown_chroma, true_chroma = length(ab), length(truth)
    mean_chroma = (shown_chroma + true_chroma) / 2
    of_chroma = (shown_chroma - true_chroma).square()
    of_hue = ((ab - truth).square().sum(dim=1) - of_chroma).clamp(min=0)
    squared = of_chroma / (1 + 0.045 * mean_chroma).square() + of_hue / (1 + 0.015 * mean_chroma).square()
    return (squared + 1e-4).sqrt()


def length(ab: Tensor) -> Tensor:
    """Chroma, with a finite slope at gray: [n, 2, h, w] to [n, h, w]."""
    return (ab.square().sum(dim=1) + 1e-4).sqrt()


def smooth_liveliness(rgb: Tensor) -> Tensor:
    """Colourfulness (Hasler and Suesstrunk 2003) with a finite slope everywhere: [n, 3, h, w] 0..255 to [n]."""
    red, green, blue = rgb.flatten(2).unbind(dim=1)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = red_green.var(dim=1, unbiased=False) + yellow_blue.var(dim=1, unbiased=False)
    shift = red_green.mean(dim=1).square() + yellow_blue.mean(dim=1).square()
    return (spread + GRAY_FLOOR).sqrt() + 0.3 * (shift + GRAY_FLOOR).sqrt()

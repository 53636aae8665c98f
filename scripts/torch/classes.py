"""Classes of colour (src/train/learn/colour-codes.ts, `AnnealedMeanOp` of src/model/tables/nodes.ts)."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from colour import lab_of

# Zhang et al. 2016: five nearest bins, a Gaussian of 5 Lab units.
NEAREST = 5
SPREAD = 5
# In the table of codes a* and b* are whole numbers from LOWEST to LOWEST + SIDES - 1.
SIDES = 256
LOWEST = -128
# Each score covers this many luma pixels in each direction.
STRIDE = 4
# Keeps the ratio by which uncertain colour fades at 1 where there is no chroma, Lab units.
FADE_FLOOR = 0.1


class ColourClasses:
    """The bins of a head, and how a colour is divided among them."""

    def __init__(self, bins: Tensor):
        """bins: a*, b* of each class, [classes, 2] float. All results are on its device."""
        self.bins = bins
        # [classes], Lab units
        self.chromas = bins.norm(dim=1)
        side = torch.arange(LOWEST, LOWEST + SIDES, device=bins.device).float()
        colours = torch.cartesian_prod(side, side)
        distances = ((colours[:, None] - bins[None]) ** 2).sum(dim=2)
        near, self.nearest = distances.topk(min(NEAREST, len(bins)), largest=False)
        self.shares = torch.softmax(-near / (2 * SPREAD**2), dim=1)

    def codes(self, ab: Tensor) -> tuple[Tensor, Tensor]:
        """Soft codes: the nearest bins of each colour and the share of each, which sum to 1.

        ab: [n, 2, rows, columns], whole numbers -128..127.
        Returns bins (int64) and shares, both [n, 5, rows, columns], nearest first.
        """
        a, b = (ab - LOWEST).long().unbind(dim=1)
        place = a * SIDES + b
        return self.nearest[place].permute(0, 3, 1, 2), self.shares[place].permute(0, 3, 1, 2)

    @torch.no_grad()
    def prior_of(self, pictures: Iterable[Tensor]) -> Tensor:
        """How often each bin occurs in pictures [n, 3, h, w] 0..255, by soft codes: [classes] float64 that sum to 1."""
        histogram = torch.zeros(len(self.bins), dtype=torch.float64, device=self.bins.device)
        for rgb in pictures:
            for some in rgb.split(256):
                bins, shares = self.codes(mean_ab(lab_of(some.float())[:, 1:]))
                histogram.index_add_(0, bins.flatten(), shares.flatten().double())
        return histogram / histogram.sum()

    def annealed_mean(self, scores: Tensor, temperature: float, fade: float = 0) -> Tensor:
        """Turns scores [n, classes, rows, columns] into a*, b* [n, 2, rows, columns].

        The result is the mean of the bins, weighted by their shares at this temperature. With `fade` it becomes paler
        the more the hues of the likely classes disagree.
        """
        shares = torch.softmax(scores / temperature, dim=1)
        mean = torch.einsum("nkhw,kc->nchw", shares, self.bins)
        if fade == 0:
            return mean
        chroma = (mean.square().sum(dim=1) + FADE_FLOOR**2).sqrt()
        likely_chroma = torch.einsum("nkhw,k->nhw", shares, self.chromas) + FADE_FLOOR
        return mean * ((chroma / likely_chroma) ** fade)[:, None]


def class_weights(prior: Tensor, lambda_: float) -> Tensor:
    """Weights that raise rare colours, [classes] float: `((1 - lambda) p + lambda / classes)^-1`, with mean 1 under p.

    prior: p, which sums to 1; lambda_: 1: equal weights, 0: fully rebalanced. See Zhang et al. 2016, equation 4. With a
    lambda of 0 the weight of a class that never occurs would be infinite; it gets the weight of the rarest class.
    """
    mixed = (1 - lambda_) * prior + lambda_ / len(prior)
    raw = 1 / torch.maximum(mixed, mixed[mixed > 0].min())
    return (raw / (raw * prior).sum()).float()


def mean_ab(ab: Tensor) -> Tensor:
    """Colour at the network's resolution: means of 4 x 4 pixels of [n, 2, h, w], in whole numbers -128..127."""
    return F.avg_pool2d(ab, STRIDE).round().clamp(LOWEST, LOWEST + SIDES - 1)

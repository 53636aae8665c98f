"""Scores a network on the photos set aside: as it was trained, and at the liveliness of the truth.

Livelier colour always has larger errors, so errors can be compared only at equal liveliness. The second figures are for
a head that is calibrated as in src/train/run/calibrate.ts, at one temperature.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from classes import ColourClasses
from colour import colourfulness, lab_of, lightness_of, luma_of, rgb_of
from delivered import SHOWN_FADE, SHOWN_TEMPERATURE
from network import resized
from objective import TEMPERATURE
from pictures import Photos

# A raise is added to the score of a class with this much chroma, Lab units; other classes get their proportion of it.
RAISE_UNIT = 100
# The raise is searched between these two, by halving the interval this many times.
LEAST_RAISE, GREATEST_RAISE = -1.0, 3.0
HALVINGS = 8
# Length of the embedding of zeros that stands for no scene.
NO_SCENE = 2048
# Photos per call of the network.
AT_ONCE = 64


@dataclass(frozen=True)
class Look:
    """How scores become colour."""

    # Is added to a class's score for each RAISE_UNIT of its chroma.
    boost: float
    # Temperature and fading of the annealed mean.
    temperature: float
    fade: float


@dataclass(frozen=True)
class Figures:
    """Means over photos."""

    # Of RGB, decibels
    psnr_db: float
    # Distance of a*, b* to the truth's, Lab units
    error: float
    colourfulness: float
    # Difference between the colourfulness and the truth's, per photo.
    missed: float

    def __str__(self) -> str:
        return (
            f"{self.psnr_db:.2f} dB, a*b* {self.error:.2f} off, "
            f"colourfulness {self.colourfulness:.1f}, {self.missed:.1f} off"
        )


@dataclass(frozen=True)
class Judgement:
    """A network's figures."""

    as_trained: Figures
    # At the liveliness that was asked for, which needs this boost.
    even: Figures
    boost: float

    def __str__(self) -> str:
        return f"as trained: {self.as_trained} | raised {self.boost:+.2f}: {self.even}"


@dataclass(frozen=True)
class Judged:
    """n photos of one shape, and the network's scores for them."""

    # [n, classes, h / 4, w / 4]
    scores: Tensor
    # L*, [n, 1, h, w]
    lightness: Tensor
    # a*, b*, [n, 2, h, w]
    ab: Tensor
    # The best that colorizing could reach: the true colour with the gray picture's lightness, [n, 3, h, w], 0..255
    rgb: Tensor


@torch.no_grad()
def judge(
    photos: list[Photos], classes: ColourClasses, run: Callable[[Tensor, Tensor], Tensor], liveliness: float = 1
) -> Judgement:
    """Scores a network.

    run: computes scores from luma [n, 1, h, w] and embeddings [n, 2048]; liveliness: share of the truth's colourfulness
    at which the network is scored.
    """
    judged = [one for group in photos for one in run_all(group, run)]
    as_trained = figures_of(judged, classes, Look(0, TEMPERATURE, 0))
    wanted = liveliness * torch.cat([colourfulness(one.rgb) for one in judged]).mean().item()
    boost = boost_for(wanted, judged, classes)
    return Judgement(as_trained, figures_of(judged, classes, livelier(boost)), boost)


def livelier(boost: float) -> Look:
    """How the program shows colour, with this boost: a low temperature, and paler colour where the hue is uncertain."""
    return Look(boost, temperature=SHOWN_TEMPERATURE, fade=SHOWN_FADE)


def run_all(photos: Photos, run: Callable[[Tensor, Tensor], Tensor]) -> list[Judged]:
    """Runs the network once. Every look is computed from these scores."""
    judged = []
    embeddings = (
        photos.embedding
        if photos.embedding is not None
        else torch.zeros(len(photos.rgb), NO_SCENE, device=photos.rgb.device)
    )
    for rgb, embedding in zip(photos.rgb.split(AT_ONCE), embeddings.split(AT_ONCE), strict=True):
        luma, ab = luma_of(rgb.float()), lab_of(rgb.float())[:, 1:]
        lightness = lightness_of(luma)
        truth = rgb_of(torch.cat([lightness, ab], dim=1))
        judged.append(Judged(run(luma, embedding).float(), lightness, ab, truth))
    return judged


def boost_for(wanted: float, judged: list[Judged], classes: ColourClasses) -> float:
    """The boost that gives this colourfulness. Colourfulness rises with the boost, so the search halves an interval."""
    low, high = LEAST_RAISE, GREATEST_RAISE
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        made = [colourfulness(coloured(one, classes, livelier(middle))[1]) for one in judged]
        if torch.cat(made).mean().item() < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def figures_of(judged: list[Judged], classes: ColourClasses, look: Look) -> Figures:
    """Compares coloured photos with the truth."""
    each = []
    for one in judged:
        ab, rgb = coloured(one, classes, look)
        squared_error = (rgb - one.rgb).square().flatten(1).mean(dim=1).clamp(min=1e-3)
        psnr_db = 10 * torch.log10(255**2 / squared_error)
        error = (ab - one.ab).norm(dim=1).flatten(1).mean(dim=1)
        lively = colourfulness(rgb)
        each.append(torch.stack([psnr_db, error, lively, (lively - colourfulness(one.rgb)).abs()]))
    return Figures(*torch.cat(each, dim=1).mean(dim=1).tolist())


def coloured(one: Judged, classes: ColourClasses, look: Look) -> tuple[Tensor, Tensor]:
    """a*, b* [n, 2, h, w] and RGB [n, 3, h, w], 0..255, of photos with this look."""
    gain = look.boost * classes.chromas / RAISE_UNIT
    ab = classes.annealed_mean(one.scores + gain[:, None, None], look.temperature, look.fade)
    ab = resized(ab, one.lightness.shape[2:])
    return ab, rgb_of(torch.cat([one.lightness, ab], dim=1))

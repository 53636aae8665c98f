"""Judges a network on the photos set aside: as it was trained, and at the liveliness of the truth.

Livelier colour always errs more, so that errors say something only at equal liveliness. The second figures are those of
a head that is calibrated as src/train/run/calibrate.ts does it, at one temperature.
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

# A raise is what a class of so much chroma gains, Lab units.
RAISE_UNIT = 100
# Between these the interval of raises is halved so often.
LEAST_RAISE, GREATEST_RAISE = -1.0, 3.0
HALVINGS = 8
# Length of an embedding that says nothing.
NO_SCENE = 2048
# Photos that go through the network at once.
AT_ONCE = 64


@dataclass(frozen=True)
class Look:
    """How scores become colour."""

    # What a class's score gains for each RAISE_UNIT of its chroma.
    boost: float
    # Of the annealed mean.
    temperature: float
    fade: float


@dataclass(frozen=True)
class Figures:
    """Means over photos."""

    # RGB, decibels
    psnr_db: float
    # Distance of a*, b*, Lab units
    error: float
    colourfulness: float
    # Distance of the colourfulness to the truth's, photo by photo.
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
    # At the liveliness that is wanted, which needs this boost.
    even: Figures
    boost: float

    def __str__(self) -> str:
        return f"as trained: {self.as_trained} | raised {self.boost:+.2f}: {self.even}"


@dataclass(frozen=True)
class Judged:
    """Photos of one shape, n of them, and what the network says of them."""

    # [n, classes, h / 4, w / 4]
    scores: Tensor
    # L*, [n, 1, h, w]
    lightness: Tensor
    # a*, b*, [n, 2, h, w]
    ab: Tensor
    # The truth as colorizing could reach it, with the gray picture's lightness: [n, 3, h, w], 0..255
    rgb: Tensor


@torch.no_grad()
def judge(
    photos: list[Photos], classes: ColourClasses, run: Callable[[Tensor, Tensor], Tensor], liveliness: float = 1
) -> Judgement:
    """Judges a network.

    run: from luma [n, 1, h, w] and embeddings [n, 2048] to scores; liveliness: share of the truth's colourfulness at
    which it is judged.
    """
    judged = [one for group in photos for one in run_all(group, run)]
    as_trained = figures_of(judged, classes, Look(0, TEMPERATURE, 0))
    wanted = liveliness * torch.cat([colourfulness(one.rgb) for one in judged]).mean().item()
    boost = boost_for(wanted, judged, classes)
    return Judgement(as_trained, figures_of(judged, classes, livelier(boost)), boost)


def livelier(boost: float) -> Look:
    """The look whose colourfulness is raised to the truth's: sure of itself, and pale where it is not."""
    return Look(boost, temperature=SHOWN_TEMPERATURE, fade=SHOWN_FADE)


def run_all(photos: Photos, run: Callable[[Tensor, Tensor], Tensor]) -> list[Judged]:
    """Runs the network once; all looks are made of its scores."""
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
    """The boost that gives this colourfulness: it rises with the boost, so the interval is halved until it is small."""
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
    """a*, b* [n, 2, h, w] and RGB [n, 3, h, w], 0..255, of photos in a look."""
    gain = look.boost * classes.chromas / RAISE_UNIT
    ab = classes.annealed_mean(one.scores + gain[:, None, None], look.temperature, look.fade)
    ab = resized(ab, one.lightness.shape[2:])
    return ab, rgb_of(torch.cat([one.lightness, ab], dim=1))

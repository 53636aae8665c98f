"""Varies pictures as films and cameras do (src/train/dataset/pictures/augment.ts), a whole batch at a time."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from chance import Chance
from colour import lab_of, luma_of
from footage import Texts, answered, barred, vignetted

# The share of the pictures that gets each change.
CROPPED, MIRRORED, TONED, BLURRED, GRAINY, COMPRESSED = 0.7, 0.5, 0.6, 0.25, 0.35, 0.25
# The same for the effects of footage: a different response to colour, darker corners, burnt-in text, black bars.
ANSWERED, VIGNETTED, MARKED, BARRED = 0.15, 0.15, 0.1, 0.06
# The smallest part of a picture's sides that a crop shows (`chromafeed train`: 0.6), and how much its contents are
# stretched or squeezed.
LEAST_CROP = 0.4
STRETCH = (0.93, 1.07)
# Tone: the largest gamma, and the contrast and brightness (luma levels) that are added.
MAX_GAMMA = 1.5
CONTRAST = (-0.3, 0.15)
BRIGHTNESS = (-20, 20)
# Standard deviations: of the blur, pixels; of the grain, luma levels.
BLUR_PX = (0.3, 1.5)
GRAIN = (1, 10)
# The blur's kernel reaches this far to each side, pixels.
BLUR_REACH_PX = 4
JPEG_QUALITY = (30, 85)
# Quantization of luma at quality 50: ITU-T T.81, table K.1.
JPEG_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


class Variation:
    """Mirrors and crops luma and colour together. Then changes only the luma: the response of film and sensors to
    colour, tone, vignetting, blur, grain, text, bars and JPEG."""

    def __init__(self, random: Generator):
        """All results are on the device of `random`."""
        self.random = random
        self.chance = Chance(random)
        self.texts = Texts(random.device)
        self.jpeg_table = torch.tensor(JPEG_TABLE, dtype=torch.float32, device=random.device)
        self.cosines = cosines().to(random.device)

    def vary(self, rgb: Tensor) -> tuple[Tensor, Tensor]:
        """Varies each picture independently.

        rgb: [n, 3, h, w] 0..255, sides multiples of 8.
        Returns luma [n, 1, h, w], whole numbers 0..255, and its true colour a*, b* [n, 2, h, w].
        """
        rgb = self.reframed(rgb)
        luma = luma_of(rgb)
        luma = self.some(ANSWERED, luma, lambda value: answered(rgb, value, self.chance))
        luma = self.some(TONED, luma, self.toned)
        luma = self.some(VIGNETTED, luma, lambda value: vignetted(value, self.chance))
        luma = self.some(BLURRED, luma, self.blurred)
        luma = self.some(GRAINY, luma, self.grainy)
        luma, gray = self.covered(luma)
        luma = self.some(COMPRESSED, luma, self.compressed)
        return luma.round().clamp(0, 255), lab_of(rgb)[:, 1:] * ~gray

    def some(self, share: float, luma: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
        """Applies a change to about this share of the pictures."""
        return torch.where(self.happens(len(luma), share), change(luma), luma)

    def covered(self, luma: Tensor) -> tuple[Tensor, Tensor]:
        """Puts text and bars on some pictures. Returns luma and a mask of the text and bars."""
        gray = torch.zeros_like(luma, dtype=torch.bool)
        for share, cover in ((MARKED, self.texts.marked), (BARRED, barred)):
            is_covered = self.happens(len(luma), share)
            changed, places = cover(luma, self.chance)
            luma, gray = torch.where(is_covered, changed, luma), gray | (is_covered & places)
        return luma, gray

    def reframed(self, rgb: Tensor) -> Tensor:
        """Crops and mirrors, bilinear, with repeated edges."""
        count = len(rgb)
        one = torch.ones(count, 1, 1, 1, device=rgb.device)
        is_cropped = self.happens(count, CROPPED)
        scale = torch.where(is_cropped, self.uniform(count, (LEAST_CROP, 1)), one)
        stretch = torch.where(is_cropped, self.uniform(count, STRETCH), one)
        # All of these are fractions of the whole picture.
        width, height = (scale * stretch).clamp(max=1), (scale / stretch).clamp(max=1)
        left, top = self.uniform(count) * (1 - width), self.uniform(count) * (1 - height)
        direction = torch.where(self.happens(count, MIRRORED), -one, one)
        # Maps positions in the result to positions in the picture, both -1..1 across the whole.
        places = torch.zeros(count, 2, 3, device=rgb.device)
        places[:, 0, 0] = (width * direction).flatten()
        places[:, 1, 1] = height.flatten()
        places[:, 0, 2] = (2 * left + width - 1).flatten()
        places[:, 1, 2] = (2 * top + height - 1).flatten()
        grid = F.affine_grid(places, list(rgb.shape), align_corners=False)
        return F.grid_sample(rgb, grid, mode="bilinear", padding_mode="border", align_corners=False)

    def toned(self, luma: Tensor) -> Tensor:
        """Changes gamma, contrast and brightness; whole numbers 0..255."""
        count = len(luma)
        gamma = MAX_GAMMA ** self.uniform(count, (-1, 1))
        contrast = 1 + self.uniform(count, CONTRAST)
        brightness = self.uniform(count, BRIGHTNESS)
        curved = 255 * (luma / 255).clamp(min=1e-6) ** gamma
        return ((curved - 128) * contrast + 128 + brightness).round().clamp(0, 255)

    def blurred(self, luma: Tensor) -> Tensor:
        """A Gaussian blur with repeated edges."""
        count, _, height, width = luma.shape
        sigma = self.uniform(count, BLUR_PX).view(count, 1)
        distance = torch.arange(-BLUR_REACH_PX, BLUR_REACH_PX + 1, device=luma.device).float()
        bell = torch.exp(-(distance**2) / (2 * sigma**2))
        bell = bell / bell.sum(dim=1, keepdim=True)
        # Each picture has its own kernel, so the pictures become the channels of one picture.
        stacked = F.pad(luma.view(1, count, height, width), (BLUR_REACH_PX,) * 4, mode="replicate")
        stacked = F.conv2d(stacked, bell.view(count, 1, 1, -1), groups=count)
        stacked = F.conv2d(stacked, bell.view(count, 1, -1, 1), groups=count)
        return stacked.view(count, 1, height, width)

    def grainy(self, luma: Tensor) -> Tensor:
        """Adds Gaussian noise, a number for each pixel."""
        noise = torch.randn(luma.shape, generator=self.random, device=luma.device)
        return luma + noise * self.uniform(len(luma), GRAIN)

    def compressed(self, luma: Tensor) -> Tensor:
        """Adds the losses of JPEG."""
        return jpeg(luma, self.uniform(len(luma), JPEG_QUALITY), self.jpeg_table, self.cosines)

    def happens(self, count: int, share: float) -> Tensor:
        """The same as `Chance.happens`."""
        return self.chance.happens(count, share)

    def uniform(self, count: int, between: tuple[float, float] = (0, 1)) -> Tensor:
        """The same as `Chance.uniform`."""
        return self.chance.uniform(count, between)


def jpeg(luma: Tensor, quality: Tensor, table: Tensor, cosines: Tensor) -> Tensor:
    """Quantizes blocks of 8 x 8 pixels as libjpeg does.

    luma: [n, 1, h, w] 0..255; quality: [n, 1, 1, 1] 1..100; table: [8, 8] at quality 50; cosines: from `cosines`.
    """
    count, _, height, width = luma.shape
    blocks = luma.view(count, height // 8, 8, width // 8, 8).permute(0, 1, 3, 2, 4) - 128
    percent = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality).view(count, 1, 1, 1, 1)
    steps = ((table * percent + 50) / 100).floor().clamp(1, 255)
    waves = torch.einsum("ki,nrcij,lj->nrckl", cosines, blocks, cosines)
    waves = (waves / steps).round() * steps
    blocks = torch.einsum("ki,nrckl,lj->nrcij", cosines, waves, cosines) + 128
    return blocks.permute(0, 1, 3, 2, 4).reshape(count, 1, height, width)


def cosines() -> Tensor:
    """The discrete cosine transform of 8 pixels, [8 frequencies, 8 pixels], orthonormal."""
    frequency = torch.arange(8.0, dtype=torch.float64).view(8, 1)
    pixel = torch.arange(8.0, dtype=torch.float64)
    size = torch.where(frequency == 0, math.sqrt(1 / 8), math.sqrt(2 / 8))
    return (size * torch.cos((2 * pixel + 1) * frequency * math.pi / 16)).float()

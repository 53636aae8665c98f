"""Effects that occur in footage and not in photographs: a different response to colour, vignetting, text, black bars.

`luma` is [n, 1, h, w] float, 0..255. Pixels under text and bars have no colour in the truth.
"""

import cv2
import numpy as np
import torch
from torch import Tensor

from chance import Chance

# Shares of R', G', B' in luma: for film that is not sensitive to red, and for sensors that see into the infrared.
BLUE_FILM = (0.05, 0.45, 0.5)
RED_SENSOR = (0.75, 0.2, 0.05)
# Leaves are bright in infrared: at most this share of the excess of green over red and blue is added.
LEAF_GLOW = 0.8
# A corner loses this share of its light.
CORNER_LOSS = (0.15, 0.65)
# Each bar takes this share of a side; its black, luma levels.
BAR_PART = (0.04, 0.16)
BAR_BLACK = (0, 20)
# The number of texts. They are drawn once and used many times.
TEXTS = 64
LETTERS = "0123456789:-/. ABCDEFGHIKLMNOPRSTUVWXYZ"


def answered(rgb: Tensor, luma: Tensor, chance: Chance) -> Tensor:
    """The luma of another film or sensor: somewhere between the usual luma and one of two extremes."""
    count = len(rgb)
    is_red = chance.happens(count, 0.5)
    extremes = [
        (rgb * torch.tensor(one, device=rgb.device).view(1, 3, 1, 1)).sum(1, True) for one in (RED_SENSOR, BLUE_FILM)
    ]
    red, green, blue = rgb.split(1, dim=1)
    leaves = (green - torch.maximum(red, blue)).clamp(min=0) * chance.uniform(count, (0, LEAF_GLOW))
    extreme = torch.where(is_red, extremes[0] + leaves, extremes[1])
    return torch.lerp(luma, extreme, chance.uniform(count)).clamp(0, 255)


def vignetted(luma: Tensor, chance: Chance) -> Tensor:
    """Darkens the picture towards the corners."""
    count, _, height, width = luma.shape
    down = torch.linspace(-1, 1, height, device=luma.device).view(1, 1, height, 1)
    across = torch.linspace(-1, 1, width, device=luma.device).view(1, 1, 1, width)
    distance = ((down**2 + across**2) / 2).expand(count, 1, height, width)
    power = chance.uniform(count, (1, 2.5))
    return luma * (1 - chance.uniform(count, CORNER_LOSS) * distance**power)


def barred(luma: Tensor, chance: Chance) -> tuple[Tensor, Tensor]:
    """Adds black bars above and below, or left and right. Returns luma and a mask of the bars, bool, of equal shape."""
    count, _, height, width = luma.shape
    part = chance.uniform(count, BAR_PART)
    down = torch.linspace(0, 1, height, device=luma.device).view(1, 1, height, 1)
    across = torch.linspace(0, 1, width, device=luma.device).view(1, 1, 1, width)
    is_level = chance.happens(count, 0.6)
    place = torch.where(is_level, down.expand_as(luma), across.expand_as(luma))
    bars = (place < part) | (place > 1 - part)
    return torch.where(bars, chance.uniform(count, BAR_BLACK), luma), bars


class Texts:
    """Texts like those that cameras and TV stations burn into a picture: times, names, numbers."""

    def __init__(self, device: torch.device):
        """Draws the texts. Every run draws the same ones."""
        self.drawn = [torch.from_numpy(drawn(np.random.default_rng(seed))).to(device) for seed in range(TEXTS)]

    def marked(self, luma: Tensor, chance: Chance) -> tuple[Tensor, Tensor]:
        """Puts a text on each picture. Returns luma and a mask of the letters, bool of the same shape."""
        luma, letters = luma.clone(), torch.zeros_like(luma, dtype=torch.bool)
        picks = chance.uniform(len(luma)).flatten().mul(TEXTS).long().tolist()
        places = torch.stack([chance.uniform(len(luma)).flatten() for _ in range(3)], dim=1).tolist()
        for index, (pick, (across, down, shade)) in enumerate(zip(picks, places, strict=True)):
            text = self.drawn[pick][:, : luma.shape[3]]
            rows, columns = text.shape
            # Near the upper or the lower edge.
            room = luma.shape[2] - rows
            top = int((down * 0.2 if down < 0.5 else 0.8 + (down - 0.5) * 0.4) * room)
            left = int(across * (luma.shape[3] - columns))
            part = luma[index, 0, top : top + rows, left : left + columns]
            part[text == 1] = 15 * shade
            part[text == 2] = 200 + 55 * shade
            letters[index, 0, top : top + rows, left : left + columns] = text > 0
        return luma, letters


def drawn(random: np.random.Generator) -> np.ndarray:
    """Draws a random text, [rows, columns] bytes: 2 in the letters, 1 in their dark edges, else 0."""
    text = "".join(random.choice(list(LETTERS), size=random.integers(5, 20)))
    font = [cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX][random.integers(3)]
    scale = random.uniform(0.25, 0.6) * (2 if font == cv2.FONT_HERSHEY_PLAIN else 1)
    (width, height), below = cv2.getTextSize(text, font, scale, 1)
    picture = np.zeros((height + below + 4, width + 4), np.uint8)
    place = (2, height + 2)
    if random.random() < 0.6:
        cv2.putText(picture, text, place, font, scale, 1, 3)
    cv2.putText(picture, text, place, font, scale, 2, 1)
    return picture

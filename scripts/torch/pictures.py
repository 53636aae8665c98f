"""Reads a set's photos, cut to the shapes of src/train/dataset/pictures/shapes.ts, and deals them out in batches of one shape."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from bad_input import BadInput

# Rows and columns, pixels: square, 4:3, 3:2, 16:9, lying and upright. All sides are multiples of 8.
SHAPES = ((144, 144), (144, 192), (192, 144), (144, 216), (216, 144), (144, 256), (256, 144))
# A picture is enlarged by no more than this: a blurred picture would teach that colour has no edges.
MAX_ENLARGEMENT = 1.15
# A message names so many photos; of the others it says how many they are.
NAMED = 20


@dataclass(frozen=True)
class Photos:
    """Photos of one shape, on the device that learns."""

    # Paths below the folder of photos.
    names: list[str]
    # [n, 3, h, w] bytes
    rgb: Tensor
    # [n, 2048], from `Inception.embed`
    embedding: Tensor


def read_photos(
    folder: Path, names: dict[str, list[str]], embed: Callable[[Tensor], Tensor], device: torch.device
) -> dict[str, list[Photos]]:
    """Reads a set's photos.

    names: by part of the set, paths below the folder. Returns each part's photos, by shape. Raises BadInput when a
    part has none, or when some are missing or cannot be read: the set was made of these photos, so it must be another
    folder, or a damaged one.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: expected the folder of photos that the set was made of")
    for part, its_names in names.items():
        if not its_names:
            raise BadInput(f"expected photos for {part} but the set, or --limit, leaves none")
    every_name = [name for its_names in names.values() for name in its_names]
    cv2.setNumThreads(1)  # the pool has threads enough
    with ThreadPoolExecutor() as pool:
        read = list(pool.map(read_photo, [folder / name for name in every_name]))
    photos = dict(zip(every_name, read, strict=True))
    refused = {name: photo for name, photo in photos.items() if isinstance(photo, str)}
    if refused:
        raise BadInput(f"{folder}: {len(refused)} of {len(photos)} photos cannot be read\n{listed(refused)}")
    groups: dict[str, list[Photos]] = {}
    for part, its_names in names.items():
        groups[part] = []
        for alike in by_shape(its_names, photos):
            rgb = torch.from_numpy(np.stack([photos[name] for name in alike])).to(device)
            groups[part].append(Photos(alike, rgb, embed(rgb)))
    return groups


def by_shape(names: list[str], photos: dict[str, np.ndarray]) -> list[list[str]]:
    """The names of photos of the same shape together."""
    found: dict[tuple[int, ...], list[str]] = {}
    for name in names:
        found.setdefault(photos[name].shape, []).append(name)
    return list(found.values())


def listed(refused: dict[str, str]) -> str:
    """The first few names with the reasons, a line each, and how many others there are."""
    lines = [f"  {name}: {reason}" for name, reason in list(refused.items())[:NAMED]]
    others = len(refused) - len(lines)
    return "\n".join([*lines, f"  and {others} others"] if others > 0 else lines)


def read_photo(path: Path) -> np.ndarray | str:
    """Reads a photo: upright, scaled to cover the shape that loses least of it, and cut around its centre.

    Returns RGB bytes [3, h, w], or why it is of no use.
    """
    try:
        stored = np.frombuffer(path.read_bytes(), np.uint8)
        photo = cv2.imdecode(stored, cv2.IMREAD_COLOR) if stored.size > 0 else None
    except OSError as error:
        return error.strerror or "cannot be opened"
    except cv2.error as error:
        return error.err
    if photo is None:
        return "not a photo of a known format"
    height, width = photo.shape[:2]
    shape = choose_shape(height, width)
    if shape is None:
        return f"too small: {width} x {height}"
    rows, columns = shape
    scale = max(rows / height, columns / width)
    scaled_height, scaled_width = max(rows, round(height * scale)), max(columns, round(width * scale))
    if (scaled_height, scaled_width) != (height, width):
        kernel = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        photo = cv2.resize(photo, (scaled_width, scaled_height), interpolation=kernel)
    top, left = (scaled_height - rows) // 2, (scaled_width - columns) // 2
    cut = photo[top : top + rows, left : left + columns]
    blue_last = cut[:, :, ::-1]  # OpenCV has blue first
    return np.ascontiguousarray(blue_last.transpose(2, 0, 1))


def choose_shape(height: int, width: int) -> tuple[int, int] | None:
    """The shape, rows and columns, that loses least of a picture; None when the picture is smaller than every shape."""
    best, best_kept = None, 0.0
    for rows, columns in SHAPES:
        down, across = rows / height, columns / width
        kept = min(across, down) / max(across, down)
        if max(across, down) <= MAX_ENLARGEMENT and kept > best_kept:
            best, best_kept = (rows, columns), kept
    return best


def count_of(photos: list[Photos]) -> int:
    """How many photos there are, of all shapes."""
    return sum(len(group.names) for group in photos)


class Batches:
    """The photos to learn from, without end: batches of one shape, in random order, epoch after epoch."""

    def __init__(self, photos: list[Photos], batch_size: int, times: Callable[[str], int], random: Generator):
        """times: how often a photo of this name is shown in an epoch."""
        self.photos = photos
        self.batch_size = batch_size
        self.random = random
        # Which shape, and which photo of it: [views, 2]
        self.views = np.array(
            [
                (shape, photo)
                for shape, group in enumerate(photos)
                for photo, name in enumerate(group.names)
                for _ in range(times(name))
            ]
        ).reshape(-1, 2)

    def __iter__(self) -> Iterator[tuple[Photos, Tensor]]:
        """Gives photos of one shape, and which of them are the batch, [n]."""
        while True:
            for shape, indices in self.epoch():
                group = self.photos[shape]
                yield group, torch.from_numpy(indices).to(group.rgb.device)

    def epoch(self) -> list[tuple[int, np.ndarray]]:
        """Each view once, but for those that fill no batch. A shape of fewer views than that has one smaller batch."""
        shuffled = self.random.permutation(self.views)
        batches = []
        for shape in range(len(self.photos)):
            indices = shuffled[shuffled[:, 0] == shape, 1]
            whole = len(indices) // self.batch_size * self.batch_size
            if whole == 0:
                batches.append((shape, indices))
            else:
                batches += [(shape, some) for some in np.split(indices[:whole], whole // self.batch_size)]
        return [batches[index] for index in self.random.permutation(len(batches))]

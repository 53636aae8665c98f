"""Reads photos, crops them to the shapes of src/train/dataset/pictures/shapes.ts, and makes batches of one shape."""

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from zlib import crc32

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from bad_input import BadInput
from colour import lab_of

# Rows and columns, pixels: square, then 4:3, 3:2 and 16:9, each in landscape and portrait. All are multiples of 8.
SHAPES = ((144, 144), (144, 192), (192, 144), (144, 216), (216, 144), (144, 256), (256, 144))
# A picture is enlarged by at most this. From blurred pictures the network would learn that colour has no edges.
MAX_ENLARGEMENT = 1.15
# A photo with a lower mean chroma counts as pale, Lab units.
PALE_CHROMA = 8
# How the names of street photos begin in the set that trains the program's own models.
STREETS = ("tud", "camvid", "webcam", "light")
# Files with these suffixes are read if there is no set.
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
# A message names this many photos and counts the others.
NAMED = 20


@dataclass(frozen=True)
class Photos:
    """Photos of one shape, on the device that trains."""

    # Paths below the folder of photos.
    names: list[str]
    # [n, 3, h, w] bytes
    rgb: Tensor
    # [n, 2048], from `Inception.embed`; None if embeddings are not used
    embedding: Tensor | None
    # Whether each has little colour.
    is_pale: list[bool]


def chosen_photos(listed: dict[str, list[str]] | None, args: argparse.Namespace) -> dict[str, list[str]]:
    """The names of the photos of each part: those on a set's list, or all in the folders; about --limit in all.

    Without a set, only a photo's name decides whether it is used for validation, so every run makes the same choice.
    --kept is the share for validation.
    """
    if listed is not None:
        return thinned(listed, args.limit)
    names = sorted(
        str(path) for folder in args.photos for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES
    )
    kept = {name for name in names if crc32(Path(name).name.encode()) < args.kept * 2**32}
    split = {"train": [name for name in names if name not in kept], "validation": sorted(kept)}
    return thinned(split, args.limit)


def thinned(photos: dict[str, list[str]], limit: int) -> dict[str, list[str]]:
    """Picks about `limit` names from all parts together, evenly spaced in the sorted order; 0: all."""
    names = sorted((name, split) for split, names in photos.items() for name in names)
    if limit > 0:
        names = names[:: max(1, len(names) // limit)]
    return {split: [name for name, its in names if its == split] for split in photos}


def read_photos(
    folder: Path,
    names: dict[str, list[str]],
    embeds: dict[str, Callable[[Tensor], Tensor] | None],
    device: torch.device,
    left_out: Callable[[str], None] | None,
) -> dict[str, list[Photos]]:
    """Reads photos.

    names: for each part, paths relative to the folder, or absolute ones. embeds: for each part, the function that makes
    embeddings, or None. left_out: gets a message about photos that cannot be used; None: such photos are an error,
    because a set was made from these photos.
    Returns each part's photos, by shape. Raises BadInput if a part has no photos.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: expected a folder of photos")
    for part, its_names in names.items():
        if not its_names:
            raise BadInput(f"expected photos for {part} but found none: check the set, the folders and --limit")
    every_name = [name for its_names in names.values() for name in its_names]
    cv2.setNumThreads(1)  # the pool already uses every core
    with ThreadPoolExecutor() as pool:
        read = list(pool.map(read_photo, [folder / name for name in every_name]))
    photos = dict(zip(every_name, read, strict=True))
    refused = {name: photo for name, photo in photos.items() if isinstance(photo, str)}
    message = f"{len(refused)} of {len(photos)} photos cannot be read\n{listed(refused)}"
    if refused and left_out is None:
        raise BadInput(f"{folder}: {message}")
    if refused:
        left_out(f"left out: {message}")
    groups: dict[str, list[Photos]] = {}
    for part, its_names in names.items():
        groups[part] = []
        for alike in by_shape([name for name in its_names if name not in refused], photos):
            rgb = torch.from_numpy(np.stack([photos.pop(name) for name in alike])).to(device)
            embed = embeds[part]
            groups[part].append(Photos(alike, rgb, None if embed is None else embed(rgb), are_pale(rgb)))
    return groups


def are_pale(rgb: Tensor) -> list[bool]:
    """Whether photos [n, 3, h, w] have little colour."""
    chroma = [lab_of(F.avg_pool2d(some.float(), 4))[:, 1:].norm(dim=1).flatten(1).mean(1) for some in rgb.split(256)]
    return (torch.cat(chroma) < PALE_CHROMA).tolist()


def by_shape(names: list[str], photos: dict[str, np.ndarray]) -> list[list[str]]:
    """The names of photos of the same shape together."""
    found: dict[tuple[int, ...], list[str]] = {}
    for name in names:
        found.setdefault(photos[name].shape, []).append(name)
    return list(found.values())


def listed(refused: dict[str, str]) -> str:
    """One line for each of the first names with its reason, then the number of the others."""
    lines = [f"  {name}: {reason}" for name, reason in list(refused.items())[:NAMED]]
    others = len(refused) - len(lines)
    return "\n".join([*lines, f"  and {others} others"] if others > 0 else lines)


def read_photo(path: Path) -> np.ndarray | str:
    """Reads a photo upright, scales it to cover the shape that loses the least of it, and crops it around its centre.

    Returns RGB bytes [3, h, w], or the reason why the photo cannot be used.
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
    """The shape, rows and columns, that loses the least of a picture; None if the picture is too small for all."""
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


@dataclass(frozen=True)
class Shown:
    """How often street photos and pale photos are shown per epoch; all others are shown once."""

    street: int
    pale: int

    def times(self, name: str, is_pale: bool) -> int:
        """How often one photo is shown per epoch."""
        is_street = PurePosixPath(name).name.startswith(STREETS)
        return max(self.street if is_street else 1, self.pale if is_pale else 1)


class Batches:
    """An endless sequence of batches for training, each of one shape, in random order, epoch after epoch."""

    def __init__(self, photos: list[Photos], batch_size: int, times: Callable[[str, bool], int], random: Generator):
        """times: returns how often a photo is shown per epoch, from its name and whether it is pale."""
        self.photos = photos
        self.batch_size = batch_size
        self.random = random
        # The index of the shape, and the index of the photo in it: [views, 2]
        self.views = np.array(
            [
                (shape, photo)
                for shape, group in enumerate(photos)
                for photo, (name, is_pale) in enumerate(zip(group.names, group.is_pale, strict=True))
                for _ in range(times(name, is_pale))
            ]
        ).reshape(-1, 2)

    def __iter__(self) -> Iterator[tuple[Photos, Tensor]]:
        """Yields photos of one shape, and the indices of those in the batch, [n]."""
        while True:
            for shape, indices in self.epoch():
                group = self.photos[shape]
                yield group, torch.from_numpy(indices).to(group.rgb.device)

    def epoch(self) -> list[tuple[int, np.ndarray]]:
        """Each view once, except views left over after the last full batch of a shape.

        A shape with too few views for a full batch has one smaller batch.
        """
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

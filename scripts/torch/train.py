"""Trains a network of Chromafeed on one NVIDIA GPU, a hundred times as fast as two cores do.

The network is the list of nodes that the program itself builds its graphs from, walked by PyTorch, every layer of it
trained. Pictures, variations, classes, objective and the average of weights are those of `chromafeed train`
(src/train), done on the GPU in bfloat16; only crops are smaller, down to 0.4 of a picture's sides and not 0.6. What it
writes becomes a model by import.js, which calibrates it. See docs/training.md.

    node dist/scripts/torch/export.js MODEL SET EXPORTED
    python scripts/torch/train.py --photos PHOTOS --exported EXPORTED --out OUT --seconds 600
    node dist/scripts/torch/import.js MODEL NAME VERSION SET OUTPUT OUT/best.safetensors

OUT/first.safetensors holds the weights that it began with, OUT/last.safetensors their moving average at the end,
OUT/best.safetensors the one of those that were judged whose error at equal liveliness was least.

Needs Python 3.10, torch, numpy, opencv-python-headless, onnx and safetensors.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import AdamW
from torch.optim.swa_utils import get_ema_multi_avg_fn

from bad_input import BadInput
from classes import ColourClasses, class_weights
from embedding import Inception
from exported import read_export
from judge import judge
from network import BINS, TRUNK, scores_of, trainable_weights
from objective import Rebalanced
from pictures import Batches, Photos, count_of, read_photos
from vary import Variation

# The learning rate rises over so many steps, then falls to this part of the greatest.
WARM_UP_STEPS = 200
LEAST_RATE = 0.01
# Of an embedding's numbers, the share that a view lacks (src/train/learn/embedding-dropout.ts).
NUMBERS_LEFT_OUT = 0.5
# Gradients are shortened to this length.
LONGEST_GRADIENT = 1.0
# How the names of photos of streets begin in the set that the program's own models learn from.
STREETS = ("tud", "camvid", "webcam", "light")


def main() -> None:
    """Reads everything, trains, writes the weights."""
    args = arguments()
    log = Log()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32: pictures are of 8 bits
        torch.backends.cudnn.benchmark = True  # few shapes, all of the same batch
    exported = read_export(args.exported)
    if BINS not in exported.weights:
        raise BadInput(f"{args.exported}: expected a model with classes of colour but it has no {BINS}")
    args.out.mkdir(parents=True, exist_ok=True)

    inception = Inception(exported.embedding, device)
    weights = trainable_weights(exported.nodes, exported.weights, inception.layers())
    if args.fresh_scene:
        forget_scene(exported.nodes, weights)
    photos = read_photos(args.photos, thinned(exported.photos, args.limit), inception.embed, device)
    learnt, kept = photos["train"], photos["validation"]
    log(f"{count_of(learnt)} photos to learn from, {count_of(kept)} to be judged by, on {device}")

    classes = ColourClasses(exported.weights[BINS].to(device, torch.float32))
    rarity = class_weights(classes.prior_of(group.rgb for group in learnt), args.lambda_)
    learner = Learner(exported.nodes, weights, Rebalanced(classes, rarity, args.mean_weight), inception, args)
    batches = Batches(learnt, args.batch, partial(times_of, args.street), np.random.default_rng(args.seed))
    log(f"{len(batches.views)} views an epoch")
    save(args.out / "first.safetensors", weights, classes)
    log(f"at the start  {judge(kept, classes, learner.scores_of_average)}")
    log(f"without scene  {judge(kept, classes, learner.scores_without_scene)}")
    train(learner, batches, kept, args, log)


def train(learner: Learner, batches: Batches, kept: list[Photos], args: argparse.Namespace, log: Log) -> None:
    """Learns until the time is up; judges the average now and then, and at the end; writes the best and the last."""
    classes = learner.objective.classes
    begun = time.monotonic()
    seen = judgements = 0
    entropies: list[Tensor] = []
    least_error = math.inf
    for photos, indices in batches:
        part = (time.monotonic() - begun) / args.seconds
        is_over = part >= 1
        if not is_over:
            factor = rate_factor(part, learner.steps)
            entropies.append(learner.step(photos, indices, factor))
            seen += len(indices)
        if not is_over and part * args.evals < judgements + 1:
            continue
        judgements += 1
        if entropies:
            speed = seen / (time.monotonic() - begun)
            entropy = torch.stack(entropies).mean().item()
            entropies = []
            log(f"step {learner.steps}  {seen} seen, {speed:.0f}/s  entropy {entropy:.3f}  rate x{factor:.2f}")
        judgement = judge(kept, classes, learner.scores_of_average)
        is_best = judgement.even.error < least_error or not math.isfinite(least_error)
        log(f"{'last' if is_over else 'average'}{', best so far' if is_best else ''}  {judgement}")
        log(f"without scene  {judge(kept, classes, learner.scores_without_scene)}")
        if is_best:
            least_error = judgement.even.error
            save(args.out / "best.safetensors", learner.average.weights, classes)
        if is_over:
            save(args.out / "last.safetensors", learner.average.weights, classes)
            log(f"done: {learner.steps} steps, {seen} pictures; least error at equal liveliness {least_error:.2f}")
            return


class Learner:
    """A network that learns: its weights, their average, and what happens in a step."""

    def __init__(
        self,
        nodes: list[dict],
        weights: dict[str, Tensor],
        objective: Rebalanced,
        inception: Inception,
        args: argparse.Namespace,
    ):
        """weights: from `trainable_weights`; are changed by each step."""
        self.nodes = nodes
        self.weights = weights
        self.objective = objective
        self.inception = inception
        self.embedding_dropout = args.embedding_dropout
        self.dropout = args.dropout
        self.average = WeightAverage(weights, args.average)
        self.steps = 0
        self.device = objective.classes.bins.device
        self.random = torch.Generator(self.device).manual_seed(args.seed)
        self.variation = Variation(self.random)
        trunk = [weight for name, weight in weights.items() if name.startswith(TRUNK)]
        rest = [weight for name, weight in weights.items() if not name.startswith(TRUNK)]
        groups = [{"params": rest, "greatest": args.lr}, {"params": trunk, "greatest": args.trunk_lr}]
        self.optimizer = AdamW(
            [group for group in groups if group["params"]],
            betas=(0.9, 0.99),
            weight_decay=args.decay,
            fused=self.device.type == "cuda",
        )

    def step(self, photos: Photos, indices: Tensor, factor: float) -> Tensor:
        """Learns from a batch, at this part of the greatest learning rates. Returns the entropy, a scalar."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["greatest"] * factor
        with torch.no_grad():
            luma, ab = self.variation.vary(photos.rgb[indices].float())
            embedding = self.scenes(luma, photos.embedding[indices])
        loss, entropy = self.objective.losses(self.scores(self.weights, luma, embedding, self.dropout).float(), ab)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(self.weights.values()), LONGEST_GRADIENT)
        self.optimizer.step()
        self.steps += 1
        self.average.follow(self.weights, self.steps)
        return entropy.detach()

    def scenes(self, luma: Tensor, of_photos: Tensor) -> Tensor:
        """Embeddings such as scenes have: anything between this very view's and the whole photo's, or none.

        An embedding that is always the same for a photo tells which one it is, and the network learns its colours by
        heart; so it never is, and numbers of it are left out at random.
        luma: the views, [n, 1, h, w]; of_photos: [n, 2048].
        """
        with self.half():
            of_views = self.inception.embed_luma(luma).float()
        mean = torch.lerp(of_views, of_photos, self.chances(len(luma), 1))
        known = (self.chances(*mean.shape) >= NUMBERS_LEFT_OUT) / (1 - NUMBERS_LEFT_OUT)
        return mean * known * (self.chances(len(luma), 1) >= self.embedding_dropout)

    def chances(self, *shape: int) -> Tensor:
        """Random numbers, 0..1."""
        return torch.rand(shape, generator=self.random, device=self.device)

    def half(self) -> torch.autocast:
        """On a GPU bfloat16, of which few CPUs are capable."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def scores(self, weights: dict[str, Tensor], luma: Tensor, embedding: Tensor, dropout: float = 0) -> Tensor:
        """As `scores_of`."""
        with self.half():
            return scores_of(self.nodes, weights, luma, embedding, dropout)

    def scores_of_average(self, luma: Tensor, embedding: Tensor) -> Tensor:
        """Those of the averaged weights."""
        return self.scores(self.average.weights, luma, embedding)

    def scores_without_scene(self, luma: Tensor, embedding: Tensor) -> Tensor:
        """As `scores_of_average`, of pictures whose scene is not known."""
        return self.scores_of_average(luma, torch.zeros_like(embedding))


class WeightAverage:
    """An exponential moving average of weights (src/train/learn/weight-average.ts).

    While it is young it forgets faster: decay is at most (1 + step) / (10 + step).
    """

    def __init__(self, weights: dict[str, Tensor], decay: float):
        """decay: share of the old average kept at each step, 0..1."""
        self.decay = decay
        self.weights = {name: weight.detach().clone() for name, weight in weights.items()}

    def follow(self, weights: dict[str, Tensor], step: int) -> None:
        """Takes in the weights after a step, counted from 1."""
        update = get_ema_multi_avg_fn(min(self.decay, (1 + step) / (10 + step)))
        update(list(self.weights.values()), [weight.detach() for weight in weights.values()], None)


class Log:
    """Prints lines with the seconds since it was made."""

    def __init__(self):
        self.start = time.monotonic()

    def __call__(self, line: str) -> None:
        print(f"{time.monotonic() - self.start:6.1f} s  {line}", flush=True)


def forget_scene(nodes: list[dict], weights: dict[str, Tensor]) -> None:
    """Sets what makes a condition of the embedding to nothing, so that it is learnt anew."""
    for node in nodes:
        if node["op"]["kind"] == "condition":
            weights[node["op"]["weight"]].data.zero_()


def rate_factor(part: float, step: int) -> float:
    """Part of the greatest learning rate: it warms up, then follows half a cosine.

    part: of the training's time, 0..1; step: counted from 0.
    """
    warmth = min(1, (step + 1) / WARM_UP_STEPS)
    return warmth * (LEAST_RATE + (1 - LEAST_RATE) * (0.5 + 0.5 * math.cos(math.pi * part)))


def times_of(street: int, name: str) -> int:
    """How often a photo is shown in an epoch; street: how often one of a street is."""
    return street if PurePosixPath(name).name.startswith(STREETS) else 1


def thinned(photos: dict[str, list[str]], limit: int) -> dict[str, list[str]]:
    """About `limit` of the names of all parts together, evenly; 0: all. In order of their names."""
    names = sorted((name, split) for split, names in photos.items() for name in names)
    if limit > 0:
        names = names[:: max(1, len(names) // limit)]
    return {split: [name for name, its in names if its == split] for split in photos}


def save(path: Path, weights: dict[str, Tensor], classes: ColourClasses) -> None:
    """Writes weights, and the classes' bins, in half precision; import.js reads them."""
    tensors = {**weights, BINS: classes.bins}
    save_file({name: tensor.detach().half().cpu().contiguous() for name, tensor in tensors.items()}, path)


def arguments() -> argparse.Namespace:
    """Reads the command line; ends the program when something in it is out of range."""
    parser = argparse.ArgumentParser(description="trains a network of Chromafeed on a GPU")
    add = parser.add_argument
    add("--photos", type=Path, required=True, help="the folder that the set was made of")
    add("--exported", type=Path, required=True, help="the folder that export.js wrote")
    add("--out", type=Path, required=True, help="folder for the weights")
    add("--seconds", type=float, required=True, help="of training; the learning rate follows a cosine over them")
    add("--batch", type=int, default=128, help="pictures a step")
    add("--lr", type=float, default=5e-4, help="greatest, of all layers but the trunk")
    add("--trunk-lr", type=float, default=1.5e-4, help="greatest, of the trunk")
    add("--decay", type=float, default=0.1, help="of the weights, AdamW's")
    add("--mean-weight", type=float, default=0.2, help="of the annealed mean's own error")
    add(
        "--lambda",
        dest="lambda_",
        metavar="LAMBDA",
        type=float,
        default=0.5,
        help="how far classes are weighed alike, 0..1",
    )
    add("--fresh-scene", action="store_true", help="learns anew what the scene's embedding says of colour")
    add("--embedding-dropout", type=float, default=0.3, help="share of the views that lack the embedding")
    add("--dropout", type=float, default=0.1, help="share of the channels behind the trunk that a view lacks")
    add("--average", type=float, default=0.9995, help="share of the average of weights that is kept at each step")
    add("--street", type=int, default=2, help="how often photos of streets are shown in an epoch")
    add("--evals", type=int, default=8, help="how often it is judged, the last time at the end; the best is kept")
    add("--limit", type=int, default=0, help="photos, for a trial; 0: all")
    add("--seed", type=int, default=1, help="of order and variations")
    args = parser.parse_args()
    for name in ("batch", "street", "evals"):
        if getattr(args, name) < 1:
            parser.error(f"--{name}: expected 1 or more but got {getattr(args, name)}")
    for name in ("lambda_", "average", "embedding_dropout"):
        if not 0 <= getattr(args, name) <= 1:
            parser.error(f"--{name.rstrip('_').replace('_', '-')}: expected 0..1 but got {getattr(args, name)}")
    if not 0 <= args.dropout < 1:
        parser.error(f"--dropout: expected 0 or more, less than 1, but got {args.dropout}")
    if not args.seconds > 0:
        parser.error(f"--seconds: expected more than 0 but got {args.seconds}")
    return args


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        sys.exit(f"train.py: {error}")

"""Trains a network of Chromafeed on the CPU, or on one NVIDIA GPU, which is a hundred times as fast as two CPU cores.

PyTorch runs the same list of nodes from which the program builds its graphs. Every layer is trained unless `--freeze`
is set. Pictures, variations, classes, objective and weight average are the same as in `chromafeed train` (src/train),
with two differences: crops go down to 0.4 of a picture's sides instead of 0.6, and the luma also varies as it does in
footage (footage.py). import.js calibrates the result and makes a model from it. See docs/training.md.

    node dist/scripts/torch/export.js MODEL SET EXPORTED
    python scripts/torch/train.py --photos PHOTOS --exported EXPORTED --out OUT --seconds 600
    node dist/scripts/torch/import.js MODEL NAME VERSION SET OUTPUT OUT/best.safetensors

Without a set (`export.js MODEL EXPORTED`) it trains on all photos of the folders, except some that it keeps for
validation.

OUT/first.safetensors holds the weights at the start. OUT/last.safetensors holds their moving average, written with each
checkpoint. OUT/best.safetensors holds the average that had the lowest error at equal liveliness in a validation. The
same command resumes from OUT/checkpoint.pt; a larger --seconds makes a run longer.

Needs Python 3.10, torch, numpy, opencv-python-headless, onnx and safetensors.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time

import numpy as np
import torch
from torch import Tensor

from bad_input import BadInput
from classes import ColourClasses, class_weights
from delivered import Delivered
from embedding import Inception
from exported import Export, read_export, read_weights
from judge import judge
from learner import Learner, forget_scene, rate_factor
from network import BINS, freeze, trainable_weights
from norms import folded
from objective import Rebalanced
from options import arguments
from pictures import Batches, Photos, Shown, chosen_photos, count_of, read_photos
from run import Run


def main() -> None:
    """Reads the inputs, trains, and writes the weights."""
    args = arguments()
    log = Log()
    device = prepared_device(args)
    exported = read_export(args.exported)
    if BINS not in exported.weights:
        raise BadInput(f"{args.exported}: expected a model with classes of colour but it has no {BINS}")
    inception = Inception(exported.embedding, device)
    weights = starting_weights(exported, inception, args)

    # On the CPU the embeddings of all photos would take hours. If embeddings are used, those of the views are enough.
    embed = inception.embed if args.embedding_dropout < 1 else None
    embeds = {"train": embed if device.type == "cuda" else None, "validation": embed}
    left_out = log if exported.photos is None else None
    photos = read_photos(args.photos[0], chosen_photos(exported.photos, args), embeds, device, left_out)
    learnt, kept = photos["train"], photos["validation"]
    log(f"{count_of(learnt)} photos for training, {count_of(kept)} for validation, on {device}")

    classes = ColourClasses(exported.weights[BINS].to(device, torch.float32))
    rarity = class_weights(classes.prior_of(group.rgb for group in learnt), args.lambda_)
    objective = objective_of(classes, rarity, args)
    learner = Learner(exported.nodes, weights, objective, inception, args)
    shown = Shown(args.street, args.pale)
    run = Run(args.out)
    state = run.open()
    order = np.random.default_rng([args.seed, learner.steps if state is None else state["learner"]["steps"]])
    batches = Batches(learnt, args.batch, shown.times, order)
    log(f"{len(batches.views)} views per epoch")
    if state is not None:
        learner.restore(state["learner"])
        log(f"resumes after {learner.steps} steps, {run.before:.0f} s")
    else:
        run.write("first", weights, classes)
        log(f"at the start  {judged(learner, kept, args.liveliness)}")
    train(learner, batches, kept, args, log, run, {} if state is None else state["progress"])


def prepared_device(args: argparse.Namespace) -> torch.device:
    """Returns the GPU if there is one, else the CPU, where it lowers the priority of this process."""
    if args.threads > 0:
        torch.set_num_threads(args.threads)
    if not torch.cuda.is_available():
        if hasattr(os, "nice"):
            os.nice(args.nice)
        return torch.device("cpu")
    torch.set_float32_matmul_precision("high")  # TF32 is precise enough for 8-bit pictures
    torch.backends.cudnn.benchmark = True  # there are few shapes, all with the same batch size
    return torch.device("cuda")


def starting_weights(exported: Export, inception: Inception, args: argparse.Namespace) -> dict[str, Tensor]:
    """The model's weights, those of `--weights`, or random ones with `--fresh`, as leaf tensors."""
    own, random = exported.weights, None
    if args.fresh or args.weights is not None:
        random = torch.Generator().manual_seed(args.seed)
        own = {} if args.weights is None else read_weights(args.weights)
    if args.norm == "folded":
        own = folded(own)
    weights = trainable_weights(exported.nodes, own, inception.layers(), random)
    freeze(weights, args.freeze)
    if args.fresh_scene:
        forget_scene(exported.nodes, weights)
    return weights


def objective_of(classes: ColourClasses, rarity: Tensor, args: argparse.Namespace) -> Rebalanced | Delivered:
    """The objective that the command line names."""
    rebalanced = Rebalanced(classes, rarity, args.mean_weight)
    if args.objective == "rebalanced":
        return rebalanced
    return Delivered(classes, args.liveliness_weight, rebalanced, args.entropy_weight)


def train(
    learner: Learner,
    batches: Batches,
    kept: list[Photos],
    args: argparse.Namespace,
    log: Log,
    run: Run,
    progress: dict,
) -> None:
    """Trains until the time is up. Validates the weight average several times, and writes the best and the last one."""
    classes = learner.objective.classes
    # How many pictures it has seen, how often it was validated, and the lowest error at equal liveliness.
    progress = {"seen": 0, "judgements": 0, "least_error": math.inf, **progress}
    entropies: list[Tensor] = []
    counted, since = 0, time.monotonic()
    run.start()
    for photos, indices in batches:
        part = run.seconds / args.seconds
        is_over = part >= 1 or run.is_stopped
        if not is_over:
            entropies.append(learner.step(photos, indices, rate_factor(part, learner.steps)))
            progress["seen"] += len(indices)
            counted += len(indices)
        if is_over or run.is_due(args.save_every):
            run.write("last", learner.average.weights, classes)
            run.keep({"learner": learner.state(), "progress": progress})
        if run.is_stopped:
            log(f"stopped after {learner.steps} steps, {progress['seen']} pictures: run the same command to resume")
            return
        if not is_over and part * args.evals < progress["judgements"] + 1:
            continue
        progress["judgements"] = math.floor(part * args.evals)
        if entropies:
            speed = counted / (time.monotonic() - since)
            entropy = torch.stack(entropies).mean().item()
            entropies = []
            log(f"step {learner.steps}  {progress['seen']} seen, {speed:.1f}/s  entropy {entropy:.3f}")
        judgement = judged(learner, kept, args.liveliness)
        is_best = judgement.even.error < progress["least_error"] or not math.isfinite(progress["least_error"])
        log(f"{'last' if is_over else 'average'}{', best so far' if is_best else ''}  {judgement}")
        if learner.embedding_dropout < 1:
            log(f"without scene  {judge(kept, classes, learner.scores_without_scene, args.liveliness)}")
        if is_best:
            progress["least_error"] = judgement.even.error
            run.write("best", learner.average.weights, classes)
        if is_over:
            run.keep({"learner": learner.state(), "progress": progress})
            error = progress["least_error"]
            done = f"{learner.steps} steps, {progress['seen']} pictures"
            log(f"done: {done}; lowest error at equal liveliness {error:.2f}")
            return
        counted, since = 0, time.monotonic()


def judged(learner: Learner, kept: list[Photos], liveliness: float):
    """The scores of the weight average on the validation photos."""
    return judge(kept, learner.objective.classes, learner.scores_of_average, liveliness)


class Log:
    """Prints lines with the seconds since the log was created."""

    def __init__(self):
        self.start = time.monotonic()

    def __call__(self, line: str) -> None:
        print(f"{time.monotonic() - self.start:6.1f} s  {line}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except BadInput as error:
        sys.exit(f"train.py: {error}")

"""The command line of train.py."""

import argparse
from pathlib import Path


def arguments() -> argparse.Namespace:
    """Reads the command line. Ends the program if a value is out of range."""
    parser = argparse.ArgumentParser(description="trains a network of Chromafeed on a GPU or on the CPU")
    add_files(parser)
    add_settings(parser)
    add_machine(parser)
    args = parser.parse_args()
    check(parser, args)
    return args


def add_files(parser: argparse.ArgumentParser) -> None:
    """The files and folders that are read and written."""
    add = parser.add_argument
    add("--photos", type=Path, nargs="+", required=True, help="the folder that the set was made from, or any folders")
    add("--exported", type=Path, required=True, help="the folder that export.js wrote")
    add("--weights", type=Path, help="start from these weights; layers that they do not contain start at random")
    add("--fresh", action="store_true", help="start all layers at random, with batch and spectral norms")
    add("--out", type=Path, required=True, help="folder for weights and checkpoint; an earlier run in it is continued")
    add("--kept", type=float, default=0.007, help="share of the photos used for validation if there is no set")
    add("--limit", type=int, default=0, help="use only about this many photos, for a trial; 0: all")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The settings of the training itself."""
    add = parser.add_argument
    add(
        "--seconds",
        type=float,
        required=True,
        help="how long to train, all runs added up; the learning rate falls along a cosine over this time",
    )
    add("--batch", type=int, default=128, help="pictures per step")
    add("--lr", type=float, default=5e-4, help="highest learning rate of the layers that are not pretrained")
    add("--trunk-lr", "--encoder-lr", type=float, default=1.5e-4, help="highest learning rate of the pretrained layers")
    add("--freeze", type=int, default=0, help="do not train the stem and this many first blocks of efficientnet-lite")
    add("--norm", choices=["kept", "folded"], default="kept", help="train batch norms, or fold them before training")
    add("--decay", type=float, default=0.1, help="weight decay of AdamW")
    add(
        "--objective",
        choices=["rebalanced", "delivered"],
        default="rebalanced",
        help="train the classes of colour, or the picture that the program shows",
    )
    add("--mean-weight", type=float, default=0.2, help="rebalanced: weight of the annealed mean's error")
    add("--liveliness-weight", type=float, default=0.08, help="delivered: decibels per unit of colourfulness, a reward")
    add("--entropy-weight", type=float, default=0.1, help="delivered: weight of the cross-entropy of the classes")
    add(
        "--lambda",
        dest="lambda_",
        metavar="LAMBDA",
        type=float,
        default=0.5,
        help="1: all classes have the same weight; 0: rare colours have much more weight than common ones",
    )
    add("--fresh-scene", action="store_true", help="learn the effect of the scene embedding again from the beginning")
    add("--embedding-dropout", type=float, default=0.3, help="share of the views that get no embedding; 1: all")
    add("--dropout", type=float, default=0.1, help="share of the decoder's channels that are left out of each view")
    add("--average", type=float, default=0.9995, help="share of the weight average that is kept at each step")
    add("--street", type=int, default=2, help="how often each photo of a street is shown per epoch")
    add("--pale", type=int, default=1, help="how often each photo with little colour is shown per epoch")
    add("--seed", type=int, default=1, help="seed of the random order and variations")


def add_machine(parser: argparse.ArgumentParser) -> None:
    """What it computes with, and how often it validates and saves."""
    add = parser.add_argument
    add("--evals", type=int, default=8, help="number of validations, the last at the end; the best weights are kept")
    add("--liveliness", type=float, default=1, help="share of the truth's colourfulness at which the network is scored")
    add("--save-every", type=float, default=600, help="seconds between checkpoints; a stopped run writes one too")
    add("--half", action=argparse.BooleanOptionalAction, help="use bfloat16 (default: on a GPU; few CPUs gain from it)")
    add("--threads", type=int, default=0, help="CPU threads; 0: PyTorch chooses")
    add("--nice", type=int, default=10, help="niceness on the CPU; a higher number lets other programs go first")


def check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Ends the program with the first value that is out of range."""
    for name in ("batch", "street", "pale", "evals"):
        if getattr(args, name) < 1:
            parser.error(f"--{name}: expected 1 or more but got {getattr(args, name)}")
    for name in ("lambda_", "average", "embedding_dropout", "kept"):
        if not 0 <= getattr(args, name) <= 1:
            parser.error(f"--{name.rstrip('_').replace('_', '-')}: expected 0..1 but got {getattr(args, name)}")
    if not 0 <= args.dropout < 1:
        parser.error(f"--dropout: expected 0 or more, less than 1, but got {args.dropout}")
    if not args.seconds > 0:
        parser.error(f"--seconds: expected more than 0 but got {args.seconds}")

"""The command line of train.py."""

import argparse
from pathlib import Path


def arguments() -> argparse.Namespace:
    """Reads the command line; ends the program when something in it is out of range."""
    parser = argparse.ArgumentParser(description="trains a network of Chromafeed, on a GPU or on the processor")
    add_places(parser)
    add_settings(parser)
    add_machine(parser)
    args = parser.parse_args()
    check(parser, args)
    return args


def add_places(parser: argparse.ArgumentParser) -> None:
    """What is read and written."""
    add = parser.add_argument
    add("--photos", type=Path, nargs="+", required=True, help="the folder that the set was made of, or any folders")
    add("--exported", type=Path, required=True, help="the folder that export.js wrote")
    add("--weights", type=Path, help="begins with these, of convert_efficientnet.py; layers that they lack: at random")
    add("--out", type=Path, required=True, help="folder for weights and checkpoint; a run in it goes on")
    add("--kept", type=float, default=0.007, help="share of the photos that judge, where no set says which do")
    add("--limit", type=int, default=0, help="photos, for a trial; 0: all")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """How it learns."""
    add = parser.add_argument
    add(
        "--seconds",
        type=float,
        required=True,
        help="of training, all runs together; the learning rate follows a cosine",
    )
    add("--batch", type=int, default=128, help="pictures a step")
    add("--lr", type=float, default=5e-4, help="greatest, of all layers but the pretrained")
    add("--trunk-lr", "--encoder-lr", type=float, default=1.5e-4, help="greatest, of the pretrained layers")
    add("--freeze", type=int, default=0, help="the stem and so many first blocks of efficientnet-lite stay as they are")
    add("--norm", choices=["kept", "folded"], default="kept", help="batch norms of the weights: trained, or folded")
    add("--decay", type=float, default=0.1, help="of the weights, AdamW's")
    add("--objective", choices=["rebalanced", "delivered"], default="rebalanced", help="classes, or the picture shown")
    add("--mean-weight", type=float, default=0.2, help="rebalanced: of the annealed mean's own error")
    add("--liveliness-weight", type=float, default=0.08, help="delivered: decibels that one unit of colourfulness counts")
    add("--entropy-weight", type=float, default=0.1, help="delivered: of the classes' entropy")
    add(
        "--lambda",
        dest="lambda_",
        metavar="LAMBDA",
        type=float,
        default=0.5,
        help="how far classes are weighed alike, 0..1",
    )
    add("--fresh-scene", action="store_true", help="learns anew what the scene's embedding says of colour")
    add("--embedding-dropout", type=float, default=0.3, help="share of the views that lack the embedding; 1: all")
    add("--dropout", type=float, default=0.1, help="share of the channels of the decoder that a view lacks")
    add("--average", type=float, default=0.9995, help="share of the average of weights that is kept at each step")
    add("--street", type=int, default=2, help="how often photos of streets are shown in an epoch")
    add("--pale", type=int, default=1, help="how often photos of little colour are shown in an epoch")
    add("--seed", type=int, default=1, help="of order and variations")


def add_machine(parser: argparse.ArgumentParser) -> None:
    """What it computes with, and what it tells."""
    add = parser.add_argument
    add("--evals", type=int, default=8, help="how often it is judged, the last time at the end; the best is kept")
    add("--liveliness", type=float, default=1, help="share of the truth's colourfulness at which it is judged")
    add("--save-every", type=float, default=600, help="seconds between checkpoints; it is written when stopped, too")
    add("--half", action=argparse.BooleanOptionalAction, help="bfloat16 (default: on a GPU; few processors gain by it)")
    add("--threads", type=int, default=0, help="of the processor; 0: as PyTorch chooses")
    add("--nice", type=int, default=10, help="on the processor, lets other programs go first")


def check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Ends the program with the first fault."""
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

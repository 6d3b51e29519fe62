# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector detect``: the command's options. The work is in ``detection``.

Imports nothing heavy, so that ``mask_detector --help`` is quick.
"""

from __future__ import annotations

import argparse
import math
import os
from typing import Any

from mask_detector_ros.apps.settings_options import parse_setting
from mask_detector_ros.perception.pipeline_settings import BLUR_MODES, DetectorSettings

RUNTIMES = ("auto", "litert", "onnxruntime", "opencv")
"""As in ``perception.runtimes.CHOICES``, which would import OpenCV; a test compares them."""

EXAMPLES = """examples:
  mask_detector detect street.jpg                     one picture, the result in words
  mask_detector detect photos/ --out annotated        a folder of pictures, drawn
  mask_detector detect walk.mp4 --out . --jsonl walk.jsonl
  mask_detector detect webcam:0                       until Ctrl-C
  mask_detector detect bag:patrol.mcap#/camera/image_raw --jsonl -
  mask_detector detect photos/ --min-score 0.01 --jsonl all.jsonl   for average precision
"""


def add_subcommand(subparsers: Any) -> None:
    """Add ``detect`` to an argparse parser's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "detect",
        help="find faces in pictures, videos, a webcam or bags and tell how masks are worn",
        description=(
            "Finds faces and tells how each wears a mask. Prints a summary; draws with --out, "
            "records with --jsonl. Faces are made unrecognizable in what is drawn (--blur)."
        ),
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(func=run)
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="a picture, a folder of pictures, a video, webcam:N, or a ROS bag",
    )
    _add_output_options(parser)
    _add_engine_options(parser)


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("output").add_argument
    add("--out", metavar="DIR", help="write annotated pictures and videos (mp4) into this folder")
    add("--jsonl", metavar="FILE", help="write one JSON line per frame; - for standard output")
    add("--events", metavar="FILE", help="write one JSON line per change in a person's wearing")
    add(
        "--blur",
        choices=BLUR_MODES,
        help="what is made unrecognizable in annotated pictures (default: eyes)",
    )
    add("--quiet", "-q", action="store_true", help="print nothing but errors")


def _add_engine_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("detection").add_argument
    add(
        "--min-score",
        type=_score,
        metavar="X",
        help="least detector score of a face, 0-1 "
        f"(default: {DetectorSettings().score_threshold:g})",
    )
    add(
        "--set",
        dest="settings",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any setting of the pipeline, as in --set quality.min_width=30; repeatable",
    )
    add("--rate", type=_rate, metavar="HZ", help="take pictures as a sequence at this rate; take "
        "at most so many frames per second of videos and bags")  # fmt: skip
    add("--recursive", action="store_true", help="take the pictures of subfolders, too")
    add("--models", metavar="DIR", help="folder of models (default: those of the package)")
    add("--runtime", choices=RUNTIMES, default="auto", help="what runs the networks (%(default)s)")
    add("--threads", type=_threads, default=min(4, os.cpu_count() or 1), metavar="N",
        help="threads per network (default here: %(default)s)")  # fmt: skip


def _score(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"must lie between 0 and 1, got {text}")
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"must be a positive number, got {text}")
    return value


def _threads(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 256:
        raise argparse.ArgumentTypeError(f"must lie between 1 and 256, got {text}")
    return value


def _setting(text: str) -> tuple[str, Any]:
    try:
        return parse_setting(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    """Carry the command out; the exit code.

    Raises:
        ModelError: the models cannot be used.
        OSError: a result cannot be written.
        ValueError: options that do not go together.
    """
    from mask_detector_ros.apps.detection import Detection

    with Detection(args) as detection:
        return detection.run()

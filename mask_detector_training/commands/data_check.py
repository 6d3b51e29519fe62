# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector data check``: statistics and errors of the training data."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from mask_detector_training.commands.common import (
    DATA_HELP,
    PLOTS,
    SHEETS,
    Subparsers,
    check_image_file,
    check_installed,
)

MAX_DRAWN_PAIRS = 280
SKIP_HELP = "leave out images whose labels or files have faults, and list them, instead of refusing"


def add_subcommand(what: Subparsers) -> None:
    """Add ``check`` to the parts of ``mask_detector data``."""
    check = what.add_parser(
        "check", help="count images and faces, and find leakage between the splits"
    )
    check.add_argument("--data", metavar="DIR", help=DATA_HELP)
    check.add_argument("--skip-faulty", action="store_true", help=SKIP_HELP)
    check.add_argument(
        "--sheet", type=Path, metavar="FILE",
        help="write an image (.png or .jpg) of the near-duplicates of different groups",
    )  # fmt: skip
    check.add_argument(
        "--no-corrections", action="store_true",
        help="count the labels as they are, without the corrections that training applies",
    )  # fmt: skip
    check.set_defaults(func=_check)


def report_faults(faults: Any, where: object, skip_faulty: bool) -> None:
    """Print notes, and what is left out; raise if there are faults and they are not skipped."""
    from mask_detector_training.data.training_data import REMEDY

    for note in faults.notes:
        print(f"mask_detector: {note}", file=sys.stderr)
    if not skip_faulty:
        faults.raise_all(where, REMEDY)
    elif faults.errors:
        print(f"mask_detector: {faults.summary(where)}", file=sys.stderr)


def _check(args: argparse.Namespace) -> int:
    check_installed("scipy")
    from mask_detector_training.data import data_report
    from mask_detector_training.data.datasets import data_root, load_splits
    from mask_detector_training.data.duplicates import near_duplicates
    from mask_detector_training.data.formats.faults import Faults
    from mask_detector_training.data.image_check import sound_records
    from mask_detector_training.data.training_only import (
        describe_folders,
        load_agreement,
        unread_folders,
    )

    if args.sheet:
        check_image_file("--sheet", args.sheet, (*PLOTS, *SHEETS))
    root, faults = data_root(args.data), Faults()
    read = {**load_splits(root, faults=faults), **load_agreement(root, faults)}
    splits = {split: sound_records(part, faults, split) for split, part in read.items()}
    if not args.no_corrections:
        splits, corrected = _correct(splits, root)
    print(data_report.counts_table(splits), end="\n\n")
    if not args.no_corrections and corrected:
        print(corrected, end="\n\n")
    for line in describe_folders(splits.get("train", [])):
        print(line, end="\n\n")
    for folder in unread_folders(root):
        print(f"{folder.name}/ is not read; expected {folder.name}.jsonl in it", end="\n\n")
    records = [record for part in splits.values() for record in part]
    where = [split for split, part in splits.items() for _ in part]
    pairs = near_duplicates(records)
    print(data_report.duplicates_report(pairs, records, where))
    if args.sheet:
        _write_sheet(args.sheet, data_report.order_pairs(pairs, records, where), records, where)
    advice = data_report.class_advice(splits)
    if advice:
        print(f"\n{advice}")
    errors = data_report.find_errors(splits)
    for error in errors:
        print(f"mask_detector: {error}", file=sys.stderr)
    try:
        report_faults(faults, root, args.skip_faulty)
    except ValueError as error:
        print(f"mask_detector: {error}", file=sys.stderr)
        return 1
    return 1 if errors else 0


def _correct(splits: dict[str, list[Any]], root: Path) -> tuple[dict[str, list[Any]], str]:
    """The splits with corrected labels, and what was corrected, as text."""
    from mask_detector_training.data.corrections import Corrections
    from mask_detector_training.markdown_text import table

    corrections = Corrections.load(root)
    rows = [
        (split, c.image, c.old, c.new, c.reason)
        for split, records in splits.items()
        for c in corrections.found(records)
    ]
    outdated = [c.image for records in splits.values() for c in corrections.outdated(records)]
    parts = []
    if rows:
        parts.append(f"{len(rows)} labels are corrected; the files stay as they are:")
        parts.append(table(("split", "image", "label", "corrected", "reason"), rows))
    if outdated:
        parts.append(
            f"{len(outdated)} corrections do not fit the labels any more ({', '.join(outdated)})"
        )
    return {split: corrections.apply(part) for split, part in splits.items()}, "\n\n".join(parts)


def _write_sheet(file: Path, pairs: list[Any], records: list[Any], where: list[str]) -> None:
    import cv2

    from mask_detector_ros.atomic_files import write_atomically
    from mask_detector_training.data.duplicates import contact_sheet

    if not pairs:
        print("\nno near-duplicates of different groups to draw")
        return
    drawn = pairs[:MAX_DRAWN_PAIRS]
    captions = [f"{p.distance}: {where[p.first]}, {where[p.second]}" for p in drawn]
    sheet = contact_sheet(records, drawn, captions)
    write_atomically(file, cv2.imencode(file.suffix, sheet)[1].tobytes())
    print(f"\n{len(drawn)} of {len(pairs)} pairs written to {file}")

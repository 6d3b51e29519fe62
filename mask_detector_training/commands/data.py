# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector data``: conversion, splitting and checking of labeled images."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from mask_detector_training.commands.common import DATA_HELP, Subparsers, check_installed

FORMATS = ("jsonl", "voc", "yolo", "classes", "coco", "cvat", "csv")
WRITTEN_FORMATS = ("jsonl", "voc", "yolo")
SPLITS = ("train", "val", "test")
MAX_DRAWN_PAIRS = 280
FROM_HELP = (
    "format of SRC: jsonl, voc (PASCAL VOC), yolo, classes (one folder of faces per class), coco, "
    "cvat (CVAT for images), or csv; recognized if not given"
)
NAMES_HELP = "status of each class name that is not known, for example face=no_mask,bad=incorrect"
BOX_HELP = (
    "with class folders: the face in each image, as fractions of its width and height "
    "(default: 0,0,1,1, the whole image)"
)
SKIP_HELP = "leave out images whose labels or files have faults, and list them, instead of refusing"


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``data`` to the commands of ``mask_detector``."""
    data = subparsers.add_parser("data", help="convert, split and check labeled images")
    what = data.add_subparsers(dest="what", required=True, metavar="WHAT")

    convert = what.add_parser("convert", help="convert labels and images to another format")
    _add_source(convert)
    convert.add_argument("target", metavar="DST", type=Path, help="new or empty folder")
    convert.add_argument("--to", choices=WRITTEN_FORMATS, required=True, help="format to write")
    convert.set_defaults(func=_convert)

    split = what.add_parser(
        "split", help="split images into train, val and test by duplicate group"
    )
    _add_source(split)
    split.add_argument(
        "--out", type=Path, required=True, metavar="DIR",
        help="folder for train.jsonl, val.jsonl, test.jsonl: new, or the one of the images",
    )  # fmt: skip
    split.add_argument(
        "--val", type=float, default=0.1, metavar="X", help="fraction for val (default: 0.1)"
    )
    split.add_argument(
        "--test", type=float, default=0.15, metavar="X", help="fraction for test (default: 0.15)"
    )
    split.add_argument(
        "--seed", type=int, default=1, metavar="N", help="seed of the random order (default: 1)"
    )
    split.set_defaults(func=_split)

    check = what.add_parser(
        "check", help="count images and faces, and find leakage between the splits"
    )
    check.add_argument("--data", metavar="DIR", help=DATA_HELP)
    check.add_argument("--skip-faulty", action="store_true", help=SKIP_HELP)
    check.add_argument(
        "--sheet", type=Path, metavar="FILE",
        help="write an image (.png or .jpg) of the near-duplicates of different groups",
    )  # fmt: skip
    check.set_defaults(func=_check)


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SRC", type=Path, help="folder or .jsonl file")
    parser.add_argument("--from", dest="format_name", choices=FORMATS, help=FROM_HELP)
    parser.add_argument("--names", default="", metavar="NAME=STATUS,…", help=NAMES_HELP)
    parser.add_argument("--box", default="0,0,1,1", metavar="X,Y,W,H", help=BOX_HELP)
    parser.add_argument("--skip-faulty", action="store_true", help=SKIP_HELP)
    parser.add_argument(
        "--turn-boxes", action="store_true",
        help="turn boxes by the EXIF orientation of the images: for labels drawn in a tool that "
        "shows images as they are stored",
    )  # fmt: skip
    parser.add_argument(
        "--ignore-splits", action="store_true",
        help="take no notice of the splits that SRC states",
    )  # fmt: skip
    parser.add_argument(
        "--link", action="store_true", help="make links to the images instead of copies"
    )


def _read(args: argparse.Namespace) -> dict[str, Any]:
    """Sound records of SRC by split; ``""`` where it states none."""
    from mask_detector_training.data.formats import ReadOptions, read_parts
    from mask_detector_training.data.formats.class_names import ClassNames, parse_names
    from mask_detector_training.data.formats.faults import Faults
    from mask_detector_training.data.image_check import sound_records

    options = ReadOptions(
        args.format_name,
        subset=args.source.resolve().name,
        names=ClassNames(parse_names(args.names)),
        face=_parse_box(args.box),
        turn=args.turn_boxes,
        ignore_splits=args.ignore_splits,
    )
    faults = Faults()
    parts = read_parts(args.source, options, faults)
    parts = {part: sound_records(records, faults, part) for part, records in parts.items()}
    _report(faults, args.source, args.skip_faulty)
    return parts


def _report(faults: Any, where: object, skip_faulty: bool) -> None:
    """Print notes, and what is left out; raise if there are faults and they are not skipped."""
    from mask_detector_training.data.training_data import REMEDY

    for note in faults.notes:
        print(f"mask_detector: {note}", file=sys.stderr)
    if not skip_faulty:
        faults.raise_all(where, REMEDY)
    elif faults.errors:
        print(f"mask_detector: {faults.summary(where)}", file=sys.stderr)


def _parse_box(option: str) -> tuple[float, float, float, float]:
    try:
        x, y, w, h = (float(text) for text in option.split(","))
    except ValueError:
        raise ValueError(f"--box {option}: expected four numbers X,Y,W,H") from None
    if not (0 <= x < x + w <= 1 and 0 <= y < y + h <= 1):
        raise ValueError(f"--box {option}: the face must be inside the image, from 0 to 1")
    return x, y, w, h


def _convert(args: argparse.Namespace) -> int:
    from mask_detector_training.data.formats.dataset_writer import write_dataset

    parts = _read(args)
    write_dataset(args.target, parts, args.to, link=args.link)
    for part, records in parts.items():
        faces = sum(len(record.statuses) for record in records)
        print(f"{part or 'labels'}: {len(records)} images, {faces} faces")
    print(f"written to {args.target}")
    return 0


def _split(args: argparse.Namespace) -> int:
    check_installed("scipy")
    from mask_detector_training.data.data_report import counts_table
    from mask_detector_training.data.formats import HEADS
    from mask_detector_training.data.formats.dataset_writer import write_dataset
    from mask_detector_training.data.formats.jsonl_labels import write_records
    from mask_detector_training.data.splitting import split_parts

    files = {split: args.out / f"{split}.jsonl" for split in SPLITS}
    for file in files.values():
        if file.exists():
            raise ValueError(f"{file} already exists; remove it or name another --out")
    # Rounded, because 1 - 0.7 - 0.3 is not 0.
    fractions = {"train": round(1 - args.val - args.test, 9), "val": args.val, "test": args.test}
    parts = _read(args)
    if parts.pop(HEADS, None):
        print("heads are skipped: their boxes are not face boxes", file=sys.stderr)
    records = [record for part in parts.values() for record in part]
    if not records:
        raise ValueError(f"{args.source} contains no labeled images to split")
    splits = split_parts(parts, fractions, args.seed)
    if set(splits) & set(parts) - {"train"}:
        counts = ", ".join(f"{name} {len(part)}" for name, part in parts.items())
        print(
            f"mask_detector: the splits that {args.source} states are kept ({counts}); "
            "--ignore-splits makes new ones", file=sys.stderr,
        )  # fmt: skip
    out = args.out.resolve()
    if all(out in record.path.resolve().parents for record in records):
        for split, part in splits.items():
            write_records(files[split], part)
    else:
        write_dataset(args.out, splits, "jsonl", link=args.link)
    print(counts_table(splits))
    print(f"\nwritten to {args.out}")
    return 0


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

    if args.sheet and args.sheet.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise ValueError(f"--sheet {args.sheet}: expected a name that ends with .png or .jpg")
    root, faults = data_root(args.data), Faults()
    read = {**load_splits(root, faults=faults), **load_agreement(root, faults)}
    splits = {split: sound_records(part, faults, split) for split, part in read.items()}
    print(data_report.counts_table(splits), end="\n\n")
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
        _report(faults, root, args.skip_faulty)
    except ValueError as error:
        print(f"mask_detector: {error}", file=sys.stderr)
        return 1
    return 1 if errors else 0


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

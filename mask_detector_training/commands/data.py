# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector data``: conversion and splitting of labeled images; see also its other parts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from mask_detector_training.commands import data_check, data_labels
from mask_detector_training.commands.common import SPLITS, Subparsers, check_installed
from mask_detector_training.commands.data_check import SKIP_HELP, report_faults

FORMATS = ("jsonl", "voc", "yolo", "classes", "coco", "cvat", "csv")
WRITTEN_FORMATS = ("jsonl", "voc", "yolo")
FROM_HELP = (
    "format of SRC: jsonl, voc (PASCAL VOC), yolo, classes (one folder of faces per class), coco, "
    "cvat (CVAT for images), or csv; recognized if not given"
)
NAMES_HELP = "status of each class name that is not known, for example face=no_mask,bad=incorrect"
BOX_HELP = (
    "with class folders: the face in each image, as fractions of its width and height "
    "(default: 0,0,1,1, the whole image)"
)


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
    split.add_argument(
        "--keep-together", action="append", default=[], metavar="SOURCE,…",
        help="sources whose images are all in one split, as they show the same people; patterns "
        "such as *rmfd may be used; may be given several times",
    )  # fmt: skip
    split.set_defaults(func=_split)

    data_check.add_subcommand(what)
    data_labels.add_subcommands(what)


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
    report_faults(faults, args.source, args.skip_faulty)
    return parts


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
    families = [option.split(",") for option in args.keep_together]
    splits = split_parts(parts, fractions, args.seed, families)
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

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``mask_detector data``: labeled pictures from other tools, split, and looked over."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from mask_detector_training.commands.common import DATA_HELP, Subparsers

FORMATS = ("jsonl", "voc", "yolo", "classes")
SHEET_PAIRS = 280
FROM_HELP = "format of SRC (default: recognized); classes: one folder of faces per class"
NAMES_HELP = "what class names mean, for example with_mask=correct,foo=ignore"
BOX_HELP = (
    "with class folders: where the face is in each picture, as shares of it "
    "(default: 0,0,1,1, the whole picture)"
)


def add_subcommand(subparsers: Subparsers) -> None:
    """Add ``data`` to the commands of ``mask_detector``."""
    data = subparsers.add_parser("data", help="convert, split and check labeled pictures")
    what = data.add_subparsers(dest="what", required=True, metavar="WHAT")

    convert = what.add_parser("convert", help="write labels in another format, with pictures")
    _add_source(convert)
    convert.add_argument("target", metavar="DST", type=Path, help="new or empty folder")
    convert.add_argument("--to", choices=FORMATS[:3], required=True, help="format to write")
    convert.set_defaults(func=_convert)

    split = what.add_parser("split", help="deal pictures into train, val and test by family")
    _add_source(split)
    split.add_argument(
        "--out", type=Path, required=True,
        help="folder for train.jsonl, val.jsonl, test.jsonl: new, or one that holds the pictures",
    )  # fmt: skip
    split.add_argument("--val", type=float, default=0.1, help="part for val (default: 0.1)")
    split.add_argument("--test", type=float, default=0.15, help="part for test (default: 0.15)")
    split.add_argument("--seed", type=int, default=1, help="of the dealing (default: 1)")
    split.set_defaults(func=_split)

    check = what.add_parser("check", help="count, and find leaks between the splits")
    check.add_argument("--data", help=DATA_HELP)
    check.add_argument(
        "--pictures", type=Path, metavar="FILE",
        help="write near-duplicates of different groups side by side (.png or .jpg)",
    )  # fmt: skip
    check.set_defaults(func=_check)


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SRC", type=Path, help="folder, or .jsonl file")
    parser.add_argument("--from", dest="kind", choices=FORMATS, help=FROM_HELP)
    parser.add_argument("--names", default="", metavar="NAME=STATUS,…", help=NAMES_HELP)
    parser.add_argument("--box", default="0,0,1,1", metavar="X,Y,W,H", help=BOX_HELP)
    parser.add_argument("--link", action="store_true", help="link pictures, do not copy them")


def _read(args: argparse.Namespace) -> dict[str, Any]:
    """Records of SRC by part."""
    from mask_detector_training.data.formats import parts_of, read_labels
    from mask_detector_training.data.formats.class_names import ClassNames, parse_names

    names, face = ClassNames(parse_names(args.names)), _shares(args.box)
    name = args.source.resolve().name
    return {
        part: read_labels(path, kind=args.kind, part=name, names=names, face=face)
        for part, path in parts_of(args.source, args.kind).items()
    }


def _shares(option: str) -> tuple[float, float, float, float]:
    try:
        x, y, w, h = (float(text) for text in option.split(","))
    except ValueError:
        raise ValueError(f"--box {option}: expected four numbers X,Y,W,H") from None
    if not (0 <= x < x + w <= 1 and 0 <= y < y + h <= 1):
        raise ValueError(f"--box {option}: the face must lie in the picture, from 0 to 1")
    return x, y, w, h


def _convert(args: argparse.Namespace) -> int:
    from mask_detector_training.data.formats.store import store

    parts = _read(args)
    store(args.target, parts, args.to, link=args.link)
    for part, records in parts.items():
        faces = sum(len(record.statuses) for record in records)
        print(f"{part or 'labels'}: {len(records)} pictures, {faces} faces")
    print(f"written to {args.target}")
    return 0


def _split(args: argparse.Namespace) -> int:
    from mask_detector_training.data.data_report import counts_table
    from mask_detector_training.data.formats import HEADS
    from mask_detector_training.data.formats.jsonl_labels import write_records
    from mask_detector_training.data.formats.store import store
    from mask_detector_training.data.splitting import split_records

    files = {split: args.out / f"{split}.jsonl" for split in ("train", "val", "test")}
    for file in files.values():
        if file.exists():
            raise ValueError(f"{file} exists already; remove it or name another --out")
    # Rounded, for 1 - 0.7 - 0.3 is not 0.
    shares = {"train": round(1 - args.val - args.test, 9), "val": args.val, "test": args.test}
    parts = _read(args)
    if parts.pop(HEADS, None):
        print("heads are left out: their boxes are not those of faces", file=sys.stderr)
    records = [record for part in parts.values() for record in part]
    if not records:
        raise ValueError(f"{args.source} holds no labeled pictures to split")
    splits = split_records(records, shares, args.seed)
    out = args.out.resolve()
    if all(out in record.path.resolve().parents for record in records):
        for split, file in files.items():
            write_records(file, splits[split])
    else:
        store(args.out, splits, "jsonl", link=args.link)
    print(counts_table(splits))
    print(f"\nwritten to {args.out}")
    return 0


def _check(args: argparse.Namespace) -> int:
    from mask_detector_training.data import data_report
    from mask_detector_training.data.datasets import data_root, load_splits
    from mask_detector_training.data.duplicates import near_duplicates

    if args.pictures and args.pictures.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise ValueError(f"--pictures {args.pictures}: expected a name that ends with .png or .jpg")
    splits = load_splits(data_root(args.data))
    print(data_report.counts_table(splits), end="\n\n")
    records = [record for part in splits.values() for record in part]
    where = [split for split, part in splits.items() for _ in part]
    pairs = near_duplicates(records)
    print(data_report.duplicates_report(pairs, records, where))
    if args.pictures:
        _draw(args.pictures, data_report.order_pairs(pairs, records, where), records, where)
    found = data_report.faults(splits)
    for fault in found:
        print(f"mask_detector: {fault}", file=sys.stderr)
    return 1 if found else 0


def _draw(file: Path, pairs: list[Any], records: list[Any], where: list[str]) -> None:
    import cv2

    from mask_detector_ros.atomic_files import write_whole
    from mask_detector_training.data.duplicates import contact_sheet

    if not pairs:
        print("\nno near-duplicates of different groups to draw")
        return
    shown = pairs[:SHEET_PAIRS]
    captions = [f"{p.distance}: {where[p.first]}, {where[p.second]}" for p in shown]
    sheet = contact_sheet(records, shown, captions)
    write_whole(file, cv2.imencode(file.suffix, sheet)[1].tobytes())
    print(f"\n{len(shown)} of {len(pairs)} pairs drawn in {file}")

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Options and printing shared by the commands of ``mask_detector evaluate``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mask_detector_training.commands.common import (
    DATA_HELP,
    SPLITS,
    add_models,
    check_file,
    whole_count,
)

if TYPE_CHECKING:
    from mask_detector_training.data.datasets import Record


def add_kind(
    kinds: Any,
    name: str,
    about: str,
    run: Callable[[argparse.Namespace], int],
    *options: Callable[[argparse.ArgumentParser], None],
) -> argparse.ArgumentParser:
    """Add a command to those of ``mask_detector evaluate``.

    Args:
        kinds: the subparsers.
        name: name of the command.
        about: what it does, for ``--help``.
        run: does it; returns the exit code.
        options: functions that add the options it shares with others.

    Returns:
        Its parser, for options of its own.
    """
    parser: argparse.ArgumentParser = kinds.add_parser(name, help=about)
    for add in options:
        add(parser)
    parser.set_defaults(func=run)
    return parser


def add_split(parser: argparse.ArgumentParser) -> None:
    """Add ``--data`` and ``--split``, which ``load_records`` reads."""
    parser.add_argument("--data", metavar="DIR", help=DATA_HELP)
    parser.add_argument("--split", choices=SPLITS, default="val")


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options for the split and the models."""
    add_split(parser)
    add_models(parser)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def add_images(parser: argparse.ArgumentParser) -> None:
    """Add ``--labels`` and ``--images``, which ``load_records`` applies."""
    parser.add_argument(
        "--labels", type=Path, metavar="FILE",
        help="evaluate the images of this .jsonl file, such as pool/poolval.jsonl, in place of a "
        "split",
    )  # fmt: skip
    parser.add_argument(
        "--images", type=whole_count, metavar="N",
        help="evaluate N images only, evenly spaced in the split (default: all)",
    )  # fmt: skip


def add_yunet(parser: argparse.ArgumentParser, text: str) -> None:
    """Add ``--yunet``."""
    parser.add_argument("--yunet", type=Path, metavar="FILE", help=text)


def add_plot(parser: argparse.ArgumentParser) -> None:
    """Add ``--plot``."""
    parser.add_argument("--plot", type=Path, metavar="PNG", help="plot the results")


def load_records(args: argparse.Namespace) -> list[Record]:
    """The images of the split or of ``--labels``; with ``--images`` so many of each folder.

    Raises:
        ValueError: the labels cannot be read.
    """
    from mask_detector_training.data.datasets import data_root, load_split

    labels = getattr(args, "labels", None)
    if labels is None:
        records = load_split(data_root(args.data), args.split)
    else:
        records = read_labels(labels, "--labels")
    wanted = getattr(args, "images", None)
    if wanted is None:
        return records
    chosen: list[Record] = []
    for folder in dict.fromkeys(record.folder for record in records):
        part = [record for record in records if record.folder == folder]
        count = min(wanted, len(part))
        chosen += [part[number * len(part) // count] for number in range(count)]
    return chosen


def load_worn(args: argparse.Namespace) -> list[Record]:
    """``load_records``, for commands that need faces whose wear status is labeled.

    Raises:
        ValueError: the labels cannot be read, or no face has a wear status.
    """
    from mask_detector_ros.perception.types import CLASS_LABELS

    records = load_records(args)
    if not any(status in CLASS_LABELS for record in records for status in record.statuses):
        where = getattr(args, "labels", None) or f"the {args.split} split"
        raise ValueError(
            f"{where} has no face whose wear status is labeled; expected faces with one of "
            f"{', '.join(CLASS_LABELS)}"
        )
    return records


def read_labels(file: Path, option: str) -> list[Record]:
    """The images of a ``.jsonl`` file.

    Raises:
        ValueError: it does not exist or cannot be read; names ``option``.
    """
    from mask_detector_training.data.datasets import load_records as read

    check_file(option, file, "a .jsonl file of labels")
    return read(file)


def print_report(report: Mapping[str, Any], args: argparse.Namespace) -> int:
    """Print metrics; those by row below the others, each table with its title."""
    from mask_detector_training.evaluation import as_markdown
    from mask_detector_training.markdown_text import metrics_table

    if args.json:
        return print_json(report)
    tables = {name: value for name, value in report.items() if isinstance(value, Mapping)}
    others = {name: value for name, value in report.items() if name not in tables}
    if others:
        print(as_markdown(others))
    for title, rows in tables.items():
        print(f"\n{title}\n\n{metrics_table(rows) if rows else 'no faces'}")
    return 0


def print_columns(report: Mapping[str, Any], args: argparse.Namespace) -> int:
    """Print a table with one column for each report in ``report``."""
    from mask_detector_training.evaluation import as_markdown

    if args.json:
        return print_json(report)
    print(as_markdown(report))
    return 0


def print_tables(tables: Mapping[str, dict[str, Any]], args: argparse.Namespace) -> int:
    """Print several tables, each with its title."""
    if args.json:
        return print_json(tables)
    for title, table in tables.items():
        print(f"\n{title}\n")
        print_columns(table, args)
    return 0


def print_json(report: Mapping[str, Any]) -> int:
    """Print JSON; NaN, such as the metrics of a class without labels, becomes null."""
    plain = json.loads(json.dumps(report), parse_constant=lambda _: None)
    print(json.dumps(plain, indent=2))
    return 0

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labeled pictures written as a new folder, in the format of one's choice."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from mask_detector_ros.atomic_files import partial
from mask_detector_training.data.formats import voc, yolo
from mask_detector_training.data.formats.image_files import measure
from mask_detector_training.data.formats.jsonl_labels import UNSPLIT, write_records
from mask_detector_training.data.formats.record import Record

WRITTEN = ("jsonl", "voc", "yolo")


def store(target: Path, parts: Mapping[str, Sequence[Record]], to: str, *, link: bool) -> None:
    """Write labels and pictures into a new folder, all of it or nothing.

    Args:
        target: the folder; it must be new or empty.
        parts: records by the name of their split; ``""`` is no split.
        to: one of ``WRITTEN``.
        link: make symbolic links to the pictures instead of copies.

    Raises:
        ValueError: the folder is in use, there is nothing to write, or a picture is missing or
            not of the size its labels tell.
    """
    if not any(parts.values()):
        raise ValueError("there are no labeled pictures to write; check the source")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ValueError(f"{target} is in use; name a new or an empty folder")
    work = partial(target)
    try:
        taken = {"classes"}  # classes.txt is no label file
        for part, records in parts.items():
            _write(work, part, records, to, link, taken)
        if to == "yolo":
            yolo.describe(work, list(parts))
        work.replace(target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _write(
    work: Path, part: str, records: Iterable[Record], to: str, link: bool, taken: set[str]
) -> None:
    # All splits of .jsonl share one folder of pictures.
    folder = work if to == "jsonl" else work / part
    pictures = folder / (voc.PICTURES if to == "voc" else yolo.PICTURES)
    pictures.mkdir(parents=True, exist_ok=True)
    moved = []
    for record in tqdm(records, desc=part or "pictures", unit="picture"):
        size = measure(record.path)
        if size != record.size:
            raise ValueError(
                f"{record.path} is {size[0]} x {size[1]} pixels, but its labels were made for "
                f"{record.size[0]} x {record.size[1]}; restore the picture or correct the labels"
            )
        place = pictures / f"{_free_stem(record.path, taken)}{record.path.suffix}"
        if link:
            place.symlink_to(os.path.abspath(record.path))  # noqa: PTH100 - keeps links as named
        else:
            shutil.copyfile(record.path, place)
        moved.append(replace(record, path=place))
    if to == "jsonl":
        write_records(folder / f"{part or UNSPLIT}.jsonl", moved)
    elif to == "voc":
        voc.write(folder, moved)
    else:
        yolo.write(folder, moved)


def _free_stem(picture: Path, taken: set[str]) -> str:
    """A file name without suffix that no picture has yet: label files are named by it."""
    stem = base = picture.stem
    number = 1
    while stem.casefold() in taken:
        stem = f"{picture.parent.name}_{base}" + (f"_{number}" if number > 1 else "")
        number += 1
    taken.add(stem.casefold())
    return stem

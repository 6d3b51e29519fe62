# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writing labels and images into a new folder in one of several formats."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from mask_detector_ros.atomic_files import temporary_path
from mask_detector_training.data.formats import voc, yolo
from mask_detector_training.data.formats.image_reading import image_size
from mask_detector_training.data.formats.jsonl_labels import UNSPLIT, write_records
from mask_detector_training.data.formats.record import Record

FORMATS = ("jsonl", "voc", "yolo")
"""Formats that can be written."""


def write_dataset(
    target: Path, parts: Mapping[str, Sequence[Record]], format_name: str, *, link: bool
) -> None:
    """Write labels and images into a new folder, completely or not at all.

    Args:
        target: the folder; it must be new or empty.
        parts: records by split; ``""`` for no split.
        format_name: one of ``FORMATS``.
        link: make symbolic links to the images instead of copies.

    Raises:
        ValueError: the folder is not empty, there are no records, or an image is missing or does
            not have the size given by its labels.
    """
    if not any(parts.values()):
        raise ValueError("there are no labeled images to write; check the source")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ValueError(f"{target} is not empty; name a new or an empty folder")
    work = temporary_path(target)
    try:
        used_stems = {"classes"}  # classes.txt is not a label file
        for part, records in parts.items():
            _write_part(work, part, records, format_name, link, used_stems)
        if format_name == "yolo":
            yolo.write_data_yaml(work, list(parts))
        work.replace(target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _write_part(
    work: Path,
    part: str,
    records: Iterable[Record],
    format_name: str,
    link: bool,
    used_stems: set[str],
) -> None:
    # In the .jsonl format all splits share one folder of images.
    folder = work if format_name == "jsonl" else work / part
    images = folder / (voc.IMAGES if format_name == "voc" else yolo.IMAGES)
    images.mkdir(parents=True, exist_ok=True)
    copied = []
    for record in tqdm(records, desc=part or "images", unit="image", delay=1):
        size = image_size(record.path)
        if size != record.size:
            raise ValueError(
                f"{record.path} is {size[0]} x {size[1]} pixels, but its labels are for "
                f"{record.size[0]} x {record.size[1]}; restore the image or correct the labels"
            )
        image = images / f"{_unused_stem(record.path, used_stems)}{record.path.suffix}"
        if link:
            image.symlink_to(os.path.abspath(record.path))  # noqa: PTH100 - keeps links as named
        else:
            shutil.copyfile(record.path, image)
        copied.append(replace(record, path=image))
    if format_name == "jsonl":
        write_records(folder / f"{part or UNSPLIT}.jsonl", copied)
    elif format_name == "voc":
        voc.write(folder, copied)
    else:
        yolo.write(folder, copied)


def _unused_stem(image: Path, used_stems: set[str]) -> str:
    """A file name without suffix that no other image has, as label files are named by it."""
    stem = base = image.stem
    number = 1
    while stem.casefold() in used_stems:
        stem = f"{image.parent.name}_{base}" + (f"_{number}" if number > 1 else "")
        number += 1
    used_stems.add(stem.casefold())
    return stem

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures that show the same photo: scaled, compressed again, relit, mirrored or retouched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from tqdm import tqdm

from mask_detector_ros.perception.types import FloatArray, Image
from mask_detector_training.data.formats.image_files import read_gray
from mask_detector_training.data.formats.record import Record

SIDE = 64
FREQUENCIES = 16
BITS = FREQUENCIES * FREQUENCIES - 1
THRESHOLD = 54
"""Hamming distance up to which two pictures are one photo.

Of the 7281 training pictures, the 59 pairs of different families up to here were looked at: each
is one photo scaled, mirrored or with a mask drawn on, or one person photographed twice in a row.
The first two strangers (studio portraits on white) come at 55, and from 61 on they are most.
Copies at half the size and JPEG quality 40 lie within 46, mirrored ones within 20, brightened
ones within 53, and 99 of 100 copies that lack 2 % of their sides within 51.
"""
BLOCK = 256
"""Rows of distances that are held at a time."""


class Pair(NamedTuple):
    """Two near-duplicates: places in the list of records, and bits that differ."""

    first: int
    second: int
    distance: int


def signature(record: Record) -> FloatArray:
    """Signs of the picture's lowest frequencies: (2, 255) of ±1, as it is and mirrored.

    Raises:
        ValueError: the picture cannot be read, or has another size than its labels tell.
    """
    reduction = max((k for k in (1, 2, 4, 8) if min(record.size) >= k * SIDE), default=1)
    image = read_gray(record.path, reduction)
    expected = np.array(record.size) / reduction
    if np.abs(expected - image.shape[::-1]).max() > 1:
        raise ValueError(
            f"{record.path} is about {image.shape[1] * reduction} x {image.shape[0] * reduction} "
            f"pixels, but its labels were made for {record.size[0]} x {record.size[1]}; restore "
            "the picture or correct the labels"
        )
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = cv2.dct(small)[:FREQUENCIES, :FREQUENCIES]
    # Mirroring a picture turns the sign of its odd horizontal frequencies.
    mirrored = waves * np.where(np.arange(FREQUENCIES) % 2, -1, 1)
    both = np.stack([waves, mirrored]).reshape(2, -1)[:, 1:]  # without the mean
    return np.where(both > 0, np.float32(1), np.float32(-1))


def near_duplicates(records: Sequence[Record], threshold: int = THRESHOLD) -> list[Pair]:
    """All pairs of records whose pictures look the same, nearest first.

    Args:
        records: labeled pictures; only signatures are kept of the pictures.
        threshold: bits of ``BITS`` that may differ.

    Raises:
        ValueError: a picture cannot be read, or is not what its labels were made for.
    """
    if not records:
        return []
    signatures = np.stack([signature(r) for r in tqdm(records, desc="look", unit="picture")])
    as_is, mirrored = signatures[:, 0], signatures[:, 1]
    pairs = []
    for start in range(0, len(records), BLOCK):
        rows = as_is[start : start + BLOCK]
        # Of ±1 the product is equal bits minus different bits: a popcount at the speed of BLAS.
        alike = np.maximum(rows @ as_is[start:].T, rows @ mirrored[start:].T)
        distance = (BITS - alike) / 2
        firsts, seconds = np.nonzero(np.triu(distance <= threshold, 1))
        pairs += [
            Pair(start + int(i), start + int(j), round(float(distance[i, j])))
            for i, j in zip(firsts, seconds, strict=True)
        ]
    return sorted(pairs, key=lambda pair: (pair.distance, pair))


def join_families(records: Sequence[Record], pairs: Sequence[Pair]) -> list[str]:
    """The group of every record after near-duplicates are joined into one."""
    parent = {record.group: record.group for record in records}

    def root(group: str) -> str:
        while parent[group] != group:
            parent[group] = parent[parent[group]]
            group = parent[group]
        return group

    for pair in pairs:
        one, other = sorted((root(records[pair.first].group), root(records[pair.second].group)))
        parent[other] = one
    return [root(record.group) for record in records]


def contact_sheet(
    records: Sequence[Record], pairs: Sequence[Pair], captions: Sequence[str], tile: int = 110
) -> Image:
    """Pairs side by side with their captions, for judging by eye.

    Returns:
        (H, W, 3) uint8 BGR, seven pairs in a row.
    """
    across, gap, head = 7, 6, 16
    down = -(-len(pairs) // across)
    sheet = np.full((down * (tile + head), across * (2 * tile + gap), 3), 255, np.uint8)
    for number, (pair, caption) in enumerate(zip(pairs, captions, strict=True)):
        top, left = number // across * (tile + head), number % across * (2 * tile + gap)
        cv2.putText(
            sheet, caption, (left + 2, top + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (0, 0, 0), 1,
            cv2.LINE_AA,
        )  # fmt: skip
        for column, index in enumerate((pair.first, pair.second)):
            image = records[index].load()
            scale = tile / max(image.shape[:2])
            size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
            small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            x, y = left + column * tile, top + head
            sheet[y : y + size[1], x : x + size[0]] = small
    return sheet

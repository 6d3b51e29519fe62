# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Near-duplicate images: copies that were scaled, compressed, relit, mirrored or retouched.

Each image has a perceptual hash: the signs of its lowest DCT coefficients (Zauner, 2010,
"Implementation and Benchmarking of Perceptual Image Hash Functions").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_training.data.formats.faults import LabelError
from mask_detector_training.data.formats.image_reading import WRONG_SIZE, read_gray
from mask_detector_training.data.formats.record import Record

SIDE = 64
FREQUENCIES = 16
BITS = FREQUENCIES * FREQUENCIES - 1
THRESHOLD = 54
"""Hamming distance up to which two images are near-duplicates.

Among the 7281 training images, the 59 pairs of different groups up to this distance were checked
by eye: each is one photo scaled, mirrored or with a mask drawn on, or one person photographed
twice in a row. The first pair of different people (studio portraits on white) has distance 55,
and from 61 on most pairs are different. Copies at half the size and JPEG quality 40 are within
46, mirrored ones within 20, brightened ones within 53, and 99 of 100 copies that lack 2 % of
their sides within 51.
"""
BLOCK_ROWS = 256
"""Rows of the distance matrix computed at a time."""


class Pair(NamedTuple):
    """Two near-duplicates: indices of the records, and Hamming distance of their hashes."""

    first: int
    second: int
    distance: int


def perceptual_hash(record: Record) -> FloatArray:
    """Signs of the lowest DCT coefficients of an image and of its mirror image: (2, 255) of ±1.

    Raises:
        ValueError: the image cannot be read, or does not have the size given by its labels.
    """
    reduction = max((k for k in (1, 2, 4, 8) if min(record.size) >= k * SIDE), default=1)
    image = read_gray(record.path, reduction)
    expected = np.array(record.size) / reduction
    if np.abs(expected - image.shape[::-1]).max() > 1:
        raise LabelError(
            WRONG_SIZE,
            f"{record.path} is about {image.shape[1] * reduction} x {image.shape[0] * reduction} "
            f"pixels, but its labels are for {record.size[0]} x {record.size[1]}; restore the "
            "image or correct the labels",
        )
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    coefficients = cv2.dct(small)[:FREQUENCIES, :FREQUENCIES]
    # Mirroring an image changes the sign of its odd horizontal frequencies.
    mirrored = coefficients * np.where(np.arange(FREQUENCIES) % 2, -1, 1)
    both = np.stack([coefficients, mirrored]).reshape(2, -1)[:, 1:]  # without the mean
    return np.where(both > 0, np.float32(1), np.float32(-1))


def near_duplicates(records: Sequence[Record], threshold: int = THRESHOLD) -> list[Pair]:
    """All pairs of near-duplicates, nearest first.

    Args:
        records: labeled images; only their hashes are kept in memory.
        threshold: largest Hamming distance, of ``BITS``.

    Raises:
        ValueError: an image cannot be read, or does not have the size given by its labels.
    """
    if not records:
        return []
    progress = tqdm(records, desc="hashing", unit="image", delay=1)
    hashes = np.stack([perceptual_hash(record) for record in progress])
    as_is, mirrored = hashes[:, 0], hashes[:, 1]
    pairs = []
    for start in range(0, len(records), BLOCK_ROWS):
        rows = as_is[start : start + BLOCK_ROWS]
        # The product of ±1 vectors is the number of equal bits minus that of different ones.
        product = np.maximum(rows @ as_is[start:].T, rows @ mirrored[start:].T)
        distance = (BITS - product) / 2
        firsts, seconds = np.nonzero(np.triu(distance <= threshold, 1))
        pairs += [
            Pair(start + int(i), start + int(j), round(float(distance[i, j])))
            for i, j in zip(firsts, seconds, strict=True)
        ]
    return sorted(pairs, key=lambda pair: (pair.distance, pair))


def merge_groups(records: Sequence[Record], pairs: Sequence[Pair]) -> list[str]:
    """The duplicate group of each record after the groups of near-duplicates are merged.

    A merged group has the first name, in alphabetical order, of the groups in it.
    """
    names, group = np.unique([record.group for record in records], return_inverse=True)
    first = group[[pair.first for pair in pairs]]
    second = group[[pair.second for pair in pairs]]
    edges = coo_array((np.ones(len(pairs)), (first, second)), shape=(len(names), len(names)))
    count, component = connected_components(edges, directed=False)
    representative = np.full(count, len(names))
    np.minimum.at(representative, component, np.arange(len(names)))
    return [str(names[representative[component[index]]]) for index in group]


def contact_sheet(
    records: Sequence[Record], pairs: Sequence[Pair], captions: Sequence[str], tile: int = 110
) -> Image:
    """An image of pairs side by side with their captions.

    Returns:
        (H, W, 3) uint8 BGR, seven pairs per row.
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

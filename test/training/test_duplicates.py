# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Near-duplicates: what is found, merged groups, contact sheet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_training.data.datasets import load_split
from mask_detector_training.data.duplicates import (
    THRESHOLD,
    Pair,
    contact_sheet,
    merge_groups,
    near_duplicates,
)
from mask_detector_training.data.formats.record import Record
from support.drawn_data import write_data


def scene(seed: int) -> np.ndarray:
    """Blobs of all sizes, (240, 320, 3)."""
    random = np.random.default_rng(seed)
    image = np.full((240, 320, 3), random.integers(60, 200, 3), np.uint8)
    for _ in range(25):
        center = tuple(int(v) for v in random.integers(0, (320, 240)))
        color = tuple(int(v) for v in random.integers(0, 255, 3))
        cv2.circle(image, center, int(random.integers(6, 60)), color, -1)
    return image


def record(path: Path, image: np.ndarray, parameters: tuple[int, ...] = ()) -> Record:
    assert cv2.imwrite(str(path), image, parameters)
    return Record(
        path=path, folder="faces", heads=False, source="drawn", group=path.stem,
        size=(image.shape[1], image.shape[0]), boxes=np.zeros((0, 4), np.float32), statuses=(),
    )  # fmt: skip


def test_copies_are_found_and_others_are_not(tmp_path: Path) -> None:
    others = [record(tmp_path / f"{seed}.png", scene(seed)) for seed in range(60)]
    first = scene(0)
    small = cv2.resize(first, (170, 128), interpolation=cv2.INTER_AREA)
    relit = cv2.convertScaleAbs(first, alpha=0.7, beta=30)
    copies = [
        record(tmp_path / "jpeg.jpg", first, (cv2.IMWRITE_JPEG_QUALITY, 30)),
        record(tmp_path / "small.jpg", small, (cv2.IMWRITE_JPEG_QUALITY, 50)),
        record(tmp_path / "mirrored.jpg", first[:, ::-1]),
        record(tmp_path / "small_mirrored.bmp", small[:, ::-1]),
        record(tmp_path / "relit.png", relit),
        record(tmp_path / "cut.png", first[4:-4, 5:]),
    ]
    pairs = near_duplicates([*others, *copies])
    found = {(pair.first, pair.second) for pair in pairs}
    group = [0, *range(60, 66)]
    assert found == {(i, j) for i in group for j in group if i < j}
    distances = [pair.distance for pair in pairs]
    assert distances == sorted(distances)
    assert distances[-1] <= THRESHOLD
    assert near_duplicates([]) == []


def test_blocks_do_not_change_what_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [record(tmp_path / f"{n}.png", scene(n % 4)) for n in range(10)]
    whole = near_duplicates(records)
    assert {(p.first, p.second) for p in whole} == {
        (i, j) for i in range(10) for j in range(i + 1, 10) if i % 4 == j % 4
    }
    monkeypatch.setattr("mask_detector_training.data.duplicates.BLOCK_ROWS", 3)
    assert near_duplicates(records) == whole


def test_an_image_of_another_size_than_labeled_is_named(tmp_path: Path) -> None:
    one = record(tmp_path / "a.jpg", scene(1))
    with pytest.raises(ValueError, match=r"a\.jpg is about 320 x 240 .* are for 640 x 480"):
        near_duplicates([replace(one, size=(640, 480))])
    one.path.unlink()
    with pytest.raises(ValueError, match=r"a\.jpg cannot be read as an image"):
        near_duplicates([one])


def test_groups_are_merged(tmp_path: Path) -> None:
    records = load_split(write_data(tmp_path / "data", scenes=3), "train")
    records[5] = replace(records[5], group=records[4].group)
    groups = merge_groups(records, [Pair(1, 3, 10), Pair(3, 4, 20)])
    assert groups[1] == groups[3] == groups[4] == groups[5]
    assert groups[1] == min(records[n].group for n in (1, 3, 4, 5))
    assert len({groups[0], groups[1], groups[2]}) == 3
    assert set(groups) <= {r.group for r in records}


def test_the_sheet_shows_pairs_side_by_side(tmp_path: Path) -> None:
    records = load_split(write_data(tmp_path / "data"), "train")
    pairs = [Pair(0, n, n) for n in range(1, 9)]
    sheet = contact_sheet(records, pairs, [str(pair.distance) for pair in pairs], tile=50)
    assert sheet.shape == (2 * (50 + 16), 7 * 106, 3)
    left = cv2.resize(records[0].load(), (50, 38), interpolation=cv2.INTER_AREA)
    assert np.array_equal(sheet[16:54, :50], left)
    assert np.array_equal(sheet[16 + 66 : 54 + 66, :50], left)
    assert (sheet[66:, 106:] == 255).all()

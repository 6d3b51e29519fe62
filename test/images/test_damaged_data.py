# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Damaged image data of every format give an image or an ImageError, nothing else."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_detector_ros.images import ImageError, decode_compressed, read_image, stored_size
from support.media import save_with_orientation
from support.raw_images import smooth_image

TEMPORARY = tempfile.TemporaryDirectory(prefix="damaged_images_")  # removed at exit
FOLDER = Path(TEMPORARY.name)
KINDS = (
    (".jpg", ()),
    (".jpg", (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)),
    (".png", ()),
    (".webp", ()),
    (".tiff", ()),
    (".gif", ()),
    (".bmp", ()),
    (".ppm", ()),
)


def originals() -> list[bytes]:
    """Complete files of every format, some with an orientation."""
    plain = [cv2.imencode(suffix, smooth_image(), kind)[1].tobytes() for suffix, kind in KINDS]
    turned = [
        save_with_orientation(FOLDER / f"a{suffix}", smooth_image(), 6).read_bytes()
        for suffix in (".jpg", ".png", ".webp", ".tif")
    ]
    return plain + turned


ORIGINALS = originals()


@dataclass
class Compressed:
    """A message with the attributes of sensor_msgs/CompressedImage."""

    format: str
    data: bytes


def damaged(data: bytes, seed: int, changes: int) -> bytes:
    """With bytes changed, removed or inserted, half of them near the beginning."""
    random = np.random.default_rng(seed)
    changed = bytearray(data)
    for _ in range(changes):
        reach = len(changed) if random.random() < 0.5 else min(len(changed), 100)
        at = int(random.integers(reach))
        kind = random.integers(3)
        if kind == 0:
            changed[at] = int(random.integers(256))
        elif kind == 1:
            del changed[at : at + int(random.integers(1, 30))]
        else:
            changed[at:at] = random.bytes(int(random.integers(1, 20)))
    return bytes(changed)


@settings(max_examples=300, deadline=None)
@given(
    original=st.sampled_from(ORIGINALS),
    seed=st.integers(0, 2**32 - 1),
    changes=st.integers(1, 5),
    kept=st.floats(0.01, 1.0),
)
def test_damaged_data(original: bytes, seed: int, changes: int, kept: float) -> None:
    data = damaged(original, seed, changes)
    data = data[: max(1, int(kept * len(data)))]
    path = FOLDER / "damaged"
    path.write_bytes(data)
    message = Compressed("jpeg", data)
    for function in (
        lambda: decode_compressed(message),
        lambda: read_image(path, lambda _: None),
        lambda: read_image(path, lambda _: None, gray=True, reduction=4),
        lambda: stored_size(path),
    ):
        try:
            function()
        except ImageError as error:
            assert str(error) and "OpenCV(" not in str(error)


@pytest.mark.parametrize("number", range(len(ORIGINALS)))
def test_the_size_without_decoding_is_that_of_the_pixels(number: int) -> None:
    path = FOLDER / "whole"
    path.write_bytes(ORIGINALS[number])
    width, height, orientation = stored_size(path)
    expected = (height, width) if orientation < 5 else (width, height)
    assert read_image(path).shape[:2] == expected

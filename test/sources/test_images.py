# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image files: formats, orientation, folders, damaged files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.sources import SourceError, open_source
from support.media import BLUE, GREEN, RED, plain, save, save_with_orientation


def only(path: Path) -> np.ndarray:
    with open_source(path) as source:
        (frame,) = list(source)
    assert frame.image.dtype == np.uint8
    assert frame.image.ndim == 3 and frame.image.shape[2] == 3
    return frame.image


def close_to(pixel: np.ndarray, color: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel.astype(int) - color).max() < 12)


def test_an_image_is_one_frame_without_a_stamp(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", plain(BLUE))
    with open_source(path) as source:
        assert (source.length, source.rate, source.timed) == (1, None, False)
        (frame,) = list(source)
    assert (frame.stamp, frame.index, frame.source) == (0.0, 0, str(path))
    np.testing.assert_array_equal(frame.image, plain(BLUE))


@pytest.mark.parametrize(
    ("orientation", "top_left_moves_to"),
    [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))],
)
def test_images_are_rotated_by_their_exif_orientation(
    tmp_path: Path, orientation: int, top_left_moves_to: tuple[int, int]
) -> None:
    image = plain(BLUE, 64, 32)
    image[:16, :32] = RED
    path = save_with_orientation(tmp_path / "phone.jpg", image, orientation)
    upright = only(path)
    assert upright.shape[:2] == ((32, 64) if orientation in (1, 3) else (64, 32))
    row, column = top_left_moves_to
    assert close_to(upright[5 if row == 0 else -6, 5 if column == 0 else -6], RED)
    assert close_to(upright[-6 if row == 0 else 5, -6 if column == 0 else 5], BLUE)


@pytest.mark.parametrize(
    ("image", "pixel"),
    [
        (np.full((8, 8), 90, np.uint8), (90, 90, 90)),
        (np.full((8, 8), 90 * 257, np.uint16), (90, 90, 90)),
        (np.full((8, 8, 3), (0, 257 * 50, 257 * 200), np.uint16), (0, 50, 200)),
        (np.full((8, 8, 4), (10, 20, 30, 255), np.uint8), (10, 20, 30)),
        (np.full((8, 8, 4), (2570, 5140, 7710, 65535), np.uint16), (10, 20, 30)),
    ],
    ids=["gray", "gray16", "color16", "alpha", "alpha16"],
)
def test_any_bit_depth_and_channels_become_bgr(
    tmp_path: Path, image: np.ndarray, pixel: tuple[int, int, int]
) -> None:
    assert close_to(only(save(tmp_path / "x.png", image))[4, 4], pixel)


def test_a_folder_is_read_in_natural_order(tmp_path: Path) -> None:
    for name in ("img10.png", "img2.jpg", "IMG1.PNG", "notes.txt", ".hidden.png"):
        (tmp_path / name).touch() if name.endswith("txt") else save(tmp_path / name)
    save(tmp_path / "sub" / "below.png")
    with open_source(f"{tmp_path}/") as source:
        assert source.length == 3
        frames = list(source)
        assert [frame.source for frame in frames] == [
            f"{tmp_path}/{name}" for name in ("IMG1.PNG", "img2.jpg", "img10.png")
        ]
        assert [frame.index for frame in frames] == [0, 1, 2]
        assert not source.timed
    with open_source(tmp_path, recursive=True) as source:
        assert f"{tmp_path}/sub/below.png" in [frame.source for frame in source]


def test_a_rate_makes_a_sequence_of_images(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / f"{number}.png")
    with open_source(tmp_path, rate=4) as source:
        assert source.timed and source.rate == 4
        assert [frame.stamp for frame in source] == [0.0, 0.25, 0.5]
        assert len(list(source)) == 3, "each iteration starts at the first image"


def test_damaged_images_of_a_folder_are_skipped(tmp_path: Path) -> None:
    save(tmp_path / "1.png", plain(GREEN))
    (tmp_path / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n but nothing more")
    (tmp_path / "3.jpg").write_bytes(b"")
    save(tmp_path / "4.png", plain(BLUE))
    warnings: list[str] = []
    with open_source(tmp_path, warn=warnings.append) as source:
        frames = list(source)
        assert source.skipped == 2
        assert len(list(source)) == 2, "in the second iteration"
    assert [frame.index for frame in frames] == [0, 3]
    assert "2.png" in warnings[0] and "damaged" in warnings[0]
    assert "3.jpg" in warnings[1] and "empty" in warnings[1]


def test_warnings_of_many_damaged_images_are_limited(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number}.jpg").write_bytes(b"not an image")
    warnings: list[str] = []
    with (
        open_source(tmp_path, warn=warnings.append) as source,
        pytest.raises(SourceError, match="none of the 40"),
    ):
        list(source)
    assert source.skipped == 40
    assert len(warnings) < 15 and "not listed" in warnings[-1]


def test_a_single_damaged_image_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 rubbish")
    with pytest.raises(SourceError, match=r"broken\.jpg cannot be decoded"):
        list(open_source(path))


def test_an_image_needs_no_suffix(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png").rename(tmp_path / "download")
    assert only(path).shape == (48, 64, 3)


def test_file_names_with_special_characters(tmp_path: Path) -> None:
    with open_source(save(tmp_path / "얼굴 #1%d.png").parent) as source:
        assert [Path(frame.source).name for frame in source] == ["얼굴 #1%d.png"]

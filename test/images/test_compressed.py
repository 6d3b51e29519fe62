# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compressed image messages: JPEG and PNG of all kinds, and what is left of damaged ones."""

from __future__ import annotations

import array
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pytest

from mask_detector_ros.images import BitDepth, ImageError, decode_compressed, decode_message
from support.raw_images import bayer, raw_image, smooth_image


@dataclass
class Compressed:
    """A message with the attributes of sensor_msgs/CompressedImage."""

    format: str
    data: Any


def encoded(image: np.ndarray, suffix: str, options: tuple[int, ...] = ()) -> bytes:
    return cv2.imencode(suffix, image, options)[1].tobytes()


def noisy(width: int = 320, height: int = 240) -> np.ndarray:
    """An image whose JPEG has about as many bytes for each row."""
    noise = np.random.default_rng(0).integers(0, 40, (height, width, 3), np.uint8)
    x, y = np.meshgrid(np.arange(width) // 3, np.arange(height) // 2)
    return cv2.add(np.stack([60 + x, 180 - y, 40 + x // 2 + y], -1).astype(np.uint8), noise)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("container", [bytes, lambda data: array.array("B", data)])
def test_color_images(suffix: str, container: Any) -> None:
    message = Compressed(
        f"rgb8; {suffix} compressed bgr8", container(encoded(smooth_image(), suffix))
    )
    difference = np.abs(decode_message(message).astype(int) - smooth_image()).max()
    assert difference <= (0 if suffix == ".png" else 12)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_gray_images(suffix: str) -> None:
    gray = cv2.cvtColor(smooth_image(), cv2.COLOR_BGR2GRAY)
    message = Compressed("yuv422_yuy2; jpeg compressed mono8", encoded(gray, suffix))
    decoded = decode_compressed(message)
    assert decoded.shape == smooth_image().shape
    assert np.abs(decoded.astype(int) - gray[..., None]).max() <= 4


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("gray", [True, False])
def test_16_bit_png(bits: int, gray: bool) -> None:
    image = smooth_image()
    image[:4, :4] = 255
    if gray:
        image[...] = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None]
    deep = image.astype(np.uint16) * 257 >> (16 - bits)
    data = encoded(deep[..., 0] if gray else deep, ".png")
    decoded = decode_compressed(Compressed("mono16; png compressed mono16", data))
    assert np.abs(decoded.astype(int) - image).max() <= 1
    dark = BitDepth(16)
    assert decode_compressed(Compressed("png", data), dark).max() == 255 >> (16 - bits)


def test_alpha_is_dropped() -> None:
    data = encoded(cv2.cvtColor(smooth_image(), cv2.COLOR_BGR2BGRA), ".png")
    assert np.array_equal(
        decode_compressed(Compressed("bgra8; png compressed", data)), smooth_image()
    )


@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
@pytest.mark.parametrize("bits", ["8", "16"])
def test_bayer_pixels_become_colors(pattern: str, bits: str) -> None:
    mosaic = bayer(smooth_image(), pattern)
    data = encoded(mosaic if bits == "8" else mosaic.astype(np.uint16) * 257, ".png")
    name = f"bayer_{pattern}{bits}"
    expected = decode_message(raw_image(smooth_image(), f"bayer_{pattern}8"))
    for text in (f"{name}; png compressed ", f"{name}; png compressed {name}"):
        assert np.array_equal(decode_compressed(Compressed(text, data)), expected), text
    gray = decode_compressed(Compressed(f"{name}; png compressed mono8", data))
    assert np.array_equal(gray, cv2.cvtColor(mosaic, cv2.COLOR_GRAY2BGR))


def test_a_jpeg_that_lost_its_end_is_used_with_a_warning() -> None:
    data = encoded(noisy(), ".jpg")
    for cut in (data[:-2], data[:-30], data[: len(data) * 96 // 100]):
        warnings: list[str] = []
        decoded = decode_compressed(Compressed("jpeg", cut), warn=warnings.append)
        whole = decode_compressed(Compressed("jpeg", data))
        rows = int(0.9 * len(whole))
        assert np.array_equal(decoded[:rows], whole[:rows])
        assert len(warnings) == 1 and "truncated" in warnings[0]


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_much_missing_is_refused(suffix: str) -> None:
    data = encoded(noisy(), suffix)
    with pytest.raises(ImageError, match=r"truncated: \d+ bytes of (JPEG|PNG), \d\d % .* missing"):
        decode_compressed(Compressed("jpeg", data[: len(data) // 2]))


def test_a_progressive_jpeg_without_its_fine_scans_is_truncated() -> None:
    data = encoded(noisy(), ".jpg", (cv2.IMWRITE_JPEG_PROGRESSIVE, 1))
    with pytest.raises(ImageError, match=r"truncated: \d+ bytes of JPEG, 100 % .* coarse"):
        decode_compressed(Compressed("jpeg", data[: len(data) // 2]))


@pytest.mark.parametrize("text", ["h264", "theora", "", "png", "mono16; png compressed"])
def test_the_data_are_believed_more_than_the_format(text: str) -> None:
    data = encoded(smooth_image(), ".jpg")
    expected = decode_compressed(Compressed("jpeg", data))
    assert np.array_equal(decode_compressed(Compressed(text, data)), expected)


@pytest.mark.parametrize(
    ("text", "data", "words"),
    [
        ("jpeg", b"", "format 'jpeg' is empty: 0 bytes"),
        ("jpeg", b"garbage", "7 bytes with format 'jpeg' are not a JPEG or PNG"),
        ("png", b"\xff\xd8\xff\xe0" + bytes(50), "not a JPEG or PNG .*beginning of one"),
        ("h264", b"\0\0\0\x01\x67", "'h264' is a video stream"),
        ("16UC1; compressedDepth png", bytes(20), "is a depth image, not a color image"),
    ],
)
def test_what_is_no_image_is_named(text: str, data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        decode_compressed(Compressed(text, data))


def test_libraries_write_nothing_about_damaged_images(capfd: pytest.CaptureFixture[str]) -> None:
    for suffix in (".jpg", ".png", ".webp", ".tiff"):
        data = encoded(noisy(), suffix)
        for cut in (len(data) * 97 // 100, len(data) // 2, 50):
            try:
                decode_compressed(Compressed("x", data[:cut]))
            except ImageError as error:
                assert "OpenCV(" not in str(error)
    assert capfd.readouterr() == ("", "")

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images, raw and compressed, to distances."""

from __future__ import annotations

import struct
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mask_detector_ros.images import ImageError, decode_depth
from mask_detector_ros.images.rvl import decode_rvl
from support.raw_images import RawImage

METERS = np.array([[0.5, 1.25, 0.0], [2.0, 3.75, 8.0]])


class Compressed:
    """A message with the attributes of sensor_msgs/CompressedImage."""

    def __init__(self, text: str, data: bytes) -> None:
        self.format, self.data = text, data


def raw(kind: str, encoding: str, counts: np.ndarray, padding: int = 0) -> RawImage:
    rows = counts.astype(kind).view(np.uint8).reshape(len(counts), -1)
    data = np.pad(rows, ((0, 0), (0, padding)), constant_values=9)
    big = kind.startswith(">")
    return RawImage(encoding, counts.shape[1], len(counts), data.shape[1], big, data.tobytes())


def png(counts: np.ndarray) -> bytes:
    return cv2.imencode(".png", counts.astype(np.uint16))[1].tobytes()


def quantized(meters: np.ndarray, a: float, b: float) -> np.ndarray:
    """As compressed_depth_image_transport quantizes float images: A / depth + B, 0 where none."""
    safe = np.where(meters > 0, meters, 1.0)
    return np.where(meters > 0, np.rint(a / safe + b), 0).astype(np.uint16)


def rvl(counts: np.ndarray) -> bytes:
    """Encode as in the paper, pixel by pixel."""
    nibbles: list[int] = []

    def put(value: int) -> None:
        while True:
            rest = value >> 3
            nibbles.append(value & 7 | (8 if rest else 0))
            value = rest
            if not rest:
                return

    pixels = [int(value) for value in counts.reshape(-1)]
    at, last = 0, 0
    while at < len(pixels):
        start = at
        while at < len(pixels) and pixels[at] == 0:
            at += 1
        put(at - start)
        start = at
        while at < len(pixels) and pixels[at] != 0:
            at += 1
        put(at - start)
        for value in pixels[start:at]:
            difference = value - last
            put(2 * difference if difference >= 0 else -2 * difference - 1)
            last = value
    nibbles += [0] * (-len(nibbles) % 8)
    words = [
        sum(nibble << (28 - 4 * place) for place, nibble in enumerate(nibbles[i : i + 8]))
        for i in range(0, len(nibbles), 8)
    ]
    size = struct.pack("<ii", counts.shape[1], counts.shape[0])
    return size + struct.pack(f"<{len(words)}I", *words)


@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize(
    ("kind", "encoding", "scale"),
    [
        ("<f4", "32FC1", 1),
        (">f4", "32FC1", 1),
        ("<u2", "16UC1", 1000),
        (">u2", "16UC1", 1000),
        ("<u2", "mono16", 1000),
        ("<u2", " 16uc1", 1000),
        ("<f8", "64FC1", 1),
    ],
)
def test_raw_depth(kind: str, encoding: str, scale: int, padding: int) -> None:
    counts, unit = decode_depth(raw(kind, encoding, METERS * scale, padding))
    assert counts * unit == pytest.approx(METERS)


def test_another_unit() -> None:
    counts, unit = decode_depth(raw("<u2", "16UC1", METERS * 4000), 0.00025)
    assert counts * unit == pytest.approx(METERS)


def test_raw_depth_is_not_copied() -> None:
    message = raw("<u2", "16UC1", METERS * 1000)
    message.data = np.frombuffer(message.data, np.uint8)
    assert np.shares_memory(decode_depth(message)[0], message.data)


@pytest.mark.parametrize("text", ["16UC1; compressedDepth png", "16UC1; compressedDepth"])
def test_compressed_16_bit_depth(text: str) -> None:
    message = Compressed(text, bytes(12) + png(METERS * 1000))
    counts, unit = decode_depth(message)
    assert counts * unit == pytest.approx(METERS)


@pytest.mark.parametrize("codec", ["png", "rvl"])
def test_compressed_float_depth(codec: str) -> None:
    a, b = 100 * 101.0, 1 - 100 * 101.0 / 10
    counts = quantized(METERS, a, b)
    data = struct.pack("<iff", 0, a, b) + (png(counts) if codec == "png" else rvl(counts))
    meters, unit = decode_depth(Compressed(f"32FC1; compressedDepth {codec}", data))
    assert unit == 1.0 and meters.dtype == np.float32
    expected = np.where(METERS > 0, METERS, np.nan)
    np.testing.assert_allclose(meters, expected, rtol=0.01)


@given(seed=st.integers(0, 2**32 - 1), width=st.integers(1, 40), height=st.integers(1, 40))
def test_rvl(seed: int, width: int, height: int) -> None:
    random = np.random.default_rng(seed)
    counts = random.integers(0, 65536, (height, width)) * (random.random((height, width)) < 0.6)
    message = Compressed("16UC1; compressedDepth rvl", bytes(12) + rvl(counts))
    assert np.array_equal(decode_depth(message)[0], counts)


@given(data=st.binary(max_size=200))
def test_damaged_rvl_is_refused(data: bytes) -> None:
    try:
        decode_rvl(struct.pack("<ii", 9, 9) + data)
    except ImageError as error:
        assert "truncated" in str(error) or "damaged" in str(error)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (RawImage("bgr8", 1, 1, 3, 0, bytes(3)), "'bgr8' are not supported; .*32FC1"),
        (RawImage("32FC1", 0, 0, 0, 0, b""), "empty: 0x0"),
        (RawImage("32FC1", 3, 2, 12, 0, bytes(23)), "truncated: 23 bytes"),
        (RawImage("16UC1", 3, 2, 4, 0, bytes(24)), "truncated"),
        (Compressed("16UC1; jpeg compressed mono8", bytes(100)), "JPEG cannot carry depth"),
        (Compressed("16UC1; compressedDepth png", b""), "0 bytes is not a PNG"),
        (Compressed("rgb8; jpeg compressed bgr8", bytes(9)), "'rgb8' are not supported"),
        (
            Compressed("16UC1; compressedDepth png", bytes(12) + png(np.ones((99, 99)))[:60]),
            "cannot be decoded: .* missing",
        ),
        (Compressed("32FC1; compressedDepth png", png(METERS * 1000)), "lacks the header"),
        (Compressed("16UC1; compressedDepth rvl", bytes(14)), "truncated"),
        (Compressed("16UC1; compressedDepth rvl", bytes(12) + b"\xff" * 8), "damaged: its size"),
    ],
)
def test_what_cannot_be_read_is_named(message: Any, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        decode_depth(message)

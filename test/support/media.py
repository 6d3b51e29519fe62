# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image and video files for tests."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_ros.resources import find_resource

GREEN, BLUE, RED = (0, 200, 0), (200, 0, 0), (0, 0, 200)


def plain(color: tuple[int, int, int] = GREEN, width: int = 64, height: int = 48) -> np.ndarray:
    """(height, width, 3) uint8 BGR of one color."""
    return np.full((height, width, 3), color, np.uint8)


def demo_frame(index: int = 0) -> Image:
    """A frame of the demo clip."""
    video = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    video.set(cv2.CAP_PROP_POS_FRAMES, index)
    ok, image = video.read()
    video.release()
    assert ok, f"the demo clip has no frame {index}"
    return np.asarray(image, np.uint8)


def save(path: Path, image: np.ndarray | None = None) -> Path:
    """Write an image file in the format of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), plain() if image is None else image)
    return path


def exif_with_orientation(orientation: int, order: str = "<") -> bytes:
    """EXIF data with one tag, the orientation; "<" or ">" is the byte order."""
    tag = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    directory = struct.pack(order + "H", 1) + tag + struct.pack(order + "I", 0)
    start = b"II*\0" if order == "<" else b"MM\0*"
    return start + struct.pack(order + "I", 8) + directory


def save_with_orientation(path: Path, image: np.ndarray, orientation: int) -> Path:
    """Write a JPEG, PNG, WebP or TIFF, by the suffix, with an EXIF orientation."""
    exif = exif_with_orientation(orientation, "<" if orientation % 2 else ">")
    writers = {".png": _png, ".webp": _webp, ".tif": _tiff}
    path.write_bytes(writers.get(path.suffix, _jpeg)(image, exif, orientation))
    return path


def _jpeg(image: np.ndarray, exif: bytes, orientation: int) -> bytes:
    jpeg = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 100))[1].tobytes()
    content = b"Exif\0\0" + exif
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def _png(image: np.ndarray, exif: bytes, orientation: int) -> bytes:
    png = cv2.imencode(".png", image)[1].tobytes()
    return png[:33] + png_chunk(b"eXIf", exif) + png[33:]  # after the signature and IHDR


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def _webp(image: np.ndarray, exif: bytes, orientation: int) -> bytes:
    pixels = cv2.imencode(".webp", image, (cv2.IMWRITE_WEBP_QUALITY, 101))[1].tobytes()[12:]
    height, width = image.shape[:2]
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    header = b"VP8X" + struct.pack("<II", 10, 8) + size  # 8: has EXIF data
    content = b"WEBP" + header + pixels + b"EXIF" + struct.pack("<I", len(exif)) + exif
    return b"RIFF" + struct.pack("<I", len(content)) + content


def _tiff(image: np.ndarray, exif: bytes, orientation: int) -> bytes:
    """Without compression."""
    height, width = image.shape[:2]
    pixels = image[..., ::-1].tobytes()
    entries = [
        (0x100, 4, 1, width),
        (0x101, 4, 1, height),
        (0x102, 3, 3, 8 + len(pixels)),  # bits of the channels
        (0x103, 3, 1, 1),
        (0x106, 3, 1, 2),  # RGB
        (0x111, 4, 1, 8),  # start of the pixels
        (0x112, 3, 1, orientation),
        (0x115, 3, 1, 3),
        (0x116, 4, 1, height),
        (0x117, 4, 1, len(pixels)),
    ]
    bits = struct.pack("<HHH", 8, 8, 8)
    directory = struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        short = kind == 3 and count == 1
        directory += struct.pack("<HHI", tag, kind, count)
        directory += struct.pack("<HH", value, 0) if short else struct.pack("<I", value)
    start = struct.pack("<I", 8 + len(pixels) + len(bits))
    return b"II*\0" + start + pixels + bits + directory + struct.pack("<I", 0)


def save_video(path: Path, frames: Iterable[np.ndarray], rate: float = 20.0) -> Path:
    """Write a video, mp4 or avi by its suffix."""
    codec = cv2.VideoWriter.fourcc(*("MJPG" if path.suffix == ".avi" else "mp4v"))
    frames = list(frames)
    size = (frames[0].shape[1], frames[0].shape[0])
    writer = cv2.VideoWriter(str(path), codec, rate, size)
    assert writer.isOpened(), "this OpenCV cannot write videos"
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path

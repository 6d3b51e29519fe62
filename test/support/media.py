# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image and video files for tests."""

from __future__ import annotations

import struct
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


def save_with_orientation(path: Path, image: np.ndarray, orientation: int) -> Path:
    """Write a JPEG whose EXIF block has one tag, the orientation."""
    jpeg = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, 100))[1].tobytes()
    tag = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    directory = struct.pack("<H", 1) + tag + struct.pack("<I", 0)
    exif = b"Exif\0\0" + b"II*\0" + struct.pack("<I", 8) + directory
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    path.write_bytes(jpeg[:2] + segment + jpeg[2:])
    return path


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

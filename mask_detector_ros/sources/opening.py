# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From what a user names to a source of frames."""

from __future__ import annotations

import math
from pathlib import Path

import cv2

from mask_detector_ros.atomic_files import is_utf8
from mask_detector_ros.sources import bags, pictures, video
from mask_detector_ros.sources.base import Source, SourceError, Warn
from mask_detector_ros.sources.webcam import WebcamSource

ACCEPTED = (
    "a picture, a folder of pictures, a video, webcam:N, or a ROS bag (bag:PATH, optionally "
    "bag:PATH#/topic)"
)


def open_source(
    spec: str | Path,
    *,
    rate: float | None = None,
    recursive: bool = False,
    warn: Warn | None = None,
) -> Source:
    """Open pictures, a video, a camera or a bag as frames.

    Args:
        spec: path of a picture, of a folder of pictures, of a video or of a ROS bag;
            ``webcam:0``; ``bag:PATH`` or ``bag:PATH#/topic``.
        rate: Hz. Pictures become a sequence that runs at this rate; of videos and bags at
            most so many frames per second are taken; a camera is asked for it.
        recursive: take the pictures of subfolders too.
        warn: told in one line of what is passed over; the log by default.

    Raises:
        SourceError: it does not exist, cannot be opened, or is nothing of the above.
        ValueError: the rate is not a positive number.
    """
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"rate must be a positive number of frames per second, got {rate}")
    name = str(spec)
    scheme, _, rest = name.partition(":")
    if scheme == "webcam":
        if not (rest.isdecimal() or rest.startswith("/dev/")):
            raise SourceError(f"{name}: after webcam: comes a number, as in webcam:0")
        return WebcamSource(name, rest, rate, warn)
    if scheme == "bag":
        path, separator, topic = rest.partition("#/")
        return bags.BagSource(name, Path(path), f"/{topic}" if separator else None, rate, warn)
    return _open_path(name, rate, recursive, warn)


def _looks_like_picture(name: str) -> bool:
    """Whether the first bytes of the file are those of a picture."""
    try:
        return is_utf8(name) and bool(cv2.haveImageReader(name))
    except cv2.error:
        return False


def _open_path(name: str, rate: float | None, recursive: bool, warn: Warn | None) -> Source:
    path = Path(name)
    if not name or not path.exists():
        raise SourceError(f"{name or 'an empty path'} does not exist; accepted is {ACCEPTED}")
    if bags.is_bag(path):
        return bags.BagSource(name, path, None, rate, warn)
    if path.is_dir():
        return pictures.PictureSource.folder(name, recursive, rate, warn)
    suffix = path.suffix.lower()
    if suffix in video.SUFFIXES:
        return video.VideoSource(name, rate, warn)
    if suffix in pictures.SUFFIXES:
        return pictures.PictureSource.single(name, rate, warn)
    if _looks_like_picture(name):
        return pictures.PictureSource.single(name, rate, warn)
    raise SourceError(
        f"{name}: a file ending in {suffix!r} is neither a picture nor a video; accepted is "
        f"{ACCEPTED}"
    )

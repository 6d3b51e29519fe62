# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Opens a source of frames by its path or name."""

from __future__ import annotations

import math
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mask_detector_ros.sources import bags, images, video
from mask_detector_ros.sources.bag_files import METADATA, is_bag
from mask_detector_ros.sources.base import Source, SourceError, Warn
from mask_detector_ros.sources.folders import is_image, read_folder
from mask_detector_ros.sources.streams import SCHEMES, StreamSource, is_url, without_secrets
from mask_detector_ros.sources.webcam import WebcamSource

ACCEPTED = (
    "an image, a folder of images, a video, webcam:N, a stream (rtsp://, http:// …), or a ROS bag "
    "(bag:PATH, optionally bag:PATH#/topic)"
)


def open_source(
    spec: str | Path,
    *,
    rate: float | None = None,
    recursive: bool = False,
    warn: Warn | None = None,
) -> Source:
    """Open images, a video, a camera, a stream or a ROS bag.

    Args:
        spec: path of an image, a folder of images, a video or a ROS bag; ``webcam:0``;
            ``rtsp://…``, ``http://…`` and the like; ``bag:PATH`` or ``bag:PATH#/topic``. A path
            that exists goes before all others.
        rate: frames per second. Images become a sequence at this rate, videos and bags are
            reduced to it, a camera is set to it.
        recursive: also read the images of subfolders.
        warn: called with one line for every file or frame that is skipped; logs by default.

    Raises:
        SourceError: it does not exist, cannot be opened, or is none of the above.
        ValueError: the rate is not a positive number.
    """
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"rate must be a positive number of frames per second, got {rate}")
    name = str(spec)
    if name and _exists(name):  # first: a file may be called webcam:0 or 10:00.mp4
        return _open_path(name, rate, recursive, warn)
    if is_url(name):
        return _open_url(name, rate, recursive, warn)
    scheme, _, rest = name.partition(":")
    if scheme == "webcam":
        if not (rest.isdecimal() or rest.startswith("/dev/")):
            raise SourceError(f"{name}: expected a number after webcam:, such as webcam:0")
        return WebcamSource(name, rest, rate, warn)
    if scheme == "bag":
        path, separator, topic = rest.partition("#/")
        if not path:
            raise SourceError(f"{name}: expected a path after bag:, such as bag:patrol/#/image_raw")
        if not separator and "#" in path and not _exists(path):  # the slash was forgotten
            path, separator, topic = path.rpartition("#")
        return bags.BagSource(name, Path(path), f"/{topic}" if separator else None, rate, warn)
    if name and Path(name).is_symlink():
        raise SourceError(f"{name} is a link to {Path(name).readlink()}, which does not exist")
    raise SourceError(f"{name or 'an empty path'} does not exist; expected {ACCEPTED}")


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError as error:
        raise SourceError(f"{name[:80]}… is not a path: {error.strerror}") from error


def _open_url(url: str, rate: float | None, recursive: bool, warn: Warn | None) -> Source:
    scheme = url.partition(":")[0].lower()
    if scheme in SCHEMES:
        return StreamSource(url, rate, warn)
    if scheme == "file":
        return open_source(
            url2pathname(urlsplit(url).path), rate=rate, recursive=recursive, warn=warn
        )
    raise SourceError(
        f"{without_secrets(url)}: {scheme}:// is not read; expected one of "
        f"{', '.join(f'{known}://' for known in SCHEMES)}"
    )


def _has_images(path: Path) -> bool:
    """Whether a path is a folder of images in which there is also a file of a bag."""
    unfinished = path.is_dir() and not (path / METADATA).is_file()
    return unfinished and bool(read_folder(path, recursive=False).images)


def _open_path(name: str, rate: float | None, recursive: bool, warn: Warn | None) -> Source:
    path = Path(name)
    if path.is_char_device() and path.name.startswith("video"):
        return WebcamSource(name, name, rate, warn)
    if path.name == METADATA and path.is_file():
        path = path.parent
    if is_bag(path) and not _has_images(path):
        return bags.BagSource(name, path, None, rate, warn)
    if path.is_dir():
        return images.ImageSource.folder(name, recursive, rate, warn)
    if not path.is_file():
        raise SourceError(f"{name} is a pipe or device, not a file; copy its content to a file")
    if is_image(path):
        return images.ImageSource.single(name, rate, warn)
    if path.suffix.lower() in video.SUFFIXES or video.looks_like_video(path):
        return video.VideoSource(name, rate, warn)
    raise SourceError(
        f"{name}: a file ending in {path.suffix!r} is neither an image nor a video that OpenCV "
        f"can read; expected {ACCEPTED}"
    )

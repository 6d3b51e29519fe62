# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images of a recorded ROS bag, read with rosbags and rosbags-image, without ROS."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_ros.sources.base import Frame, FrameThrottle, Source, SourceError, Warn

SUFFIXES = frozenset({".mcap", ".db3", ".bag"})
RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
HALF_CHROMA = ("nv12", "nv21")
"""Encodings whose data have half as many rows of chroma below the rows of luma."""

CHANNEL_ENCODINGS = {"8UC1": "mono8", "8UC3": "bgr8", "16UC1": "mono16"}
"""Encodings that only state type and channels -> the image encoding they stand for."""

INSTALL = "pip install 'mask-detector-ros[bags]'"


def is_bag(path: Path) -> bool:
    """Whether a path is a bag: its folder, or one of its files."""
    return path.suffix.lower() in SUFFIXES or (path / "metadata.yaml").is_file()


class BagSource(Source):
    """One image topic of a bag. Stamps are those of the message headers."""

    def __init__(
        self,
        name: str,
        path: Path,
        topic: str | None,
        rate: float | None = None,
        warn: Warn | None = None,
    ) -> None:
        """Open the bag.

        Args:
            name: the source as given by the user.
            path: folder or file of the bag.
            topic: image topic; None if the bag has only one.
            rate: frames per second to reduce the bag to; None for all frames.
            warn: called for every message that cannot be read.

        Raises:
            SourceError: the bag cannot be read, or has no or several image topics.
        """
        if not path.exists():
            raise SourceError(f"bag {path} does not exist")
        files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.is_file())
        super().__init__(name, files, warn)
        self._path = path
        self._reduced_rate = rate
        with closing(self._open()) as reader:
            counts = {
                topic_name: info.msgcount
                for topic_name, info in reader.topics.items()
                if info.msgtype in (RAW, COMPRESSED)
            }
            self._topic = _choose(name, topic, counts, list(reader.topics))
            self.length = counts[self._topic]
            seconds = 1e-9 * reader.duration
        if self.length > 1 and seconds > 0:
            self.rate = (self.length - 1) / seconds
            if rate is not None and rate < self.rate:
                self.length, self.rate = max(1, round(self.length * rate / self.rate)), rate

    def _open(self) -> Any:
        try:
            highlevel = importlib.import_module("rosbags.highlevel")
            typesys = importlib.import_module("rosbags.typesys")
            importlib.import_module("rosbags.image")
        except ImportError as error:
            raise SourceError(
                f"{self.name}: reading bags needs further packages ({error}): {INSTALL}"
            ) from error
        try:
            # Bags of Humble and before do not contain the message definitions.
            known = typesys.get_typestore(typesys.Stores.LATEST)
            reader = highlevel.AnyReader([self._path], default_typestore=known)
            reader.open()
        except Exception as error:  # each storage has its own exceptions
            raise SourceError(f"bag {self.name} cannot be read: {error}") from error
        return reader

    def __iter__(self) -> Iterator[Frame]:
        throttle = FrameThrottle(self._reduced_rate)
        stamps = _MonotonicStamps()
        read = 0
        with closing(self._open()) as reader:
            connections = [c for c in reader.connections if c.topic == self._topic]
            messages = enumerate(reader.messages(connections))
            while True:
                try:
                    index, (connection, received, data) = next(messages)
                except StopIteration:
                    break
                except Exception as error:
                    raise SourceError(f"bag {self.name} is damaged: {error}") from error
                try:
                    message = reader.deserialize(data, connection.msgtype)
                    stamp = stamps.next(message.header.stamp, 1e-9 * received)
                    if not throttle.keep(stamp):
                        continue
                    image = decode(message)
                except Exception as error:  # from the message, its encoding or OpenCV
                    self.skip(f"message {index} of {self.name} cannot be read: {error}")
                    continue
                read += 1
                yield Frame(image, stamp, index, self.name)
        if not read:
            raise SourceError(f"none of the images in {self.name} can be read")


def _choose(name: str, topic: str | None, counts: dict[str, int], topics: list[str]) -> str:
    """The image topic to read.

    Raises:
        SourceError: there is none, there are several, or ``topic`` is not an image topic.
    """
    listed = ", ".join(counts) or "none"
    if topic is not None:
        if topic in counts:
            return topic
        problem = "is not an image topic" if topic in topics else "is not in the bag"
        raise SourceError(f"{name}: {topic} {problem}; image topics of this bag: {listed}")
    # The raw color image is preferred to its compressed twin and to depth images.
    plain = [t for t in counts if "depth" not in t and t.removesuffix("/compressed") == t]
    for candidates in (list(counts), [t for t in counts if "depth" not in t], plain):
        if len(candidates) == 1:
            return candidates[0]
    if not counts:
        raise SourceError(f"{name} has no images; its topics: {', '.join(topics) or 'none'}")
    raise SourceError(
        f"{name} has several image topics ({listed}); choose one, such as "
        f"bag:{name.removeprefix('bag:')}#{next(iter(counts))}"
    )


class _MonotonicStamps:
    """Stamps that never decrease: the header's, or the last one plus the receive time passed."""

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None

    def next(self, header: Any, received: float) -> float:
        """Stamp in seconds of a message with this header stamp, received at ``received``."""
        stamp = header.sec + 1e-9 * header.nanosec
        if self._last is None:
            stamp = stamp or received
        elif stamp <= self._last[0]:
            stamp = self._last[0] + max(0.0, received - self._last[1])
        self._last = (stamp, received)
        return stamp


@dataclass
class _Packed:
    """An image message without row padding, with the attributes rosbags-image reads."""

    encoding: str
    width: int
    height: int
    is_bigendian: bool
    data: Any


def decode(message: Any) -> Image:
    """A raw or compressed image message as (H, W, 3) uint8 BGR.

    Raises:
        ValueError: the data do not fit size and encoding.
        Exception: raised by rosbags-image or OpenCV.
    """
    convert = importlib.import_module("rosbags.image").message_to_cvimage
    if hasattr(message, "format"):
        return np.asarray(convert(message, "bgr8"))
    encoding = CHANNEL_ENCODINGS.get(message.encoding, message.encoding)
    rows = message.height * 3 // 2 if message.encoding in HALF_CHROMA else message.height
    if rows == 0 or message.width == 0 or len(message.data) < rows * message.step:
        raise ValueError(
            f"{len(message.data)} bytes do not fit {message.width}x{message.height} "
            f"{message.encoding}"
        )
    padded = np.frombuffer(message.data, np.uint8, rows * message.step).reshape(rows, -1)
    bits = importlib.import_module("rosbags.image.image").to_cvtype(encoding)
    row_bytes = message.width * bits[3] * bits[0] // 8
    data = np.ascontiguousarray(padded[:, :row_bytes])
    packed = _Packed(encoding, message.width, rows, bool(message.is_bigendian), data)
    return np.asarray(convert(packed, "bgr8"))

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of one intact file of a bag, read by rosbags."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from mask_detector_ros.sources.bag_files import ReadyFile


class Topic(NamedTuple):
    """A topic of a file: type such as ``sensor_msgs/msg/Image``, and number of messages."""

    type: str
    number: int


class Message(NamedTuple):
    """A stored message: time of its receipt in ns since the epoch, and its serialized data."""

    received: int
    data: bytes


class Reader(Protocol):
    """One open file.

    Attributes:
        topics: name -> type and number of messages.
        span: first and last receipt in ns; (0, 0) without messages.
        damage: what is lost; empty if nothing is.
        ros1: messages are serialized as in ROS 1.
    """

    topics: dict[str, Topic]
    span: tuple[int, int]
    damage: str
    ros1: bool

    def messages(self, topic: str) -> Iterator[Message]:
        """Messages of a topic in the order of recording."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class IndexedReader:
    """An intact file, read by rosbags."""

    damage = ""

    def __init__(self, file: ReadyFile) -> None:
        self.ros1 = file.storage.startswith(".bag")
        package = importlib.import_module("rosbags.rosbag1" if self.ros1 else "rosbags.rosbag2")
        self._reader = package.Reader(file.path)
        self._reader.open()
        self.topics = {
            name: Topic(info.msgtype or "", info.msgcount)
            for name, info in self._reader.topics.items()
        }
        filled = self._reader.message_count > 0
        self.span = (self._reader.start_time, self._reader.end_time) if filled else (0, 0)

    def messages(self, topic: str) -> Iterator[Message]:
        """See ``Reader``."""
        connections = [c for c in self._reader.connections if c.topic == topic]
        if connections:  # an empty list would mean all
            for _, received, data in self._reader.messages(connections):
                yield Message(received, data)

    def close(self) -> None:
        """See ``Reader``."""
        self._reader.close()

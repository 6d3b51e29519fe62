# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images of a recorded ROS bag, read with rosbags, without ROS."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from mask_detector_ros.images import BitDepth, decode_message
from mask_detector_ros.images.messages import COMPRESSED_TYPE, IMAGE_TYPE
from mask_detector_ros.sources.bag_files import (
    INSTALL,
    find_files,
    make_ready,
    storage_of,
    zstd,
)
from mask_detector_ros.sources.bag_opening import REPAIR, open_reader, scan
from mask_detector_ros.sources.bag_readers import Message, Reader, Topic
from mask_detector_ros.sources.bag_stamps import BagStamps
from mask_detector_ros.sources.base import Frame, FrameThrottle, Source, SourceError, Warn

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class BagSource(Source):
    """One image topic of a bag. Stamps are those of the message headers.

    The files of the bag are read one by one, also if some are damaged or metadata.yaml is missing;
    what is lost is reported.
    """

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
            warn: called for what is lost of the bag, and every message that cannot be read.

        Raises:
            SourceError: the bag cannot be read, or has no or several image topics.
        """
        if not path.exists():
            raise SourceError(f"bag {path} does not exist")
        found = find_files(path)
        super().__init__(name, found.files, warn)
        self._reduced_rate = rate
        self._stores = _type_stores(name)
        topics: dict[str, Topic] = {}
        spans = []
        problems = list(found.problems)
        self._readable: list[Path] = []
        for file in found.files:
            try:
                with self._open(file) as reader:
                    for topic_name, info in reader.topics.items():
                        before = topics.get(topic_name, Topic(info.type, 0))
                        topics[topic_name] = Topic(info.type, before.number + info.number)
                    spans += [reader.span] if reader.span[1] else []
                    if reader.damage:
                        problems.append(_damage(file, reader))
                    self._readable.append(file)
            except SourceError as error:
                problems.append(str(error))
        if not self._readable:
            raise SourceError(f"bag {name} cannot be read: {'; '.join(problems)}")
        for problem in problems:
            self._warn(f"bag {name} is incomplete: {problem}")
        images = {
            name: info.number
            for name, info in topics.items()
            if info.type in (IMAGE_TYPE, COMPRESSED_TYPE)
        }
        self._topic = _choose(name, topic, images, list(topics))
        self.length = images[self._topic]
        if not self.length:
            raise SourceError(f"bag {name} has no message on {self._topic}; nothing was recorded")
        seconds = 1e-9 * (max(last for _, last in spans) - min(first for first, _ in spans))
        if self.length > 1 and seconds > 0:
            self.rate = (self.length - 1) / seconds
            if rate is not None and rate < self.rate:
                self.length, self.rate = max(1, round(self.length * rate / self.rate)), rate

    @contextmanager
    def _open(self, path: Path, through: bool = False) -> Iterator[Reader]:
        """Open a file; ``through`` reads through it without its index, as if it were damaged."""
        with ExitStack() as cleanup:
            ready = make_ready(path, cleanup)
            reader = scan(ready) if through else open_reader(ready)
            cleanup.callback(reader.close)
            reader.damage = "; ".join(text for text in (ready.problem, reader.damage) if text)
            yield reader

    def _messages(self) -> Iterator[tuple[int, Any]]:
        """Receipt in ns of each message of the topic, and a function that deserializes it."""
        for path in self._readable:
            read = 0
            try:
                with self._open(path) as reader:
                    for message in reader.messages(self._topic):
                        read += 1
                        yield message.received, self._deserializer(reader, message)
                continue
            except SourceError as error:  # changed since it was opened
                self.skip(f"{self.name}: {error}")
                continue
            except Exception as error:  # each storage has its own
                reason = str(error)
            try:
                with self._open(path, through=True) as reader:
                    if reader.damage:
                        self.skip(f"{self.name}: {_damage(path, reader)} ({reason})")
                    else:
                        self.note(f"{self.name}: {path} is read without its index ({reason})")
                    for message in islice(reader.messages(self._topic), read, None):
                        yield message.received, self._deserializer(reader, message)
            except SourceError as error:
                self.skip(f"{self.name}: {error} ({reason})")

    def _deserializer(self, reader: Reader, message: Message) -> Callable[[], Any]:
        kind = reader.topics[self._topic].type
        data = message.data
        if data[:4] == ZSTD_MAGIC:  # compressed message by message
            data = zstd().decompress(data)
        ros1, ros2 = self._stores
        if reader.ros1:
            return lambda: ros1.deserialize_ros1(data, kind)
        return lambda: ros2.deserialize_cdr(data, kind)

    def __iter__(self) -> Iterator[Frame]:
        throttle = FrameThrottle(self._reduced_rate)
        stamps, reported = BagStamps(), False
        bit_depth = BitDepth()
        read = 0
        for index, (received, deserialize) in enumerate(self._messages()):
            try:
                message = deserialize()
                stamp = stamps.next(message.header.stamp, 1e-9 * received)
                if stamps.problem and not reported:
                    reported = True
                    self.note(f"{self.name}: {stamps.problem}; times of receipt are used instead")
                if not throttle.keep(stamp):
                    continue
                image = decode_message(message, bit_depth, self.note)
            except Exception as error:  # from the message or its encoding
                why = str(error) or type(error).__name__
                self.skip(f"message {index} of {self.name} cannot be read: {why}")
                continue
            read += 1
            yield Frame(image, stamp, index, self.name)
        if not read:
            raise SourceError(f"none of the images in {self.name} can be read")


def _damage(path: Path, reader: Reader) -> str:
    """What is lost of a file, what is left, and the command that repairs it."""
    left = ", ".join(f"{info.number} of {topic}" for topic, info in reader.topics.items())
    storage = (storage_of(path) or ("", ""))[0]
    return f"{path}: {reader.damage}; messages left: {left}; {REPAIR[storage].format(path)}"


def _type_stores(name: str) -> tuple[Any, Any]:
    """Message definitions of ROS 1 and 2. Those of images are the same in all distributions.

    Raises:
        SourceError: the packages are missing.
    """
    try:
        typesys = importlib.import_module("rosbags.typesys")
    except ImportError as error:
        raise SourceError(
            f"{name}: reading bags needs further packages ({error}): {INSTALL}"
        ) from error
    stores = typesys.Stores
    return typesys.get_typestore(stores.ROS1_NOETIC), typesys.get_typestore(stores.LATEST)


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
    filled = [t for t in counts if counts[t]]
    color = [t for t in filled if "depth" not in t]
    plain = [t for t in color if t.removesuffix("/compressed") == t]
    for candidates in (list(counts), filled, color, plain):
        if len(candidates) == 1:
            return candidates[0]
    if not counts:
        raise SourceError(f"{name} has no images; its topics: {', '.join(topics) or 'none'}")
    raise SourceError(
        f"{name} has several image topics ({listed}); choose one, such as "
        f"bag:{name.removeprefix('bag:')}#{next(iter(counts))}"
    )

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of one file of a bag: by rosbags, or, if it is damaged, of what is left of it.

A file is damaged where a recording ended without closing it: an .mcap lacks its index and ends
within a chunk, a database lacks pages.
"""

from __future__ import annotations

import importlib
import sqlite3
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from mask_detector_ros.sources.bag_files import INSTALL, ReadyFile, zstd
from mask_detector_ros.sources.base import SourceError

REPAIR = {
    ".mcap": "`mcap recover {0} -o repaired.mcap` repairs it",
    ".db3": "`sqlite3 {0} .recover | sqlite3 repaired.db3` repairs it",
    ".bag": "`rosbag reindex {0}` repairs it",
    ".bag.active": "`rosbag reindex {0}` repairs it",
}
"""Storage -> what completes a damaged file as far as possible."""

MAX_LOST_ROWS = 1000
"""Rows in succession that cannot be read, after which the rest of a database counts as lost."""


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


def open_reader(file: ReadyFile) -> Reader:
    """Open a file, by its index or, if that is missing, by reading through it.

    Raises:
        SourceError: nothing in it can be read; says what repairs it.
    """
    try:
        return IndexedReader(file)
    except ImportError as error:
        raise SourceError(f"reading bags needs further packages ({error}): {INSTALL}") from error
    except Exception as error:  # each storage has its own
        try:
            return scan(file)
        except SourceError as worse:
            raise SourceError(f"{worse} ({error})") from error


def scan(file: ReadyFile) -> Reader:
    """Read through a damaged file.

    Raises:
        SourceError: nothing in it can be read; says what repairs it.
    """
    scanner = {".mcap": McapScanner, ".db3": SqliteScanner}.get(file.storage)
    repair = REPAIR[file.storage].format(file.original)
    if file.path.stat().st_size == 0 and file.problem:
        raise SourceError(f"{file.original}: {file.problem}; nothing in it can be read")
    if file.path.stat().st_size == 0:
        raise SourceError(f"{file.original} is an empty file: nothing was recorded")
    if scanner is None:
        raise SourceError(f"{file.original} is damaged or was not closed; {repair}")
    try:
        reader = scanner(file.path)
    except ImportError as error:
        raise SourceError(
            f"{file.original} is damaged; reading the rest needs further packages ({error}): "
            f"{INSTALL}; {repair}"
        ) from error
    except Exception as error:  # not of this kind at all
        raise SourceError(f"{file.original} is damaged or no bag: {error}; {repair}") from error
    if not reader.topics:
        raise SourceError(f"{file.original} has no messages that can be read; {repair}")
    return reader


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


class _Scanner:
    """Counts the messages of a damaged file when it is opened."""

    ros1 = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self.damage = ""
        self._channels: dict[int, tuple[str, str]] = {}
        counts: Counter[int] = Counter()
        first = last = 0
        for channel, received, _ in self._scan():
            counts[channel] += 1
            first = min(first or received, received)
            last = max(last, received)
        # Only now: an .mcap names channels whose chunk is lost again at its end.
        self.topics: dict[str, Topic] = {}
        for channel, (topic, type_name) in self._channels.items():
            before = self.topics.get(topic, Topic(type_name, 0))
            self.topics[topic] = Topic(type_name, before.number + counts[channel])
        self.span = (first, last)

    def messages(self, topic: str) -> Iterator[Message]:
        """See ``Reader``."""
        for channel, received, data in self._scan():
            if self._channels.get(channel, ("", ""))[0] == topic:
                yield Message(received, data)

    def close(self) -> None:
        """See ``Reader``; the file is open only while it is read."""

    def _scan(self) -> Iterator[tuple[int, int, bytes]]:
        """Channel, receipt in ns and data of all messages.

        Adds channels to ``_channels``, with topic and type, as it finds them; sets ``damage``.
        """
        raise NotImplementedError


class McapScanner(_Scanner):
    """An .mcap read from its beginning, without its index."""

    def _scan(self) -> Iterator[tuple[int, int, bytes]]:
        records = importlib.import_module("mcap.records")
        schemas: dict[int, str] = {}
        for record in self._records():
            if isinstance(record, records.Schema):
                schemas[record.id] = record.name
            elif isinstance(record, records.Channel):
                if record.message_encoding == "cdr":
                    type_name = schemas.get(record.schema_id, "")
                    self._channels[record.id] = (record.topic, type_name)
            elif isinstance(record, records.Message):
                yield record.channel_id, record.log_time, record.data

    def _records(self) -> Iterator[Any]:
        """Records in the order of the file, those of chunks included."""
        stream = importlib.import_module("mcap.stream_reader")
        chunk_type = importlib.import_module("mcap.records").Chunk
        lost = 0
        self.damage = ""
        with self._path.open("rb") as file:
            records = stream.StreamReader(file, emit_chunks=True).records
            while True:
                start = file.tell()
                try:
                    record = next(records, None)
                except Exception as error:  # the end is missing, or overwritten
                    if start == 0:
                        raise
                    size = self._path.stat().st_size
                    self.damage = f"it breaks off after {start} of {size} bytes"
                    if not isinstance(error, importlib.import_module("mcap.exceptions").EndOfFile):
                        self.damage = f"it is damaged from byte {start} of {size} on"
                    yield from _part_of_chunk(file, start)
                    break
                if record is None:
                    break
                if not isinstance(record, chunk_type):
                    yield record
                    continue
                try:
                    content = stream.breakup_chunk(record, validate_crc=True)
                except Exception:  # that of the compression, or of the checksum
                    lost += 1
                    content = _left_of_chunk(record.compression, record.data)
                yield from content
        if lost:
            chunks = f"{lost} of its chunks are damaged"
            self.damage = f"{chunks}, and {self.damage}" if self.damage else chunks


def _part_of_chunk(file: Any, start: int) -> Iterator[Any]:
    """Records of a chunk that begins at ``start`` and of which the end is missing."""
    file.seek(start)
    head = file.read(9 + 28 + 4)
    if len(head) < 41 or head[0] != 0x06:
        return
    (length,) = struct.unpack_from("<I", head, 37)
    compression = file.read(min(length, 16)).decode("ascii", "replace")
    file.seek(8, 1)  # size of the records
    yield from _left_of_chunk(compression, file.read())


def _left_of_chunk(compression: str, data: bytes) -> Iterator[Any]:
    """Records of a damaged chunk up to the first that cannot be read."""
    reader = importlib.import_module("mcap.stream_reader").StreamReader
    try:
        if compression == "zstd":
            data = zstd().ZstdDecompressor().decompress(data)
        elif compression == "lz4":
            data = importlib.import_module("lz4.frame").LZ4FrameDecompressor().decompress(data)
        yield from reader(BytesIO(data), skip_magic=True).records
    except Exception:  # the end of what is left; the caller reports the damage
        return


class SqliteScanner(_Scanner):
    """A database read row by row, without its indexes."""

    def _scan(self) -> Iterator[tuple[int, int, bytes]]:
        uri = f"file:{quote(str(self._path))}?mode=ro&immutable=1"
        self.damage = ""
        with closing(sqlite3.connect(uri, uri=True)) as database:
            # Otherwise SQLite refuses a file that has fewer pages than its header states.
            database.execute("PRAGMA writable_schema=ON")
            for number, name, type_name in database.execute("SELECT id, name, type FROM topics"):
                self._channels[number] = (name, type_name)
            last = lost = in_succession = 0
            query = "SELECT id, topic_id, timestamp, data FROM messages WHERE id > ? ORDER BY id"
            while in_succession < MAX_LOST_ROWS:
                try:
                    for row, topic, received, data in database.execute(query, (last,)):
                        last, lost, in_succession = row, lost + in_succession, 0
                        yield topic, received, data
                    break
                except sqlite3.DatabaseError:
                    in_succession += 1
                    last += 1
        if in_succession:
            self.damage = f"it breaks off after message {last - in_succession}"
        if lost:
            messages = f"{lost} messages within it cannot be read"
            self.damage = f"{messages}, and {self.damage}" if self.damage else messages

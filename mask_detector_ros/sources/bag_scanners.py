# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of one damaged file of a bag, as far as they are left.

A file is damaged where a recording ended without closing it: an .mcap or .bag lacks its index and
ends within a chunk, a database lacks pages.
"""

from __future__ import annotations

import bz2
import importlib
import sqlite3
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mask_detector_ros.sources.bag_files import zstd
from mask_detector_ros.sources.bag_readers import Message, Topic

MAX_LOST_ROWS = 1000
"""Rows in succession that cannot be read, after which the rest of a database counts as lost."""


class Scanner:
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


class McapScanner(Scanner):
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
                    self.damage = f"it breaks off in the record at byte {start} of {size}"
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
        yield from reader(BytesIO(_left_of(compression, data)), skip_magic=True).records
    except Exception:  # the end of what is left; the caller reports the damage
        return


def _left_of(compression: str, data: bytes) -> bytes:
    """Decompressed data as far as they go; empty if their beginning is damaged."""
    decompressors: dict[str, Callable[[], Any]] = {
        "zstd": lambda: zstd().ZstdDecompressor(),
        "lz4": lambda: importlib.import_module("lz4.frame").LZ4FrameDecompressor(),
        "bz2": bz2.BZ2Decompressor,
    }
    if compression not in decompressors:
        return data
    try:
        return bytes(decompressors[compression]().decompress(data))
    except Exception:  # each library has its own
        return b""


class SqliteScanner(Scanner):
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


class Ros1Scanner(Scanner):
    """A .bag of ROS 1 read from its beginning, without its index."""

    ros1 = True

    def _scan(self) -> Iterator[tuple[int, int, bytes]]:
        self.damage = ""
        with self._path.open("rb") as file:
            if not file.readline().startswith(b"#ROSBAG V2"):
                raise ValueError("it does not begin as a bag of ROS 1 does")
            yield from self._records(file)

    def _records(self, file: Any) -> Iterator[tuple[int, int, bytes]]:
        """Messages of the records from here on, of those within chunks, too."""
        while True:
            start = file.tell()
            try:
                fields = _ros1_fields(_ros1_block(file))
                data = _ros1_block(file, allow_part=fields.get("op") == b"\x05")
            except EOFError:
                if file.read(1) or file.tell() > start:
                    self.damage = f"it breaks off in the record at byte {start}"
                return
            except (struct.error, ValueError):
                self.damage = f"it is damaged from byte {start} on"
                return
            kind = fields.get("op")
            if kind == b"\x07":
                self._channels[_number(fields["conn"])] = (
                    fields["topic"].decode(),
                    _ros1_fields(data)["type"].decode().replace("/", "/msg/"),
                )
            elif kind == b"\x02":
                seconds, nanoseconds = struct.unpack("<II", fields["time"])
                yield _number(fields["conn"]), seconds * 10**9 + nanoseconds, data
            elif kind == b"\x05":
                left = _left_of(fields["compression"].decode(), data)
                yield from self._records(BytesIO(left))
                if len(left) < _number(fields["size"]):
                    self.damage = f"it breaks off in the chunk at byte {start}"


def _ros1_block(file: Any, allow_part: bool = False) -> bytes:
    """A block after its size.

    Args:
        file: at the size.
        allow_part: return what there is of a block that breaks off.

    Raises:
        EOFError: the file ends before.
    """
    head = file.read(4)
    if len(head) < 4:
        raise EOFError
    size = _number(head)
    data: bytes = file.read(size)
    if len(data) < size and not allow_part:
        raise EOFError
    return data


def _ros1_fields(block: bytes) -> dict[str, bytes]:
    """Fields of a header, each ``name=value`` after its size."""
    fields = {}
    file = BytesIO(block)
    while file.tell() < len(block):
        name, _, value = _ros1_block(file).partition(b"=")
        fields[name.decode()] = value
    return fields


def _number(data: bytes) -> int:
    return int(struct.unpack("<I", data)[0])

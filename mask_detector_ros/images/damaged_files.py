# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""JPEG and PNG files that were cut short or damaged: what is left of them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mask_detector_ros.images.file_headers import FileHeader

END_OF_IMAGE, START_OF_SCAN = b"\xff\xd9", b"\xff\xda"
FILL = (128, 65)
"""Values of all channels where a JPEG has no data: gray; of a CMYK one dark gray."""
MARKER = re.compile(rb"\xff[^\x00\xff]")
"""In compressed pixels: not FF 00, which is the value FF."""
RESTART_INTERVAL = b"\xff\xdd"
BETWEEN_SCANS = frozenset({0xC4, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)})
"""Markers of the segments that may be between the scans of a JPEG."""
PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Color type of a PNG -> samples per pixel."""
PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""First column and row, steps of both, of the passes of an interlaced PNG."""


@dataclass(frozen=True)
class Remains:
    """A file as it can be decoded.

    Attributes:
        data: the file; if it was cut short, completed so that decoders accept it.
        truncated: whether it was cut short or is damaged.
        missing: fraction of the image that is missing; None if only the decoded image shows it.
        coarse: a progressive JPEG without the scan that was cut; None for others.
    """

    data: bytes
    truncated: bool = False
    missing: float | None = 0.0
    coarse: bytes | None = None


def remains_of_jpeg(data: bytes, header: FileHeader) -> Remains:
    """A JPEG with its end.

    Decoders refuse a JPEG without its end mark, or leave the rest of it gray. Zeros at the end,
    which unfinished downloads and full memory cards leave, are taken away first. A JPEG that has
    its end mark, but is broken before, counts as cut short there.
    """
    if not header.pixels:  # cut within the header
        return Remains(data, truncated=True, missing=1.0)
    end = _sound_end(data, header.pixels)
    if data.startswith(END_OF_IMAGE, end):
        return Remains(data)
    rest = data[:end].rstrip(b"\0").removesuffix(b"\xff")
    whole = rest + END_OF_IMAGE
    if b"\xff\xc2" not in data[: header.pixels]:
        return Remains(whole, truncated=True, missing=None)
    # Progressive: the whole image several times, each time finer.
    finest, last = _scans(rest, header.pixels)
    if finest is None:
        return Remains(whole, truncated=True, missing=1.0)
    if finest < last:
        return Remains(whole, truncated=True)
    return Remains(whole, truncated=True, missing=None, coarse=rest[:finest] + END_OF_IMAGE)


def _sound_end(data: bytes, pixels: int) -> int:
    """Offset of a JPEG's end mark, or of the first marker that cannot be where it is.

    Such a marker, for example the start of another image, ends the data for a decoder. Without
    any, it is the length of the data.
    """
    restarts = RESTART_INTERVAL in data[:pixels]
    at = pixels
    while found := MARKER.search(data, at):
        marker, at = data[found.start() + 1], found.end()
        if 0xD0 <= marker <= 0xD7 and restarts:
            continue
        if marker not in BETWEEN_SCANS:
            return found.start()
        at += int.from_bytes(data[at : at + 2], "big")
    return len(data)


def _scans(data: bytes, pixels: int) -> tuple[int | None, int]:
    """Where scans of a progressive JPEG start.

    Returns:
        Offset of the scan that completes the brightness, None if it is missing; offset of the
        last scan.
    """
    finest, start = None, data.rfind(START_OF_SCAN, 0, pixels)
    brightness = data[start + 5]  # the first component of the first scan
    while True:
        end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
        last_coefficient, bits = data[end - 2 : end - 1], data[end - 1 : end]
        complete = last_coefficient == b"\x3f" and bits != b"" and bits[0] & 15 == 0
        if complete and brightness in data[start + 5 : end - 3 : 2]:
            finest = start
        following = data.find(START_OF_SCAN, end)
        if following < 0:
            return finest, start
        start = following


def missing_rows(image: NDArray[Any], coarse: NDArray[Any] | None) -> float:
    """Fraction of the rows of a decoded JPEG that have no data.

    Args:
        image: the image; rows without data are gray.
        coarse: the same without the last scan of a progressive JPEG; rows that the last scan did
            not reach are the same in both.
    """
    flat = image.reshape(len(image), -1)
    if coarse is not None:
        reached = np.flatnonzero((flat != coarse.reshape(flat.shape)).any(axis=1))
        return 1.0 - (reached[-1] + 1 if reached.size else 0) / len(flat)
    for fill in FILL:
        if (flat[-1] == fill).all():
            filled = np.flatnonzero((flat != fill).any(axis=1))
            return 1.0 - (filled[-1] + 1 if filled.size else 0) / len(flat)
    return 0.0


def remains_of_png(data: bytes, header: FileHeader) -> Remains:
    """A PNG without its text, color profile and animation, which libpng would complain about.

    Pixels that are missing become black.
    """
    kept: list[bytes] = [data[:8]]
    pixels: list[bytes] = []
    first, ended = b"", False
    for kind, body, sound in _chunks(data):
        if kind == b"IDAT":
            pixels.append(body)
        elif kind == b"IHDR" and sound:
            first = body
            kept.append(_chunk(kind, body))
        elif kind in (b"PLTE", b"tRNS") and sound:
            kept.append(_chunk(kind, body))
        ended = ended or kind == b"IEND"
        if not sound and kind in (b"IHDR", b"IDAT", b"PLTE"):
            ended = False
            break
    if len(first) != 13 or header.size is None:
        return Remains(data, truncated=True, missing=1.0)
    end = _chunk(b"IEND", b"")
    if ended:
        return Remains(b"".join([*kept, _chunk(b"IDAT", b"".join(pixels)), end]))
    expected = _png_bytes(header.size, first)
    raw = _inflate(b"".join(pixels), expected)
    filled = raw.ljust(expected, b"\0")
    whole = b"".join([*kept, _chunk(b"IDAT", zlib.compress(filled, 1)), end])
    return Remains(whole, truncated=True, missing=1.0 - len(raw) / expected)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bool]]:
    """Kind and content of each chunk, and whether it is complete and its checksum right."""
    at = 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 8 + length
        kind, body, checksum = data[at + 4 : at + 8], data[at + 8 : end], data[end : end + 4]
        yield kind, body, checksum == zlib.crc32(data[at + 4 : end]).to_bytes(4, "big")
        at = end + 4


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return b"".join([len(body).to_bytes(4, "big"), kind, body, checksum.to_bytes(4, "big")])


def _png_bytes(size: tuple[int, int], first: bytes) -> int:
    """Bytes of the pixels before compression, with a byte per row for its filter."""
    bits = first[8] * PNG_CHANNELS.get(first[9], 1)
    total = 0
    for x, y, step_x, step_y in PASSES if first[12] else ((0, 0, 1, 1),):
        columns, rows = -(-(size[0] - x) // step_x), -(-(size[1] - y) // step_y)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _inflate(compressed: bytes, expected: int) -> bytes:
    """Decompress as much as is sound, at most the bytes expected."""
    inflater, raw = zlib.decompressobj(), bytearray()
    for at in range(0, len(compressed), 4096):
        try:
            raw += inflater.decompress(compressed[at : at + 4096], max(expected - len(raw), 1))
        except zlib.error:
            break
        if len(raw) >= expected:
            break
    return bytes(raw[:expected])

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Format, size and orientation of an image file, read from its header without its pixels."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

ORIENTATION_TAG, WIDTH_TAG, HEIGHT_TAG = 0x0112, 0x0100, 0x0101
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""Brands of HEIC files; AVIF files have others, possibly beside these."""

META_BYTES = 65536
"""Bytes of an AVIF file that are searched for its properties."""
AVIF_ORIENTATIONS = ((1, 8, 3, 6), (4, 5, 2, 7), (2, 7, 4, 5))
"""EXIF orientation by mirroring (none, upside down, sideways) after quarter turns to the left."""

Tags = tuple[tuple[int, bytes], ...]
"""Offsets in a file, and bytes."""
_UPRIGHT: tuple[int, Tags] = (1, ())


@dataclass(frozen=True)
class FileHeader:
    """What the first bytes of an image file say.

    Attributes:
        format: "jpeg", "png", "webp", "tiff", "gif", "avif" or "heic"; empty for all others.
        size: stored width and height in pixels; None where only decoding shows it.
        orientation: of the stored image as in EXIF, 1 to 8; 1 is upright.
        tags: offsets and values of the bytes which make the stored image upright by definition.
            With them the decoder does not rotate it, whatever its version.
        pixels: offset of the first compressed pixel of a JPEG; 0 for other formats.
    """

    format: str
    size: tuple[int, int] | None = None
    orientation: int = 1
    tags: Tags = ()
    pixels: int = 0


def read_header(data: bytes) -> FileHeader:
    """Read the header of an image file; of a header cut short only the format is known."""
    for name, starts, read in _FORMATS:
        if starts(data):
            try:
                return read(data)
            except (struct.error, IndexError):
                return FileHeader(name)
    return FileHeader("gif" if data.startswith(b"GIF8") else "")


def _jpeg(data: bytes) -> FileHeader:
    size, (orientation, tags), at = None, _UPRIGHT, 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:  # fill bytes, no segment
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            orientation, tags = _exif(data, at + 10, at + 2 + length)
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            size = (width, height)
        at += 2 + length
        if marker == 0xDA:
            return FileHeader("jpeg", size, orientation, tags, pixels=at)
    return FileHeader("jpeg", size, orientation, tags)


def _png(data: bytes) -> FileHeader:
    size, (orientation, tags), at = None, _UPRIGHT, 8
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IHDR":
            size = struct.unpack_from(">II", data, at + 8)
        elif kind == b"eXIf":
            orientation, tags = _exif(data, at + 8, at + 8 + length)
        at += 12 + length
    return FileHeader("png", size, orientation, tags)


def _webp(data: bytes) -> FileHeader:
    size, (orientation, tags), at = None, _UPRIGHT, 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        body = at + 8
        if kind == b"VP8X":
            low, mid, high = struct.unpack_from("<HHH", data, body + 4)
            size = (1 + (low | (mid & 0xFF) << 16), 1 + (mid >> 8 | high << 8))
        elif kind == b"VP8 " and size is None:
            width, height = struct.unpack_from("<HH", data, body + 6)
            size = (width & 0x3FFF, height & 0x3FFF)
        elif kind == b"VP8L" and size is None:
            (bits,) = struct.unpack_from("<I", data, body + 1)
            size = (1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
        elif kind == b"EXIF":
            start = body + 6 if data[body : body + 6] == b"Exif\0\0" else body
            orientation, tags = _exif(data, start, body + length)
        at = body + length + length % 2
    return FileHeader("webp", size, orientation, tags)


def _tiff(data: bytes) -> FileHeader:
    return FileHeader("tiff", *_tiff_tags(data, 0, len(data)))


def _exif(data: bytes, start: int, end: int) -> tuple[int, Tags]:
    """Orientation of EXIF data, and where it is; damaged EXIF data mean nothing."""
    try:
        return _tiff_tags(data, start, end)[1:]
    except struct.error:
        return _UPRIGHT


def _tiff_tags(data: bytes, start: int, end: int) -> tuple[tuple[int, int] | None, int, Tags]:
    """Size, orientation and ``FileHeader.tags`` of a TIFF file, or of EXIF data, which are one."""
    order = {b"II": "<", b"MM": ">"}.get(data[start : start + 2])
    if order is None:
        return None, *_UPRIGHT
    (offset,) = struct.unpack_from(order + "I", data, start + 4)
    (count,) = struct.unpack_from(order + "H", data, start + offset)
    found: dict[int, tuple[int, int]] = {}  # tag -> value, offset
    for entry in range(start + offset + 2, min(start + offset + 2 + 12 * count, end - 11), 12):
        tag, kind = struct.unpack_from(order + "HH", data, entry)
        if kind in (3, 4):  # 16 or 32 bits
            (value,) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, entry + 8)
            found.setdefault(tag, (value, entry + 8))
    size = None
    if WIDTH_TAG in found and HEIGHT_TAG in found:
        size = (found[WIDTH_TAG][0], found[HEIGHT_TAG][0])
    orientation, at = found.get(ORIENTATION_TAG, (1, 0))
    if not 2 <= orientation <= 8:  # 0 and others occur and mean nothing
        return size, *_UPRIGHT
    return size, orientation, ((at, struct.pack(order + "H", 1)),)


def _heif(data: bytes) -> FileHeader:
    (length,) = struct.unpack_from(">I", data)
    brands = {data[at : at + 4] for at in range(8, min(length, 256), 4)}
    if brands & {b"avif", b"avis"}:
        # OpenCV ignores the boxes of rotation and mirroring; each has one byte.
        turn, mirror = (
            (data.find(b"\0\0\0\x09" + kind, 0, META_BYTES) + 8) for kind in (b"irot", b"imir")
        )
        quarters = data[turn] & 3 if turn > 7 else 0  # of a turn, to the left
        flips = 1 + (data[mirror] & 1) if mirror > 7 else 0  # none, upside down, sideways
        tags = ((turn, b"\0"),) if turn > 7 else ()
        return FileHeader("avif", None, AVIF_ORIENTATIONS[flips][quarters], tags)
    return FileHeader("heic" if brands & HEIF_BRANDS else "")


_FORMATS: tuple[tuple[str, Callable[[bytes], bool], Callable[[bytes], FileHeader]], ...] = (
    ("jpeg", lambda data: data.startswith(b"\xff\xd8\xff"), _jpeg),
    ("png", lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"), _png),
    ("webp", lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _webp),
    ("tiff", lambda data: data[:4] in (b"II*\0", b"MM\0*"), _tiff),
    ("heic", lambda data: data[4:8] == b"ftyp", _heif),
)
"""Name of a format, whether data are of it, and the reader of its header."""

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads image files: one reader for the command line, for labels and for training."""

from __future__ import annotations

import importlib
import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_detector_ros.arrays import Image
from mask_detector_ros.images.bit_depth import BitDepth
from mask_detector_ros.images.decoding import (
    AS_STORED,
    GRAY,
    REDUCED,
    decode_file,
    percent,
    to_8_bits,
    to_bgr,
)
from mask_detector_ros.images.errors import ImageError
from mask_detector_ros.images.file_headers import FileHeader, read_header
from mask_detector_ros.images.orientation import upright

# fmt: off
SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff",
    ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".gif", ".avif", ".heic", ".heif",
})
# fmt: on
"""File name suffixes of images, in lower case."""

INSTALL_HEIC = "pip install 'mask-detector-ros[heic]'"

logger = logging.getLogger(__name__)


def read_image(
    path: Path,
    warn: Callable[[str], None] | None = None,
    *,
    gray: bool = False,
    reduction: int = 1,
    bit_depth: BitDepth | None = None,
) -> Image:
    """Read an image file of any bit depth and number of channels, upright.

    The image is rotated by its EXIF orientation, 16 bits are reduced to 8 (see ``BitDepth``), gray
    is repeated in three channels, alpha is dropped. Of an animation it is the first frame. A file
    that was cut short is taken with a warning if at most a tenth of the image is missing.

    Args:
        path: the image file.
        warn: called with one line about an image that is not complete; logs by default.
        gray: return gray values instead of colors.
        reduction: 1, 2, 4 or 8, for gray only; width and height are divided by it, which makes
            reading a JPEG faster.
        bit_depth: of a sequence of images; if None, this image alone shows its bit depth.

    Returns:
        (H, W, 3) uint8 BGR, or (H, W) uint8 gray.

    Raises:
        ImageError: the file cannot be read, is not an image, or much of it is missing.
    """
    data = _bytes(path)
    header = read_header(data)
    # Only JPEG is faster at a reduced size, and only in gray it is needed.
    reduced = REDUCED[reduction] if header.format == "jpeg" else 0
    stored, missing = _decode(path, data, header, GRAY | reduced if gray else AS_STORED)
    try:
        image = to_8_bits(stored, bit_depth or BitDepth())
    except ImageError as error:
        raise ImageError(f"image {path} cannot be used: {error}") from error
    if missing is not None:
        (warn or logger.warning)(
            f"image {path} was cut short or is damaged: {percent(missing)} of it is missing or "
            f"coarse, the rest is used"
        )
    if gray and header.format != "jpeg":
        image = _reduced_gray(image, reduction)
    return np.ascontiguousarray(upright(image if gray else to_bgr(image), header.orientation))


def stored_size(path: Path) -> tuple[int, int, int]:
    """Size of an image as it is stored, and its orientation, mostly without decoding it.

    Returns:
        Width and height in pixels before rotation, and the EXIF orientation, 1 (upright) to 8.
        With 5 to 8, width and height of the upright image are exchanged.

    Raises:
        ImageError: the file cannot be read or is not an image.
    """
    data = _bytes(path)
    header = read_header(data)
    if header.size is not None and all(header.size):
        return (*header.size, header.orientation)
    rows, columns = _decode(path, data, header, GRAY)[0].shape[:2]
    return columns, rows, header.orientation


def _bytes(path: Path) -> bytes:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ImageError(f"image {path} cannot be read: {error.strerror}") from error
    if not data:
        raise ImageError(f"image {path} is an empty file")
    return data


def _decode(
    path: Path, data: bytes, header: FileHeader, flags: int
) -> tuple[NDArray[Any], float | None]:
    """Decode as stored, not rotated; and the fraction that is missing, None if it is complete."""
    if header.format == "heic":
        return _decode_heic(path, data), None
    image, missing = decode_file(data, header, flags)
    if image is not None:
        return image, missing
    if missing is None:
        raise ImageError(f"image {path} cannot be decoded: {_why(data, header)}")
    raise ImageError(
        f"image {path} cannot be decoded: it was cut short or is damaged, {percent(missing)} of "
        f"it is missing or coarse; copy or download it again"
    )


def _decode_heic(path: Path, data: bytes) -> Image:
    """(H, W, 3) BGR; HEIC files are rotated by their decoder."""
    try:
        library = importlib.import_module("pillow_heif")
    except ImportError as error:
        raise ImageError(
            f"image {path} is a HEIC file, which needs a further package: {INSTALL_HEIC}; or "
            f"convert it to JPEG"
        ) from error
    try:
        opened = library.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
        pixels = np.asarray(opened)
    except Exception as error:  # the library raises several kinds
        raise ImageError(f"image {path} cannot be decoded: {error}") from error
    if pixels.ndim == 2:
        return pixels
    return np.ascontiguousarray(pixels[..., 2::-1])


def _reduced_gray(image: Image, reduction: int) -> Image:
    if image.ndim == 3:
        image = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    if reduction == 1:
        return image
    size = (max(image.shape[1] // reduction, 1), max(image.shape[0] // reduction, 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _why(data: bytes, header: FileHeader) -> str:
    """Why OpenCV could not decode a file."""
    if header.format in ("avif", "gif"):
        return (
            f"the file is damaged or cut short, or OpenCV {cv2.__version__} was built without "
            f"{header.format.upper()}"
        )
    if header.format:
        return f"the {header.format.upper()} file is damaged or cut short"
    start = data[:64].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<svg")):
        return "it is a web page or a drawing, not an image"
    return f"the file is damaged, or OpenCV {cv2.__version__} does not support its format"

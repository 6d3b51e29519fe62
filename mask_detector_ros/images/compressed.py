# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compressed image messages (JPEG, PNG, and what else OpenCV reads) to BGR."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from mask_detector_ros.arrays import Image
from mask_detector_ros.images.bit_depth import BitDepth
from mask_detector_ros.images.decoding import AS_STORED, decode_file, percent, to_8_bits, to_bgr
from mask_detector_ros.images.encodings import find_encoding, normal_name
from mask_detector_ros.images.errors import ImageError
from mask_detector_ros.images.file_headers import read_header

VIDEO_FORMATS = ("h264", "h265", "hevc", "mpeg", "vp8", "vp9", "av1", "libx264", "theora")
"""Formats that cannot be decoded image by image."""


class CompressedMessage(Protocol):
    """The attributes of sensor_msgs/CompressedImage that are read."""

    format: str
    data: Any


def decode_compressed(
    message: CompressedMessage,
    bit_depth: BitDepth | None = None,
    warn: Callable[[str], None] | None = None,
) -> Image:
    """Decode a compressed image message.

    Gray images are repeated in three channels, 16 bits reduced to 8. If the format, which
    image_transport writes as "<encoding>; <codec> compressed <encoding of the pixels>", says that
    gray pixels are those of a Bayer sensor, they become colors. EXIF orientation is ignored: a
    rotated image would not match its CameraInfo.

    Args:
        message: with the attributes of sensor_msgs/CompressedImage.
        bit_depth: of the source of the message, for 16-bit images; if None, this image alone
            shows its bit depth.
        warn: called with one line about an image of which little is missing.

    Returns:
        (H, W, 3) uint8 BGR.

    Raises:
        ImageError: the data are not an image, or much of it is missing.
    """
    data = bytes(message.data)
    header = read_header(data)
    _check_format(message.format, len(data), header.format)
    pixels, missing = decode_file(data, header, AS_STORED)
    if pixels is None:
        if missing is not None and header.size is not None:
            raise ImageError(
                f"compressed image is truncated: {len(data)} bytes of {header.format.upper()}, "
                f"{percent(missing)} of the image is missing or coarse"
            )
        raise ImageError(
            f"{len(data)} bytes with format {message.format!r} are not a JPEG or PNG image"
            + (f", or only the beginning of one ({header.format.upper()})" if missing else "")
        )
    if missing is not None and warn is not None:
        warn(
            f"compressed images are truncated: {percent(missing)} of an image is missing, the "
            f"rest is used"
        )
    try:
        image = to_8_bits(pixels, bit_depth or BitDepth())
    except ImageError as error:
        raise ImageError(f"compressed image with format {message.format!r}: {error}") from error
    pattern = _bayer_pattern(message.format)
    if pattern is not None and image.ndim == 2:
        return pattern.to_bgr(image)
    return to_bgr(image)


def _check_format(text: str, size: int, found: str) -> None:
    """Raise an ImageError for data that cannot be a single color image.

    Args:
        text: the format of the message.
        size: bytes of the data.
        found: format of an image file that the data begin like; it is believed more than a name of
            a video. Empty for others.
    """
    if size == 0:
        raise ImageError(f"compressed image with format {text!r} is empty: 0 bytes")
    named = text.lower()
    if "compresseddepth" in named:
        raise ImageError(f"format {text!r} is a depth image, not a color image")
    for video in VIDEO_FORMATS:
        if video in named and not found:
            raise ImageError(
                f"format {text!r} is a video stream, not single images; let the camera publish "
                f"JPEG, or decode the stream to raw images"
            )


def _bayer_pattern(text: str) -> Any:
    """The 8-bit Bayer encoding of the pixels, by the format; None if they are not Bayer pixels."""
    encoding, _, codec = text.partition(";")
    pixels = normal_name(codec.partition("compressed")[2]) or normal_name(encoding)
    if not pixels.startswith("bayer_"):
        return None
    return find_encoding(pixels.removesuffix("16").removesuffix("8") + "8")

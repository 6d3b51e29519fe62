# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image files: orientation, bit depths, truncated and damaged files."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.images import ImageError, read_image, stored_size
from mask_detector_ros.images.file_headers import read_header
from mask_detector_ros.images.orientation import upright
from support.media import BLUE, RED, exif_with_orientation, plain, png_chunk, save_with_orientation

TURNS = {
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: image.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda image: np.rot90(image, 1),
}
"""EXIF orientation -> what a viewer does, from the standard's table of row 0 and column 0."""
LOSSLESS = (".png", ".webp", ".tif")


def photo(width: int = 320, height: int = 240) -> np.ndarray:
    """An image with about as many bytes for each row."""
    noise = np.random.default_rng(0).integers(0, 40, (height, width, 3), np.uint8)
    x, y = np.meshgrid(np.arange(width) // 3, np.arange(height) // 2)
    return cv2.add(np.stack([60 + x, 180 - y, 40 + x // 2 + y], -1).astype(np.uint8), noise)


def write(path: Path, image: np.ndarray, *options: int) -> bytes:
    """Write an image in the format of its suffix."""
    data = cv2.imencode(path.suffix, image, options)[1].tobytes()
    path.write_bytes(data)
    return data


def read(path: Path) -> tuple[np.ndarray, list[str]]:
    """An image, and the warnings about it."""
    warnings: list[str] = []
    return read_image(path, warnings.append), warnings


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [*LOSSLESS, ".jpg"])
def test_the_orientation_of_every_format(tmp_path: Path, suffix: str, orientation: int) -> None:
    image = plain(BLUE, 64, 32)
    image[:16, :32] = RED
    path = save_with_orientation(tmp_path / f"phone{suffix}", image, orientation)
    turned, warnings = read(path)
    assert not warnings
    assert stored_size(path) == (64, 32, orientation)
    expected = TURNS[orientation](image)
    assert turned.shape == expected.shape
    assert np.abs(turned.astype(int) - expected).mean() <= (0 if suffix in LOSSLESS else 5)
    gray = read_image(path, gray=True)
    assert np.abs(gray.astype(int) - cv2.cvtColor(turned, cv2.COLOR_BGR2GRAY)).mean() < 2


@pytest.mark.parametrize(
    ("irot", "imir", "orientation"),
    [(None, None, 1), (1, None, 8), (2, None, 3), (3, None, 6), (None, 1, 2), (None, 0, 4)],
)
def test_rotation_and_mirroring_of_avif(
    irot: int | None, imir: int | None, orientation: int
) -> None:
    boxes = b"".join(
        b"\0\0\0\x09" + kind + bytes([value])
        for kind, value in ((b"irot", irot), (b"imir", imir))
        if value is not None
    )
    assert read_header(b"\0\0\0\x14ftypavif\0\0\0\0avif" + boxes).orientation == orientation


@pytest.mark.parametrize("damage", ["cut", "wrong order", "offset"])
def test_damaged_exif_data_mean_nothing(tmp_path: Path, damage: str) -> None:
    exif = exif_with_orientation(6)
    exif = {
        "cut": exif[:12],
        "wrong order": b"XX" + exif[2:],
        "offset": exif[:4] + b"\xff\xff\xff\x7f" + exif[8:],
    }[damage]
    content = b"Exif\0\0" + exif
    data = cv2.imencode(".jpg", photo())[1].tobytes()
    segment = b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content
    path = tmp_path / "a.jpg"
    path.write_bytes(data[:2] + segment + data[2:])
    assert read(path)[0].shape == (240, 320, 3)
    assert stored_size(path) == (320, 240, 1)


@pytest.mark.parametrize(
    "suffix", [".jpg", ".png", ".bmp", ".webp", ".tiff", ".ppm", ".gif", ".avif"]
)
def test_sizes_are_known_for_every_format(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write(path, photo(66, 44))
    assert stored_size(path) == (66, 44, 1)
    assert read(path)[0].shape == (44, 66, 3)


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_images(tmp_path: Path, suffix: str, bits: int) -> None:
    image = photo()
    image[:8, :8] = 255
    for name, channels in (("color", image), ("gray", image[..., 0])):
        path = tmp_path / f"{name}{suffix}"
        write(path, channels.astype(np.uint16) * 257 >> (16 - bits))
        expected = image if name == "color" else cv2.merge([image[..., 0]] * 3)
        assert np.abs(read(path)[0].astype(int) - expected).max() <= 1


def test_float_pixels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tiff"
    write(path, photo().astype(np.float32) / 255)
    with pytest.raises(ImageError, match=r"a\.tiff cannot be used: its pixels are float32"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp"])
def test_one_pixel(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"x{suffix}", plain(RED, 1, 1))
    assert read_image(tmp_path / f"x{suffix}").shape == (1, 1, 3)
    assert read_image(tmp_path / f"x{suffix}", gray=True, reduction=8).shape == (1, 1)


@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
def test_gray_values_at_a_reduced_size(tmp_path: Path, reduction: int) -> None:
    for suffix in (".jpg", ".png"):
        path = tmp_path / f"a{suffix}"
        write(path, photo())
        assert read_image(path, gray=True, reduction=reduction).shape == (
            240 // reduction,
            320 // reduction,
        )


KINDS = {
    "baseline": (".jpg", ()),
    "progressive": (".jpg", (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)),
    "gray jpeg": (".jpg", ()),
    "png": (".png", ()),
    "gray png": (".png", ()),
    "16-bit png": (".png", ()),
}
"""Kind of file -> its suffix and options."""
JPEGS = {"baseline", "progressive", "gray jpeg"}


def truncatable(path: Path, kind: str) -> bytes:
    image = photo()
    if "gray" in kind:
        image = image[..., 0]
    if "16" in kind:
        image = image.astype(np.uint16) * 257
    return write(path, image, *KINDS[kind][1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kept", [0.99999, 0.999, 0.97])
def test_a_nearly_whole_image_is_used_with_a_warning(
    tmp_path: Path, kind: str, kept: float
) -> None:
    path = tmp_path / f"a{KINDS[kind][0]}"
    data = truncatable(path, kind)
    whole, none = read(path)
    assert not none
    path.write_bytes(data[: min(int(kept * len(data)), len(data) - (2 if kind in JPEGS else 20))])
    image, warnings = read(path)
    assert image.shape == whole.shape
    difference = np.abs(image.astype(int) - whole)[: int(0.9 * len(whole))]
    assert difference.mean() <= (8 if kind == "progressive" else 0)
    assert len(warnings) == 1
    assert str(path) in warnings[0] and "cut short" in warnings[0] and "%" in warnings[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kept", [0.6, 0.3, 0.1, 0.02])
def test_much_missing_is_refused_by_name(tmp_path: Path, kind: str, kept: float) -> None:
    path = tmp_path / f"a{KINDS[kind][0]}"
    data = truncatable(path, kind)
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(
        ImageError, match=r"image .*a\.\w+ cannot be decoded: .*\d+ % of it is missing"
    ):
        read_image(path)


def test_the_missing_rows_are_measured(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    data = write(path, photo())
    path.write_bytes(data[: int(0.6 * len(data))])
    with pytest.raises(ImageError, match=r" (3[5-9]|4\d) % of it is missing"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize(("zeros", "taken"), [(0.04, True), (0.5, False)])
def test_an_end_of_zeros_is_missing(tmp_path: Path, suffix: str, zeros: float, taken: bool) -> None:
    """Downloads that were not finished have the full length."""
    path = tmp_path / f"a{suffix}"
    data = write(path, photo())
    kept = int((1 - zeros) * len(data))
    path.write_bytes(data[:kept] + bytes(len(data) - kept))
    if taken:
        assert len(read(path)[1]) == 1
    else:
        with pytest.raises(ImageError, match="is missing"):
            read_image(path)


@pytest.mark.parametrize("kind", ["baseline", "progressive"])
@pytest.mark.parametrize("junk", [b"\xff\xd3\xff\xd3", b"\xff\xd8\xff\xe0\0\x10JFIF", b"\xff\x7f"])
def test_a_jpeg_broken_in_the_middle(
    tmp_path: Path, kind: str, junk: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its end mark is there, but decoders stop at the break."""
    path = tmp_path / "a.jpg"
    data = write(path, photo(), *KINDS[kind][1])
    for place, taken in ((0.5, False), (0.97, True)):
        at = int(place * len(data))
        path.write_bytes(data[:at] + junk + data[at + len(junk) :])
        if taken:
            assert len(read(path)[1]) == 1
        else:
            with pytest.raises(ImageError, match=r"\d\d % of it is missing"):
                read_image(path)
    assert capfd.readouterr() == ("", "")


def test_restart_markers_are_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    write(path, photo(), cv2.IMWRITE_JPEG_RST_INTERVAL, 4)
    assert not read(path)[1]
    gray = tmp_path / "gray.jpg"
    write(gray, plain((128, 128, 128)))
    assert not read(gray)[1]


def test_data_behind_the_end_of_a_jpeg_are_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    data = write(path, photo())
    path.write_bytes(data + b"SEFT of a phone" * 9)
    assert not read(path)[1]


@pytest.mark.parametrize("suffix", [".bmp", ".webp", ".tiff", ".ppm", ".gif", ".avif", ".jp2"])
def test_other_formats_are_refused_by_name(
    tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"a{suffix}"
    data = write(path, photo())
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ImageError, match=rf"a\{suffix} cannot be decoded: .*damaged") as error:
        read_image(path)
    assert "error:" not in str(error.value)
    assert capfd.readouterr() == ("", ""), "no assertion of OpenCV, no chatter of libraries"


def test_libraries_write_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.jpg"
    data = write(path, photo())
    path.write_bytes(data[: len(data) * 97 // 100])
    read(path)
    path = tmp_path / "a.png"
    png = write(path, photo())
    # A color profile that libpng complains about.
    path.write_bytes(png[:33] + png_chunk(b"iCCP", b"icc\0\0garbage") + png[33:])
    assert np.array_equal(read(path)[0], photo())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is an empty file"),
        (b"not an image", "cannot be decoded: the file is damaged, or OpenCV"),
        (b"<!DOCTYPE html><html>", "it is a web page or a drawing"),
        (b"\xff\xd8\xff\xe0 rubbish", "100 % of it is missing"),
        (b"\x89PNG\r\n\x1a\n and no more", "100 % of it is missing"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WEBP file is damaged"),
    ],
)
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    for function in (read_image, stored_size):
        with pytest.raises(ImageError, match=words) as error:
            function(path)
        assert str(path) in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"none\.jpg cannot be read: No such file"):
        read_image(tmp_path / "none.jpg")


def test_heic(tmp_path: Path) -> None:
    path = tmp_path / "phone.heic"
    if importlib.util.find_spec("pillow_heif") is None:
        path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
        with pytest.raises(ImageError, match=r"phone\.heic is a HEIC file.*pip install"):
            read_image(path)
        return
    library = importlib.import_module("pillow_heif")
    library.from_bytes("BGR", (64, 48), plain(RED).tobytes()).save(path, quality=100)
    assert np.abs(read(path)[0].astype(int) - RED).max() <= 8
    assert stored_size(path) == (64, 48, 1)
    assert read_image(path, gray=True, reduction=2).shape == (24, 32)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ImageError, match=r"phone\.heic cannot be decoded"):
        read_image(path)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_is_what_a_viewer_shows(orientation: int) -> None:
    image = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    assert np.array_equal(upright(image, orientation), TURNS[orientation](image))

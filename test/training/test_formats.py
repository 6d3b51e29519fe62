# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of label files, and the error messages about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_training.data.datasets import check_groups
from mask_detector_training.data.formats import find_parts, read_labels, recognize_format
from mask_detector_training.data.formats.class_names import (
    KNOWN_NAMES,
    ClassNames,
    parse_names,
    written_name,
)
from mask_detector_training.data.formats.record import STATUSES
from support.label_files import (
    VOC,
    voc_apart,
    voc_beside,
    voc_without_suffix,
    write_image,
    write_text,
    yolo_apart,
    yolo_beside,
    yolo_darknet,
)


@pytest.mark.parametrize(
    "layout", [voc_beside, voc_apart, voc_without_suffix, yolo_beside, yolo_apart, yolo_darknet]
)
def test_every_layout_gives_the_same_record(layout: Callable[[Path], None], tmp_path: Path) -> None:
    root = tmp_path / "mine"
    layout(root)
    write_image(root / "images" / "unlabeled.png")
    (record,) = read_labels(root)
    assert recognize_format(root) == layout.__name__.partition("_")[0]
    assert record.statuses == ("correct", "incorrect")
    assert record.boxes.dtype == np.float32
    # The second box extends beyond the left and lower edge.
    np.testing.assert_allclose(record.boxes, [[20, 30, 40, 50], [0, 100, 36, 50]], atol=0.01)
    assert (record.size, record.source, record.group) == ((200, 150), "mine", "mine/a")
    assert record.load().shape == (150, 200, 3)


def test_class_folders(tmp_path: Path) -> None:
    for name in ("with_mask", "without_mask"):
        write_image(tmp_path / name / "1.png", 80, 100)
    assert recognize_format(tmp_path) == "classes"
    masked, bare = read_labels(tmp_path)
    assert (masked.statuses, bare.statuses) == (("correct",), ("no_mask",))
    assert masked.boxes.tolist() == [[0, 0, 80, 100]]
    assert masked.key != bare.key
    assert masked.group != bare.group
    inner = read_labels(tmp_path, face=(0.25, 0.2, 0.5, 0.6))[0]
    np.testing.assert_allclose(inner.boxes, [[20, 20, 40, 60]])


@pytest.mark.parametrize("layout", [voc_beside, yolo_beside])
def test_equal_file_names_in_different_splits_are_different_groups(
    layout: Callable[[Path], None], tmp_path: Path
) -> None:
    for split in ("train", "val"):
        write_image(tmp_path / "crops" / split / "with_mask" / "1.png", 80, 100)
        layout(tmp_path / "faces" / split)
    for folder in ("crops", "faces"):
        train, val = (read_labels(tmp_path / folder / split) for split in ("train", "val"))
        check_groups(train, val)
        assert train[0].group.startswith("train/")


def test_an_image_without_faces_is_kept(tmp_path: Path) -> None:
    yolo_beside(tmp_path)
    write_text(tmp_path / "a.txt", "")
    (record,) = read_labels(tmp_path)
    assert record.boxes.shape == (0, 4)
    assert record.statuses == ()


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    jpeg = cv2.imencode(".jpg", np.full((60, 100, 3), 90, np.uint8))[1].tobytes()
    rotated = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    tag = b"\xff\xe1" + (len(rotated) + 2).to_bytes(2, "big") + rotated
    (tmp_path / "a.jpg").write_bytes(jpeg[:2] + tag + jpeg[2:])
    write_text(tmp_path / "classes.txt", "mask")
    write_text(tmp_path / "a.txt", "0 0.5 0.5 0.5 0.5")
    (record,) = read_labels(tmp_path)
    assert record.size == (60, 100)
    assert record.load().shape[:2] == (100, 60)


def test_class_names() -> None:
    names = ClassNames(parse_names("foo=ignore,Mask On=nose_exposed"))
    file = Path("a.xml")
    for status in STATUSES:
        assert names.status(written_name(status), file) == status
    # In public data sets "face" is a bare face, or any: the user says which.
    assert not names.knows("face")
    assert ClassNames({"face": "face"}).status("Face", file) == "face"
    for status, known in KNOWN_NAMES.items():
        assert {names.status(name, file) for name in known} == {status}
    assert names.status("Without-Mask ", file) == "no_mask"
    assert names.status("FOO", file) == "ignore"
    assert names.status("mask-on", file) == "nose_exposed"
    everything = [name for known in KNOWN_NAMES.values() for name in known]
    assert len(everything) == len(set(everything))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("foo", "--names 'foo': expected name=status"),
        ("=correct", "expected name=status"),
        ("foo=happy", r"--names foo=happy: 'happy' is not one of no_mask"),
    ],
)
def test_invalid_names_are_explained(option: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ClassNames(parse_names(option))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("</annotation>", "", r"a\.xml is not well-formed XML: no element found"),
        ("annotation>", "svg>", r"a\.xml is not a PASCAL VOC file: expected"),
        ("With_Mask", "hat", r"a\.xml: class 'hat' is not known.*--names 'hat=STATUS'.*no_mask"),
        ("<xmin>20", "<xmin>x", r"a\.xml object 1: expected <bndbox> with numbers.*'x'"),
        ("<xmin>20</xmin>", "", r"a\.xml object 1: expected <bndbox>.*None"),
        ("<xmax>60", "<xmax>20", r"a\.xml object 1: box \[20, 30, 0, 50\].* has no area"),
        ("<xmax>36", "<xmax>nan", r"a\.xml object 2: .* has no area"),
        ("<xmin>20<", "<xmin>-90<", r"object 1: box .* is outside .* 200 x 150 pixels"),
        ("a.png</filename>", "b.png</filename>", None),
    ],
)
def test_errors_in_voc_files_are_named(
    tmp_path: Path, old: str, new: str, message: str | None
) -> None:
    voc_beside(tmp_path)
    write_text(tmp_path / "a.xml", VOC.replace(old, new))
    if message is None:  # renamed images are found by the name of the XML file
        assert len(read_labels(tmp_path)) == 1
        (tmp_path / "a.png").unlink()
        message = r"a\.xml: its image 'b\.png' is neither beside it nor in JPEGImages/"
    with pytest.raises(ValueError, match=message):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n0 0.5 0.5 0.5", r"a\.txt line 2: 4 columns; expected 5: class index, center x"),
        ("0 0.5 0.5 0.1 0.1 7", r"a\.txt line 1: the last column is 7; expected a confidence"),
        ("mask 0.5 0.5 0.1 0.1", r"a\.txt line 1: invalid literal.*a class index"),
        ("0 0.5 0.5 0.1 wide", r"a\.txt line 1: could not convert"),
        ("3 0.5 0.5 0.1 0.1", r"line 1: class index 3, but .*classes\.txt has 3 classes"),
        ("-1 0.5 0.5 0.1 0.1", r"line 1: class index -1"),
        ("0 0.5 0.5 0 0.1", r"a\.txt line 1: box .* has no area"),
        ("0 inf 0.5 0.1 0.1", r"a\.txt line 1: box .* has no area"),
        ("0 100 75 40 50", r"a\.txt line 1: box .* is outside the image"),
    ],
)
def test_errors_in_yolo_files_are_named(tmp_path: Path, text: str, message: str) -> None:
    yolo_beside(tmp_path)
    write_text(tmp_path / "a.txt", text)
    with pytest.raises(ValueError, match=message):
        read_labels(tmp_path)


def test_other_errors_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere does not exist"):
        recognize_format(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="does not exist"):
        find_parts(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"holds no labels; expected \.jsonl files"):
        recognize_format(tmp_path)
    yolo_beside(tmp_path)
    write_text(tmp_path / "classes.txt", "mask\nbad\n")
    with pytest.raises(ValueError, match=r"line 2: class index 2, but .* has 2 classes"):
        read_labels(tmp_path)
    write_text(tmp_path / "a.txt", "1 0.5 0.5 0.1 0.1")
    with pytest.raises(ValueError, match=r"classes\.txt: class 'bad' is not known"):
        read_labels(tmp_path)
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe0")
    with pytest.raises(ValueError, match=r"a\.txt is not UTF-8 text"):
        read_labels(tmp_path)
    (tmp_path / "a.png").write_bytes(b"not an image")
    with pytest.raises(ValueError, match=r"a\.png cannot be read as an image"):
        read_labels(tmp_path)
    (tmp_path / "a.png").unlink()
    with pytest.raises(ValueError, match=r"a\.txt: its image is neither beside it"):
        read_labels(tmp_path)
    voc_beside(tmp_path)
    with pytest.raises(ValueError, match="several formats; name one with --from"):
        read_labels(tmp_path)
    write_text(tmp_path / "data.yaml", "names: 3")
    (tmp_path / "classes.txt").unlink()
    with pytest.raises(ValueError, match=r"data\.yaml: names must be a list, not 3"):
        read_labels(tmp_path, format_name="yolo")
    write_text(tmp_path / "data.yaml", "nc: 2")
    with pytest.raises(ValueError, match=r"data\.yaml has no class names"):
        read_labels(tmp_path, format_name="yolo")
    (tmp_path / "data.yaml").unlink()
    with pytest.raises(ValueError, match=r"no file of class names; expected classes"):
        read_labels(tmp_path, format_name="yolo")

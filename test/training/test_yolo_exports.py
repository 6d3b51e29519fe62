# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""YOLO labels in the forms of CVAT, Roboflow, Ultralytics and Darknet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mask_detector_training.data.formats import read_labels
from mask_detector_training.data.formats.record import Record
from support.label_files import write_image, write_text, yolo_beside

BOX = [40, 30, 80, 60]
"""In pixels of an image of 200 x 150; in YOLO 0.4 0.4 0.4 0.4."""
NAMES = "names: [with_mask, without_mask]\n"


def only(root: Path) -> Record:
    (record,) = read_labels(root)
    return record


def yolo(root: Path, row: str = "0 0.4 0.4 0.4 0.4", names: str = NAMES) -> Path:
    write_image(root / "images" / "a.jpg")
    write_text(root / "labels" / "a.txt", row + "\n")
    write_text(root / "data.yaml", names)
    return root


@pytest.mark.parametrize(
    ("row", "shape"),
    [
        ("0 0.4 0.4 0.4 0.4", None),
        ("0.0 0.4 0.4 0.4 0.4", None),
        ("0 0.4 0.4 0.4 0.4 0.91", None),
        ("0 0.2 0.2 0.6 0.2 0.6 0.6 0.2 0.6", None),
        ("0 0.2 0.2 0.6 0.2 0.4 0.6", None),
        ("0 0.2 0.2 0.6 0.2 0.6 0.6 0.2 0.6 0.91", None),
        ("0 0.4 0.4 0.4 0.4" + " 0.3 0.3 2" * 5, None),
        ("0 0.4 0.4 0.4 0.4" + " 0.3 0.3 1 0 0 0" * 2, None),
        ("0 0.4 0.4 0.4 0.4" + " 0.3 0.3 2" * 5 + " 0.9", None),
        ("0 0.4 0.4 0.4 0.4" + " 0.3 0.3" * 5, "[5, 2]"),
        ("0 0.4 0.4 0.4 0.4" + " 0.3 0.3 2" * 5, "[5, 3]"),
        ("0 0.4 0.4 0.4 0.4", "[5, 3]"),
    ],
)
def test_yolo_rows(row: str, shape: str | None, tmp_path: Path) -> None:
    names = NAMES + (f"kpt_shape: {shape}\n" if shape else "")
    record = only(yolo(tmp_path, row, names))
    np.testing.assert_allclose(record.boxes, [BOX], atol=0.01)
    assert record.statuses == ("correct",)


@pytest.mark.parametrize(
    ("row", "shape", "message"),
    [
        ("0 0.4 0.4 0.4 0.4 0.35 0.35 0.45 0.45", None, "can be a polygon or a box with keypoints"),
        ("0 0.4 0.4 0.4 0.4" + " 0.3 0.3 2" * 4, "[5, 3]", "17 columns, but kpt_shape .* needs 20"),
        ("0 0.4 0.4 0.4 0.4 7", None, "the last column is 7; expected a confidence"),
        ("0 0.4 0.4 0.4 0.4 3 4 5", None, "8 columns; expected 5"),
        ("0.5 0.4 0.4 0.4 0.4", None, "expected a class index"),
    ],
)
def test_yolo_rows_that_are_refused(
    row: str, shape: str | None, message: str, tmp_path: Path
) -> None:
    names = NAMES + (f"kpt_shape: {shape}\n" if shape else "")
    with pytest.raises(ValueError, match=rf"a\.txt line 1: .*{message}"):
        read_labels(yolo(tmp_path, row, names))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.yml", NAMES),
        ("mask.yaml", NAMES),
        ("data.yaml", "names: {'0': with_mask, '1': without_mask}\n"),
        ("data.yaml", "names: {0: with_mask, 5: hat}\n"),
        ("_darknet.labels", "with_mask\nwithout_mask\n"),
        ("mask.names", "with_mask\nwithout_mask"),
        ("classes.txt", "\ufeffwith_mask\r\nwithout_mask\r\n"),
    ],
)
def test_files_of_class_names(name: str, content: str, tmp_path: Path) -> None:
    yolo(tmp_path)
    (tmp_path / "data.yaml").unlink()
    write_text(tmp_path / name, content)
    assert only(tmp_path).statuses == ("correct",)


def test_what_is_no_label_file_is_passed_over(tmp_path: Path) -> None:
    yolo_beside(tmp_path)
    write_text(tmp_path / "README.txt", "These are my images.\n")
    write_text(tmp_path / "train.txt", "data/obj_train_data/a.png\n")
    write_text(tmp_path / "notes" / "empty.txt", "")
    write_text(tmp_path / "settings.yaml", "lr: !!python/none 3\n  - [")
    assert only(tmp_path).statuses == ("correct", "incorrect")
    write_text(tmp_path / "b.txt", "0 0.5 0.5 0.1 0.1\n")
    with pytest.raises(ValueError, match=r"b\.txt: its image is neither beside it nor in images/"):
        read_labels(tmp_path)


def test_label_files_may_keep_the_suffix_of_the_image(tmp_path: Path) -> None:
    yolo(tmp_path)
    (tmp_path / "labels" / "a.txt").rename(tmp_path / "labels" / "a.jpg.txt")
    assert only(tmp_path).path.name == "a.jpg"

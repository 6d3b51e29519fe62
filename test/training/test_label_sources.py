# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where two sources of labels disagree, nothing is guessed: both are shown."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_training.data.datasets import load_split
from mask_detector_training.data.formats import read_labels
from mask_detector_training.data.formats.orientation import turn_boxes
from support.label_files import (
    set_orientation,
    voc_apart,
    write_image,
    write_noise,
    write_text,
    write_voc,
    yolo_apart,
)

FACE = ("with_mask", 20, 30, 60, 80)
CLASSES = "with_mask\nwithout_mask\nincorrect_mask\n"


def convert(source: Path, *options: str) -> int:
    out = source.with_name(f"{source.name}_out")
    return main(["data", "convert", str(source), str(out), "--to", "jsonl", *options])


def rows(source: Path, split: str = "labels") -> list[dict[str, object]]:
    file = source.with_name(f"{source.name}_out") / f"{split}.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_xml_file_goes_with_the_image_of_its_own_stem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "set"
    for number in range(3):
        write_noise(root / f"JPEGImages/part_{number}.jpg", number)
        write_voc(root / f"Annotations/part_{number}.xml", "part_0.jpg", FACE)
    assert convert(root) == 0
    error = capsys.readouterr().err
    assert "2 XML files whose <filename> is another name" in error
    assert "part_1.xml (part_0.jpg)" in error
    names = [str(row["image"]) for row in rows(root)]
    assert names == [f"images/part_{number}.jpg" for number in range(3)]
    for name in names:
        before = root / "JPEGImages" / Path(name).name
        assert (tmp_path / "set_out" / name).read_bytes() == before.read_bytes()


def test_filename_counts_where_there_is_no_image_of_the_stem(tmp_path: Path) -> None:
    write_image(tmp_path / "photo.jpg")
    write_voc(tmp_path / "000001.xml", "C:\\photos\\PHOTO.jpg", FACE)
    assert [r.path.name for r in read_labels(tmp_path)] == ["photo.jpg"]
    write_voc(tmp_path / "000002.xml", "photo.jpg", FACE)
    with pytest.raises(ValueError, match=r"photo\.jpg is labeled by .*01\.xml and .*02\.xml"):
        read_labels(tmp_path)


def test_two_label_files_for_one_image(tmp_path: Path) -> None:
    voc, yolo = tmp_path / "voc", tmp_path / "yolo"
    voc_apart(voc)
    write_voc(voc / "images" / "a.xml", "a.png", FACE)
    with pytest.raises(ValueError, match=r"Annotations/a\.xml and .*images/a\.xml; remove all but"):
        read_labels(voc)
    yolo_apart(yolo)
    write_text(yolo / "images" / "a.txt", "0 0.5 0.5 0.2 0.2\n")
    with pytest.raises(ValueError, match=r"images/a\.txt and .*labels/a\.txt; remove all but one"):
        read_labels(yolo)


@pytest.mark.parametrize("format_name", ["voc", "yolo"])
def test_two_images_for_one_label_file(format_name: str, tmp_path: Path) -> None:
    write_noise(tmp_path / "a.jpg", 1)
    write_noise(tmp_path / "a.PNG", 2)
    if format_name == "voc":
        write_voc(tmp_path / "a.xml", "a", FACE)
    else:
        write_text(tmp_path / "classes.txt", CLASSES)
        write_text(tmp_path / "a.txt", "0 0.5 0.5 0.2 0.2\n")
    with pytest.raises(ValueError, match=r"a\.PNG and .*a\.jpg fit; keep one of them"):
        read_labels(tmp_path)
    if format_name == "voc":  # the suffix in <filename> says which
        write_voc(tmp_path / "a.xml", "a.png", FACE)
        assert [r.path.name for r in read_labels(tmp_path)] == ["a.PNG"]
    (tmp_path / "a.PNG").unlink()
    write_voc(tmp_path / "a.xml", "a.JPG", FACE) if format_name == "voc" else None
    assert [r.path.name for r in read_labels(tmp_path)] == ["a.jpg"]


def test_copies_of_an_image_are_one(tmp_path: Path) -> None:
    for folder in ("images", "labels"):
        write_noise(tmp_path / folder / "a.jpg", 1)
    write_text(tmp_path / "labels" / "a.txt", "0 0.5 0.5 0.2 0.2\n")
    write_text(tmp_path / "classes.txt", CLASSES)
    assert len(read_labels(tmp_path)) == 1
    write_noise(tmp_path / "labels" / "a.jpg", 2)
    with pytest.raises(ValueError, match=r"images/a\.jpg and .*labels/a\.jpg fit"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    "other", ["classes.txt", "labels/classes.txt", "obj.names", "_darknet.labels", "mask.yaml"]
)
def test_two_files_of_class_names(other: str, tmp_path: Path) -> None:
    root = tmp_path / "set"
    yolo_apart(root)
    (tmp_path / "data.yaml").rename(root / "data.yaml")
    same, different = ["mask", "No-Mask", "improper mask"], ["mask", "improper mask", "no_mask"]
    for names in (same, different):
        text = f"names: {names}\n" if other.endswith("yaml") else "\n".join(names) + "\n"
        write_text(root / other, text)
        if names is same:
            assert read_labels(root)[0].statuses == ("correct", "incorrect")
    with pytest.raises(ValueError, match="state different class names") as caught:
        read_labels(root)
    for part in (other, "data.yaml", "[mask, no-mask, improper mask]", "[mask, improper mask,"):
        assert part in str(caught.value)


def test_class_names_above_a_split_must_agree_as_well(tmp_path: Path) -> None:
    yolo_apart(tmp_path / "set" / "train")
    write_text(tmp_path / "set" / "train" / "classes.txt", "mask\nimproper mask\nno_mask\n")
    with pytest.raises(ValueError, match=r"classes\.txt has .*data\.yaml has"):
        read_labels(tmp_path / "set" / "train")
    # Above a folder that is no split there may be another data set.
    (tmp_path / "set" / "train").rename(tmp_path / "set" / "mine")
    assert len(read_labels(tmp_path / "set" / "mine")) == 1


def test_data_yaml_must_be_consistent(tmp_path: Path) -> None:
    yolo_apart(tmp_path / "set")
    write_text(tmp_path / "data.yaml", "nc: 2\nnames: [mask, no-mask, improper mask]\n")
    with pytest.raises(ValueError, match="nc is 2, but names has 3"):
        read_labels(tmp_path / "set")


def test_a_size_that_is_not_that_of_the_image_is_named(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg", 400, 300)
    write_voc(tmp_path / "a.xml", "a.jpg", FACE)
    with pytest.raises(ValueError, match=r"a\.xml: labels are for 200 x 150 pixels, but .*a\.jpg"):
        read_labels(tmp_path)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_are_turned_like_the_image(orientation: int, tmp_path: Path) -> None:
    image = np.zeros((150, 200, 3), np.uint8)
    image[30:80, 20:60] = 255
    cv2.imwrite(str(tmp_path / "a.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 100])
    set_orientation(tmp_path / "a.jpg", orientation)
    write_text(tmp_path / "a.txt", "0 0.2 0.366667 0.2 0.333333\n")
    write_text(tmp_path / "classes.txt", CLASSES)
    assert main(["data", "convert", str(tmp_path), str(tmp_path / "out"), "--to", "jsonl",
                 "--turn-boxes"]) == 0  # fmt: skip
    row = json.loads((tmp_path / "out" / "labels.jsonl").read_text())
    shown = cv2.imread(str(tmp_path / "a.jpg"), cv2.IMREAD_GRAYSCALE)
    assert shown is not None
    assert (row["height"], row["width"]) == shown.shape
    x, y, w, h = np.round(row["faces"][0]["box"]).astype(int)
    assert shown[y : y + h, x : x + w].mean() > 250
    assert shown.sum() == pytest.approx(255 * w * h, rel=0.02)


def test_turning_four_times_gives_the_same_box() -> None:
    boxes = np.array([[20.0, 30.0, 40.0, 50.0]])
    once = turn_boxes(boxes, (200, 150), 6)
    assert np.array_equal(turn_boxes(once, (150, 200), 8), boxes)


def test_labels_drawn_on_the_stored_image_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "set"
    set_orientation(write_image(root / "a.jpg"), 6)
    write_voc(root / "a.xml", "a.jpg", FACE)
    assert convert(root) == 2
    error = capsys.readouterr().err
    assert "labels are for 200 x 150 pixels, as" in error
    assert "EXIF orientation 6 turns it to 150 x 200; turn the boxes with" in error
    assert convert(root, "--turn-boxes") == 0
    assert rows(root)[0]["faces"] == [{"box": [70.0, 20.0, 50.0, 40.0], "status": "correct"}]
    # A size that is that of the turned image shows that the boxes are right.
    write_voc(root / "a.xml", "a.jpg", FACE, size=(150, 200))
    assert read_labels(root)[0].boxes.tolist() == [[20, 30, 40, 50]]
    (tmp_path / "set_out").rename(tmp_path / "first")
    assert convert(root, "--turn-boxes") == 0
    assert rows(root)[0]["faces"] == [{"box": [20.0, 30.0, 40.0, 50.0], "status": "correct"}]
    assert "EXIF" not in capsys.readouterr().err


@pytest.mark.parametrize(("orientation", "size"), [(3, (200, 150)), (6, (160, 160)), (6, None)])
def test_labels_that_do_not_show_how_they_were_drawn_are_named(
    orientation: int,
    size: tuple[int, int] | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = tmp_path / "set"
    set_orientation(write_image(root / "a.jpg", *(size or (200, 150))), orientation)
    write_voc(root / "a.xml", "a.jpg", FACE, size=size)
    assert convert(root) == 0
    error = capsys.readouterr().err
    assert "1 images with an EXIF orientation whose labels do not show" in error
    assert f"a.jpg (orientation {orientation})" in error
    assert rows(root)[0]["faces"] == [{"box": [20.0, 30.0, 40.0, 50.0], "status": "correct"}]


def test_a_split_in_voc_is_checked_for_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, split in enumerate(("train", "val")):
        image = write_noise(tmp_path / "faces" / split / f"{split}.jpg", number)
        set_orientation(image, 6)
        write_voc(image.with_suffix(".xml"), image.name, ("with_mask", 100, 20, 180, 80))
    with pytest.raises(ValueError, match="EXIF orientation 6 turns it"):
        load_split(tmp_path, "train")
    assert main(["data", "check", "--data", str(tmp_path)]) == 1
    assert "2 x labels drawn without the EXIF orientation" in capsys.readouterr().err


def test_own_labels_with_the_stored_size_are_refused_and_turned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "set"
    set_orientation(write_image(root / "a.jpg"), 8)
    row = {"image": "a.jpg", "source": "x", "width": 200, "height": 150, "group": "g",
           "faces": [{"box": [20, 30, 40, 50], "status": "correct"}]}  # fmt: skip
    write_text(root / "labels.jsonl", json.dumps(row))
    assert convert(root) == 2
    error = capsys.readouterr().err
    assert "a.jpg is stored, but its EXIF orientation 8 turns it to 150 x 200" in error
    assert "--turn-boxes" in error
    assert convert(root, "--turn-boxes") == 0
    assert rows(root)[0]["faces"] == [{"box": [30.0, 140.0, 50.0, 40.0], "status": "correct"}]

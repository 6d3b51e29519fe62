# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels as tools export them: COCO, CVAT, CSV, MaskedFace-Net; and what they leave beside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mask_detector_training.data.formats import (
    ReadOptions,
    read_labels,
    read_parts,
    recognize_format,
)
from mask_detector_training.data.formats.faults import Faults
from mask_detector_training.data.formats.record import Record
from support.label_files import (
    set_orientation,
    voc_apart,
    write_image,
    write_noise,
    write_text,
    write_voc,
    yolo_apart,
)

BOX = [40, 30, 80, 60]
"""In pixels of an image of 200 x 150; in YOLO 0.4 0.4 0.4 0.4."""


def only(root: Path) -> Record:
    (record,) = read_labels(root)
    return record


def yolo(root: Path) -> Path:
    write_image(root / "images" / "a.jpg")
    write_text(root / "labels" / "a.txt", "0 0.4 0.4 0.4 0.4\n")
    write_text(root / "data.yaml", "names: [with_mask, without_mask]\n")
    return root


def hide(root: Path, format_name: str) -> None:
    """What macOS, Jupyter, Synology and editors leave in a folder."""
    resource = b"\0\5\x16\7\0\2\0\0Mac OS X"
    for place in ("__MACOSX/labels/._a", "labels/._a", ".ipynb_checkpoints/a-checkpoint", "._b"):
        for suffix in (".txt", ".xml", ".json", ".jpg", ".yaml", ".csv", ".jsonl"):
            file = root / f"{place}{suffix}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(resource)
    write_image(root / "images" / ".ipynb_checkpoints" / "a.jpg", 10, 10)
    write_image(root / "@eaDir" / "a.jpg" / "thumb.jpg", 10, 10)
    write_text(root / f".{format_name}" / "a.xml", "<svg/>")


def coco(root: Path, **changes: Any) -> Path:
    write_image(root / "images" / "a.jpg")
    image = {"id": 7, "file_name": "a.jpg", "width": 200, "height": 150}
    annotation = {"id": 1, "image_id": 7, "category_id": 2, "bbox": BOX, "iscrowd": 0}
    content = {
        "images": [{**image, **changes.get("image", {})}],
        "annotations": [{**annotation, **changes.get("annotation", {})}],
        "categories": [{"id": 0, "name": "masks"}, {"id": 2, "name": "With Mask"}],
    }
    write_text(root / "annotations" / "instances_default.json", json.dumps(content))
    return root


def cvat(root: Path, shape: str = "", image: str = "") -> Path:
    write_image(root / "images" / "a.jpg")
    shape = shape or '<box label="with_mask" xtl="40" ytl="30" xbr="120" ybr="90" z_order="0"/>'
    image = image or 'name="a.jpg" width="200" height="150"'
    write_text(
        root / "annotations.xml",
        '<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><meta/>'
        f'<image id="0" {image}>{shape}</image></annotations>',
    )
    return root


HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax\n"
ROW = "a.jpg,200,150,with_mask,40,30,120,90\n"


def csv(root: Path, content: str = HEADER + ROW) -> Path:
    write_image(root / "images" / "a.jpg")
    write_text(root / "labels.csv", content)
    return root


@pytest.mark.parametrize("layout", [yolo, coco, cvat, csv])
def test_every_format_gives_the_same_record(layout: Callable[[Path], Path], tmp_path: Path) -> None:
    root = layout(tmp_path / "mine")
    for hidden in (False, True):
        if hidden:
            hide(root, layout.__name__)
        assert recognize_format(root) == layout.__name__
        record = only(root)
        np.testing.assert_allclose(record.boxes, [BOX], atol=0.01)
        assert (record.statuses, record.size, record.source) == (("correct",), (200, 150), "mine")
        assert (record.group, record.key) == ("mine/a", "mine/mine/images/a.jpg")


@pytest.mark.parametrize("layout", [coco, cvat, csv])
def test_sizes_are_compared_with_the_image_as_exif_turns_it(
    layout: Callable[[Path], Path], tmp_path: Path
) -> None:
    set_orientation(layout(tmp_path) / "images" / "a.jpg", 6)
    with pytest.raises(ValueError, match="EXIF orientation 6 turns it to 150 x 200; turn the box"):
        read_labels(tmp_path)
    faults = Faults()
    (record,) = read_parts(tmp_path, ReadOptions(turn=True), faults)[""]
    faults.raise_all(tmp_path)
    assert record.size == (150, 200)
    np.testing.assert_allclose(record.boxes, [[60, 40, 60, 80]], atol=0.01)


@pytest.mark.parametrize("layout", [voc_apart, yolo_apart])
def test_hidden_files_are_ignored_in_older_formats(
    layout: Callable[[Path], None], tmp_path: Path
) -> None:
    layout(tmp_path / "mine")
    hide(tmp_path / "mine", "x")
    assert only(tmp_path / "mine").statuses == ("correct", "incorrect")


def test_hidden_class_folders_are_ignored(tmp_path: Path) -> None:
    for name in ("with_mask", "without_mask", ".ipynb_checkpoints", "__MACOSX"):
        write_image(tmp_path / name / "a.jpg")
        write_text(tmp_path / name / "._a.jpg", "no image")
    assert [r.statuses for r in read_labels(tmp_path)] == [("correct",), ("no_mask",)]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"annotation": {"bbox": [], "segmentation": [[40, 30, 120, 30, 120, 90]]}}, "correct"),
        ({"annotation": {"iscrowd": 1}}, "ignore"),
        ({"image": {"file_name": "C:\\photos\\images\\A.JPG"}}, "correct"),
        ({"image": {"width": None}}, "correct"),
    ],
)
def test_coco(changes: dict[str, Any], status: str, tmp_path: Path) -> None:
    record = only(coco(tmp_path, **changes))
    assert record.boxes.tolist() == [BOX]
    assert record.statuses == (status,)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"annotation": {"category_id": 9}}, "annotation 1: there is no category with the id 9"),
        ({"annotation": {"image_id": 9}}, "annotation 1: there is no image with the id 9"),
        ({"annotation": {"category_id": 0}}, "class 'masks!' is not known"),
        ({"annotation": {"bbox": [1, 2, 3]}}, "annotation 1: expected bbox with four numbers"),
        ({"annotation": {"bbox": [0.1, 0.2, 0.4, 0.4]}}, "annotation 1: .* in fractions of the"),
        ({"annotation": {"bbox": None}}, "annotation 1 has neither bbox nor polygons"),
        ({"annotation": {"bbox": [10, 10, 0, 5]}}, "annotation 1: box .* has no area"),
        ({"image": {"file_name": "b.jpg"}}, r"image 7: its image 'b\.jpg' is not in"),
        ({"image": {"width": 640}}, "image 7: labels are for 640 x 150 pixels"),
    ],
)
def test_errors_in_coco_are_named(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    coco(tmp_path, **changes)
    file = tmp_path / "annotations" / "instances_default.json"
    file.write_text(file.read_text().replace('"masks"', '"masks!"'))
    with pytest.raises(ValueError, match=rf"instances_default\.json.*{message}"):
        read_labels(tmp_path)


def test_a_coco_file_cut_short_is_named_with_its_line(tmp_path: Path) -> None:
    coco(tmp_path)
    file = tmp_path / "annotations" / "instances_default.json"
    file.write_text(file.read_text()[:-20])
    with pytest.raises(ValueError, match=r"instances_default\.json line 1 column \d+: "):
        read_labels(tmp_path)
    file.write_text("{}")
    with pytest.raises(ValueError, match="'images' must be a list of objects; is it a COCO file"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    "shape",
    [
        '<polygon label="with_mask" points="40,30;120,30;120.0,90"/>',
        '<box label="with_mask" xtl="50" ytl="20" xbr="110" ybr="100" rotation="90.0"/>',
    ],
)
def test_shapes_of_cvat(shape: str, tmp_path: Path) -> None:
    np.testing.assert_allclose(only(cvat(tmp_path, shape)).boxes, [BOX], atol=0.01)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ('<points label="with_mask" points="4,5"/>', "points 1: the shape 'points' does not"),
        ('<tag label="with_mask"/>', "tag 1: the shape 'tag' does not show where a face"),
        ('<box label="with_mask" xtl="x"/>', r"image a\.jpg box 1: .* expected numbers xtl"),
        ('<box label="hat" xtl="1" ytl="1" xbr="9" ybr="9"/>', "class 'hat' is not known"),
    ],
)
def test_errors_in_cvat_are_named(shape: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"annotations\.xml.*{message}"):
        read_labels(cvat(tmp_path, shape))


def test_a_video_of_cvat_is_named(tmp_path: Path) -> None:
    cvat(tmp_path)
    write_text(tmp_path / "annotations.xml", "<annotations><track id='0'/></annotations>")
    with pytest.raises(ValueError, match="labels a video; export the task again as 'CVAT for im"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        ROW,
        "\ufeff" + (HEADER + ROW).replace("\n", "\r\n"),
        (HEADER + ROW).replace(",", ";"),
        (HEADER + ROW).replace(",", "\t"),
        "Image Path,Label,X1,Y1,X2,Y2\nC:\\x\\images\\A.JPG,with_mask,40,30,120,90\n",
        "images/a.jpg,40,30,120,90,with_mask\n",
        "path,label,x_min,y_min,x_max,y_max\nimages/a.jpg,with_mask,0.2,0.2,0.6,0.6\n",
        "name,x1,x2,y1,y2,classname\na.jpg,40,120,30,90,with_mask\n",
        "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsGroupOf\n"
        "a,x,with_mask,1,0.2,0.6,0.2,0.6,0\n",
    ],
)
def test_csv(content: str, tmp_path: Path) -> None:
    record = only(csv(tmp_path, content))
    np.testing.assert_allclose(record.boxes, [BOX], atol=0.01)
    assert record.statuses == ("correct",)


def test_csv_has_a_line_per_face(tmp_path: Path) -> None:
    write_noise(tmp_path / "images" / "b.jpg")
    csv(
        tmp_path,
        HEADER
        + ROW
        + "b.jpg,200,150,,,,,\n"
        + ROW.replace("with", "without").replace(",40,", ",45,"),
    )
    first, second = read_labels(tmp_path)
    assert first.statuses == ("correct", "no_mask")
    assert second.statuses == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEADER + ROW.replace("40", "x"), "line 2: expected numbers xmin, ymin, xmax, ymax"),
        (HEADER + ROW + ROW.replace("200", "201"), "line 2: lines of the image have sizes"),
        (HEADER + ROW.replace("a.jpg", "b.jpg"), r"line 2: its image 'b\.jpg' is not in"),
        ("file,label\na.jpg,with_mask\n", r"columns of .*labels\.csv are not known; expected a"),
    ],
)
def test_errors_in_csv_are_named(content: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        read_labels(csv(tmp_path, content))


def test_the_same_file_name_in_two_folders(tmp_path: Path) -> None:
    csv(tmp_path, HEADER + ROW)
    write_noise(tmp_path / "other" / "a.jpg")
    with pytest.raises(ValueError, match=r"images/a\.jpg and .*other/a\.jpg fit"):
        read_labels(tmp_path)
    write_text(tmp_path / "labels.csv", HEADER + ROW.replace("a.jpg", "other/a.jpg"))
    assert only(tmp_path).path.parent.name == "other"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("a.json", {"shapes": [], "imagePath": "a.jpg"}, "LabelMe, which is not read; convert it"),
        ("a.json", [{"data": {}, "annotations": []}], "Label Studio, .* export the project"),
        ("a.json", {"_via_img_metadata": {}}, "VGG Image Annotator, .* as COCO"),
        ("a.json", {"a.jpg1": {"filename": "a.jpg", "regions": []}}, "VGG Image Annotator"),
        ("a.json", [{"image": "a.jpg", "annotations": []}], "CreateML"),
        ("a.json", [{"image_id": 1, "bbox": [], "score": 1}], "COCO results, .* detections of a"),
        ("a.json", {"x": 1}, "JSON of an unknown kind"),
        ("train.tfrecord", "x", "TFRecord, .* as COCO JSON, PASCAL VOC or YOLO"),
        ("train.record", "x", "TFRecord"),
        ("wider.mat", "x", "MATLAB, .* write a CSV file"),
        ("a.xml", "<dataset/>", "dlib's imglab"),
    ],
)
def test_formats_that_are_not_read_are_named(
    file: str, content: Any, message: str, tmp_path: Path
) -> None:
    write_image(tmp_path / "images" / "a.jpg")
    text = content if isinstance(content, str) else json.dumps(content)
    write_text(tmp_path / file, text)
    with pytest.raises(ValueError, match=rf"{file} holds labels in the format {message}"):
        read_labels(tmp_path)


def test_a_folder_above_the_labels(tmp_path: Path) -> None:
    yolo(tmp_path / "kaggle" / "archive")
    assert only(tmp_path / "kaggle").statuses == ("correct",)
    write_text(tmp_path / "own" / "set" / "labels.jsonl", "")
    with pytest.raises(ValueError, match=r"its subfolder set/ holds some: name .*own/set"):
        recognize_format(tmp_path / "own")


@pytest.mark.parametrize("only_imfd", [False, True])
def test_maskedface_net(only_imfd: bool, tmp_path: Path) -> None:
    files = {
        "CMFD/00000/00000_Mask.jpg": "correct",
        "IMFD/00000/00001_Mask_Mouth_Chin.jpg": "nose_exposed",
        "IMFD/00000/00002_Mask_Nose_Mouth.jpg": "incorrect",
        "IMFD/01000/01002_Mask_Chin.jpg": "below_mouth",
    }
    for name in files:
        write_image(tmp_path / "m" / name)
    records = read_labels(tmp_path / "m" / "IMFD" if only_imfd else tmp_path / "m")
    assert len(records) == (3 if only_imfd else 4)
    assert recognize_format(tmp_path / "m") == "classes"
    for record in records:
        assert (record.statuses[0],) == tuple(
            status for name, status in files.items() if name.endswith(record.path.name)
        )
    # The same photo with the mask worn in another way is no other photo.
    write_image(tmp_path / "m" / "IMFD" / "00000" / "00000_Mask_Chin.jpg")
    groups = {r.path.name: r.group for r in read_labels(tmp_path / "m")}
    assert groups["00000_Mask.jpg"] == groups["00000_Mask_Chin.jpg"]
    assert len(set(groups.values())) == 4


def test_a_file_name_that_contradicts_its_folder(tmp_path: Path) -> None:
    write_image(tmp_path / "CMFD" / "00001_Mask_Chin.jpg")
    with pytest.raises(ValueError, match=r"'Mask_Chin' \(below_mouth\), its folder 'CMFD' \(corr"):
        read_labels(tmp_path)


def test_classes_with_subfolders(tmp_path: Path) -> None:
    for name in ("data/with_mask/day1/a.jpg", "data/with_mask/day2/a.jpg", "data/NoMask/a.jpg"):
        write_image(tmp_path / name)
    records = read_labels(tmp_path)
    assert [r.statuses for r in records] == [("no_mask",), ("correct",), ("correct",)]
    assert len({r.group for r in records}) == 3


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("masked_face", "correct"),
        ("unmasked_face", "no_mask"),
        ("incorrectly_masked_face", "incorrect"),
        ("invalid_face", "ignore"),
        ("face_nomask", "no_mask"),
        ("unmask", "no_mask"),
        ("mask_worned_incorrect", "incorrect"),
        ("MaskWornIncorrectly", "incorrect"),
        ("With Mask", "correct"),
    ],
)
def test_names_of_public_data_sets(name: str, status: str, tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    write_voc(tmp_path / "a.xml", "a.jpg", (name, 20, 30, 60, 80))
    assert only(tmp_path).statuses == (status,)


def test_text_of_windows(tmp_path: Path) -> None:
    """Latin-1, UTF-16, byte order marks and upper-case suffixes."""
    write_image(tmp_path / "images" / "größe.JPG")
    xml = "<annotation><filename>größe.jpg</filename><object><name>With_Mask</name><bndbox>"
    xml += "<xmin>40</xmin><ymin>30</ymin><xmax>120</xmax><ymax>90</ymax></bndbox></object>"
    for encoding in ("latin-1", "utf-8-sig", "utf-16"):
        file = tmp_path / "Annotations" / "größe.XML"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes((xml + "</annotation>\r\n").encode(encoding))
        assert only(tmp_path).boxes.tolist() == [BOX]
    file.unlink()
    for encoding in ("latin-1", "utf-8-sig", "utf-16"):
        (tmp_path / "labels").mkdir(exist_ok=True)
        (tmp_path / "labels" / "größe.TXT").write_bytes("0 .4 .4 .4 .4\r\n".encode(encoding))
        (tmp_path / "classes.txt").write_bytes("with_mask\r\nsüß\r\n".encode(encoding))
        np.testing.assert_allclose(only(tmp_path).boxes, [BOX], atol=0.01)

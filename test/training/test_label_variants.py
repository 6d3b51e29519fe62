# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels that contradict themselves, and further layouts and files of the same tools."""

from __future__ import annotations

import json
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_training.data.formats import ReadOptions, read_labels, read_parts
from mask_detector_training.data.formats.faults import Faults
from mask_detector_training.data.formats.record import Record
from support.label_files import write_image, write_noise, write_text, write_voc

BOX = [40, 30, 80, 60]
"""In pixels of an image of 200 x 150; in YOLO 0.4 0.4 0.4 0.4."""
ROW = "0 0.4 0.4 0.4 0.4\n"
NAMES = "names: [with_mask, without_mask]\n"
EDGES = "filename,class,xmin,ymin,xmax,ymax\n"


def only(root: Path) -> Record:
    (record,) = read_labels(root)
    return record


def splits(root: Path) -> dict[str, list[str]]:
    """Paths of the images by split, relative to the folder."""
    faults = Faults()
    parts = read_parts(root, ReadOptions(), faults)
    faults.raise_all(root)
    return {
        split: [record.path.relative_to(root).as_posix() for record in part]
        for split, part in parts.items()
    }


def coco(root: Path, images: list[Any], annotations: list[Any], names: list[Any]) -> Path:
    content = {
        "images": [{"width": 200, "height": 150, **image} for image in images],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": 1, "bbox": BOX, **annotation}
            for n, annotation in enumerate(annotations)
        ],
        "categories": names,
    }
    return write_text(root / "labels.json", json.dumps(content))


MASK = [{"id": 1, "name": "with_mask"}]


def test_images_with_the_same_id_are_refused(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        write_image(tmp_path / name)
    images = [{"id": 1, "file_name": n} for n in ("a.jpg", "b.jpg")]
    coco(tmp_path, [*images, {"id": 2, "file_name": "c.jpg"}], [{}, {"image_id": 2}], MASK)
    faults = Faults()
    (part,) = read_parts(tmp_path, ReadOptions(), faults).values()
    assert [record.path.name for record in part] == ["c.jpg"]
    assert faults.left_out == 2
    assert "image 1 (a.jpg): 2 images have this id" in str(faults.errors[0])


def test_categories_with_the_same_id_are_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    names = [{"id": 1, "name": "with_mask"}, {"id": 1, "name": "without_mask"}]
    coco(tmp_path, [{"id": 1, "file_name": "a.jpg"}], [{}], names)
    with pytest.raises(ValueError, match="'with_mask' and 'without_mask' have the same id 1"):
        read_labels(tmp_path)


def test_ids_as_text_and_as_numbers(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    annotation = {"image_id": 1.0, "category_id": "1"}
    coco(tmp_path, [{"id": "1", "file_name": "http://host/up/a.jpg?v=1"}], [annotation], MASK)
    write_text(tmp_path / "captions.json", '{"images": [], "annotations": [{"caption": "a face"}]}')
    np.testing.assert_allclose(only(tmp_path).boxes, [BOX])


@pytest.mark.parametrize("size", ["400.0", 400.0, "400"])
def test_sizes_as_text_and_as_fractions_are_compared(size: object, tmp_path: Path) -> None:
    write_image(tmp_path / "coco" / "a.jpg")
    image = {"id": 1, "file_name": "a.jpg", "width": size, "height": size}
    coco(tmp_path / "coco", [image], [{}], MASK)
    write_image(tmp_path / "voc" / "a.jpg")
    write_voc(tmp_path / "voc" / "a.xml", "a.jpg", ("mask", 1, 2, 30, 40), size=(size, size))  # type: ignore[arg-type]
    write_image(tmp_path / "cvat" / "a.jpg")
    image_tag = f'<image name="a.jpg" width="{size}" height="{size}"/>'
    write_text(tmp_path / "cvat" / "a.xml", f"<annotations>{image_tag}</annotations>")
    for name in ("coco", "voc", "cvat"):
        with pytest.raises(ValueError, match=r"labels are for 400 x 400 pixels, but .* 200 x 150"):
            read_labels(tmp_path / name)


def test_one_box_with_two_classes_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    faces = (("with_mask", 10, 20, 60, 80), ("without_mask", 10, 20, 60, 80))
    write_voc(tmp_path / "a.xml", "a.jpg", *faces)
    message = r"a\.xml object 2: the box .* is 'no_mask', but 'correct' in .*a\.xml object 1"
    with pytest.raises(ValueError, match=message):
        read_labels(tmp_path)
    row = {"image": "a.jpg", "source": "x", "group": "a", "width": 200, "height": 150}
    own = [{"box": BOX, "status": status} for status in ("correct", "no_mask")]
    file = write_text(tmp_path / "own" / "train.jsonl", json.dumps({**row, "faces": own}))
    with pytest.raises(ValueError, match=r"line 1: .* is 'no_mask', but 'correct' in another face"):
        read_labels(file)


def test_a_face_labeled_twice_is_one(tmp_path: Path) -> None:
    write_image(tmp_path / "images" / "a.jpg")
    write_text(tmp_path / "labels" / "a.txt", ROW * 2 + "1 0.8 0.8 0.1 0.1\n" + ROW)
    write_text(tmp_path / "data.yaml", NAMES)
    faults = Faults()
    ((record,),) = read_parts(tmp_path, ReadOptions(), faults).values()
    assert record.statuses == ("correct", "no_mask")
    np.testing.assert_allclose(record.boxes[0], BOX, atol=0.01)
    (note,) = faults.notes
    assert "same face labeled more than once" in note


def test_two_boxes_in_one_object_are_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    write_voc(tmp_path / "a.xml", "a.jpg", ("mask", 10, 20, 60, 80))
    text = (tmp_path / "a.xml").read_text()
    write_text(tmp_path / "a.xml", text.replace("</object>", "<bndbox></bndbox></object>"))
    with pytest.raises(ValueError, match=r"a\.xml object 1: more than one <bndbox>"):
        read_labels(tmp_path)


def test_a_face_without_a_class_name(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    write_voc(tmp_path / "a.xml", "a.jpg", (" ", 10, 20, 60, 80))
    with pytest.raises(ValueError, match=r"a\.xml: a face has no class name; add it"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "with_mask,40,30,80,60,a.jpg,200,150\n",
        "label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\n"
        "with_mask,40,30,80,60,a.jpg,200,150\n",
        "image;x;y;w;h;label\na.jpg;40;30;80;60;with_mask\n",
        "filename,x,y,width,height,class\na.jpg,40,30,80,60,with_mask\n",
        "filename,left,top,width,height,class\na.jpg,40,30,80,60,with_mask\n",
        "filename,class,xmin,ymin,xmax,ymax,w,h\na.jpg,with_mask,40,30,120,90,80,60\n",
        EDGES + "a.jpg,with_mask,0.2,0.2,0.6,0.6\n",
    ],
)
def test_csv_with_other_boxes(content: str, tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    write_text(tmp_path / "labels_my-project.csv", content)
    np.testing.assert_allclose(only(tmp_path).boxes, [BOX], atol=0.01)


def test_fractions_a_little_beyond_the_edge(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    write_text(tmp_path / "a.csv", EDGES + "a.jpg,with_mask,-0.01,0.2,0.6,1.002\n")
    np.testing.assert_allclose(only(tmp_path).boxes, [[0, 30, 120, 120]], atol=0.01)


def test_corner_or_center_of_fractions_is_not_guessed(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg")
    write_text(tmp_path / "a.csv", "filename,x,y,w,h,class\na.jpg,0.2,0.2,0.4,0.4,mask\n")
    with pytest.raises(ValueError, match="can be their corner or their center; write xmin"):
        read_labels(tmp_path)


def test_tags_and_masks_of_cvat(tmp_path: Path) -> None:
    for name in ("a.jpg", "sub/a.jpg", "b.jpg"):
        write_noise(tmp_path / "images" / name, len(name))
    mask = '<mask label="mask" left="40" top="30" width="80" height="60" rle="1"/>'
    images = "".join(
        f'<image name="{name}" width="200" height="150">{shapes}</image>'
        for name, shapes in (
            ("a.jpg", f'<tag label="blurred"/>{mask}'),
            ("sub/a.jpg", ""),
            ("b.jpg", '<tag label="mask"/>'),
        )
    )
    write_text(tmp_path / "annotations.xml", f"<annotations>{images}</annotations>")
    faults = Faults()
    ((first, second),) = read_parts(tmp_path, ReadOptions(), faults).values()
    assert first.path == tmp_path / "images" / "a.jpg"
    np.testing.assert_allclose(first.boxes, [BOX])
    assert second.path == tmp_path / "images" / "sub" / "a.jpg"
    assert second.statuses == ()
    (error,) = faults.errors
    assert "image b.jpg tag 1: the shape 'tag' does not show where a face is" in str(error)
    (note,) = faults.notes
    assert "1 images with tags of the whole image" in note


def test_names_composed_in_another_way(tmp_path: Path) -> None:
    composed, decomposed = (unicodedata.normalize(form, "müller") for form in ("NFC", "NFD"))
    write_image(tmp_path / "voc" / "images" / f"{decomposed}.jpg")
    file = tmp_path / "voc" / "annotations" / f"{composed}.xml"
    write_voc(file, f"{composed}.jpg", ("mask", 40, 30, 120, 90))
    write_image(tmp_path / "csv" / f"{decomposed}.jpg")
    write_text(tmp_path / "csv" / "a.csv", f"{EDGES}{composed}.jpg,mask,40,30,120,90\n")
    for name in ("voc", "csv"):
        np.testing.assert_allclose(only(tmp_path / name).boxes, [BOX])


def test_a_declared_encoding_that_the_parser_lacks(tmp_path: Path) -> None:
    write_image(tmp_path / "口罩.jpg")
    write_voc(tmp_path / "口罩.xml", "口罩.jpg", ("mask", 40, 30, 120, 90), ("口罩", 1, 2, 9, 9))
    text = (tmp_path / "口罩.xml").read_text()
    declaration = '<?xml version="1.0" encoding="gb2312"?>\n'
    (tmp_path / "口罩.xml").write_bytes((declaration + text).encode("gb2312"))
    with pytest.raises(ValueError, match="class '口罩' is not known"):
        read_labels(tmp_path)


@pytest.mark.parametrize("wrapper", ["", "VOCdevkit/VOC2007/"])
def test_splits_stated_further_below(wrapper: str, tmp_path: Path) -> None:
    for root in (tmp_path / wrapper / "one", tmp_path / wrapper / "two"):
        for name in "abc":
            write_image(root / "JPEGImages" / f"{name}.jpg")
            write_voc(root / "Annotations" / f"{name}.xml", f"{name}.jpg", ("mask", 1, 2, 30, 40))
        for split, name in (("train", "a"), ("val", "b"), ("test", "c")):
            write_text(root / "ImageSets" / "Main" / f"{split}.txt", f"{name}\n")
    for split, name in (("train", "a"), ("val", "b"), ("test", "c")):
        expected = [f"{wrapper}{place}/JPEGImages/{name}.jpg" for place in ("one", "two")]
        assert splits(tmp_path)[split] == expected


def test_yaml_further_below_and_of_other_programs(tmp_path: Path) -> None:
    for name in "ab":
        write_image(tmp_path / "archive" / "images" / f"{name}.jpg")
        write_text(tmp_path / "archive" / "labels" / f"{name}.txt", ROW)
    write_text(tmp_path / "archive" / "tr.txt", "./images/a.jpg\n")
    write_text(tmp_path / "archive" / "va.txt", "./images/b.jpg\n")
    paths = "path: /home/someone/else\ntrain: tr.txt\nval: va.txt\n"
    write_text(tmp_path / "archive" / "data.yaml", paths + NAMES)
    write_text(tmp_path / "runs" / "train" / "args.yaml", "names:\ntrain: true\n")
    found = splits(tmp_path)
    assert found == {"train": ["archive/images/a.jpg"], "val": ["archive/images/b.jpg"]}


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("{}_images", "{}_labels"),
        ("{}/img", "{}/ann"),
        ("FMLD_images/{}", "FMLD_annotations/{}"),
    ],
)
def test_folders_with_longer_names(images: str, labels: str, tmp_path: Path) -> None:
    for split in ("train", "val"):
        write_image(tmp_path / images.format(split) / "a.jpg")
        file = tmp_path / labels.format(split) / "a.xml"
        write_voc(file, "a.jpg", ("mask", 40, 30, 120, 90))
    expected = {split: [f"{images.format(split)}/a.jpg"] for split in ("train", "val")}
    assert splits(tmp_path) == expected


def test_archives_and_other_files_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "download" / "faces.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("images/a.jpg", "x")
    labels = write_text(tmp_path / "annotations.xml", "<annotations/>")
    convert = ["data", "convert"]
    end = [str(tmp_path / "out"), "--to", "jsonl"]
    for arguments, message in (
        ([*convert, str(archive), *end], "faces.zip is an archive; unpack it, and name the folder"),
        ([*convert, str(archive.parent), *end], "faces.zip is an archive: unpack it"),
        (["data", "check", "--data", str(archive)], "faces.zip is an archive; unpack it"),
        ([*convert, str(labels), *end], "annotations.xml is neither a folder nor a .jsonl file"),
    ):
        assert main(arguments) == 2
        assert message in capsys.readouterr().err


def test_equal_faults_are_listed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(12):
        write_image(tmp_path / "images" / f"{number}.jpg")
        write_text(tmp_path / "labels" / f"{number}.txt", ROW)
    write_text(tmp_path / "labels" / "11.txt", ROW + "1 0.5 0.5 0.1 0.1\n")
    write_text(tmp_path / "data.yaml", "names: [face, bad]\n")
    assert main(["data", "convert", str(tmp_path), str(tmp_path / "out"), "--to", "voc"]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[1] == "  12 x class 'face' is not known"
    assert lines[2].endswith("(12 times)")
    assert lines[3] == "  1 x class 'bad' is not known"
    assert len(lines) == 5


@pytest.mark.parametrize("format_name", ["yolo", "voc", "csv", "cvat", "coco"])
def test_one_fault_does_not_hide_others_of_the_image(format_name: str, tmp_path: Path) -> None:
    """A box that is no box, one without area, and a class that is not known."""
    write_image(tmp_path / "a.jpg")
    boxes = (("mask", "x", 2, 30, 40), ("mask", 9, 2, 9, 40), ("bandana", 1, 2, 30, 40))
    if format_name == "yolo":
        write_text(tmp_path / "classes.txt", "mask\nbandana\n")
        write_text(tmp_path / "a.txt", "0 x 0.5 0.1 0.1\n0 0.5 0.5 0 0.1\n1 0.5 0.5 0.1 0.1\n")
    elif format_name == "voc":
        write_voc(tmp_path / "a.xml", "a.jpg", *boxes)  # type: ignore[arg-type]
    elif format_name == "csv":
        rows = "".join(f"a.jpg,{','.join(map(str, box))}\n" for box in boxes)
        write_text(tmp_path / "a.csv", EDGES + rows)
    elif format_name == "cvat":
        edges = ("label", "xtl", "ytl", "xbr", "ybr")
        shapes = (zip(edges, box, strict=True) for box in boxes)
        drawn = "".join(f"<box {' '.join(f'{k}={str(v)!r}' for k, v in s)}/>" for s in shapes)
        image = f'<image name="a.jpg">{drawn}</image>'
        write_text(tmp_path / "a.xml", f"<annotations>{image}</annotations>")
    else:
        annotations = [{"bbox": ["x", 2, 3, 4]}, {"bbox": [1, 2, 0, 4]}, {"category_id": 2}]
        names = [*MASK, {"id": 2, "name": "bandana"}]
        coco(tmp_path, [{"id": 1, "file_name": "a.jpg"}], annotations, names)
    faults = Faults()
    (part,) = read_parts(tmp_path, ReadOptions(), faults).values()
    assert (len(part), faults.left_out, len(faults.errors)) == (0, 1, 3)
    assert "class 'bandana' is not known" in faults.report()
    assert "has no area" in faults.report()


def test_two_lines_for_one_image(tmp_path: Path) -> None:
    row = {"image": "a.jpg", "source": "x", "group": "a", "width": 200, "height": 150}
    first, second = (
        json.dumps({**row, "faces": [{"box": box, "status": "correct"}]})
        for box in (BOX, [1, 2, 30, 40])
    )
    file = write_text(tmp_path / "labels.jsonl", f"{first}\n{second}\n")
    faults = Faults()
    assert read_parts(file, ReadOptions(), faults) == {"": []}
    assert faults.report().strip().splitlines() == [
        "1 x two lines for one image",
        f"    {tmp_path / 'a.jpg'} is labeled by 2 lines; remove all but one",
    ]


def test_fractions_in_own_labels(tmp_path: Path) -> None:
    row = {"image": "a.jpg", "source": "x", "group": "a", "width": 200, "height": 150}
    faces = [{"box": [0.1, 0.2, 0.3, 0.4], "status": "correct"}]
    file = write_text(tmp_path / "train.jsonl", json.dumps({**row, "faces": faces}))
    with pytest.raises(ValueError, match="line 1: a box is in fractions of the image instead of"):
        read_labels(file)


def test_names_stated_twice_in_one_yaml_file(tmp_path: Path) -> None:
    write_image(tmp_path / "images" / "a.jpg")
    write_text(tmp_path / "labels" / "a.txt", ROW)
    write_text(tmp_path / "data.yaml", NAMES + "names: [without_mask, with_mask]\n")
    with pytest.raises(ValueError, match=r"data\.yaml .* line 1: 'names' is there twice"):
        read_labels(tmp_path)

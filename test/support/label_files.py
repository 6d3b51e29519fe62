# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Label files of other tools: the same image and faces in every layout."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

VOC = """<annotation>
  <folder>images</folder><filename>a.png</filename><path>C:\\photos\\a.png</path>
  <source><database>Unknown</database></source>
  <size><width>200</width><height>150</height><depth>3</depth></size>
  <object><name>With_Mask</name><difficult>0</difficult>
    <bndbox><xmin>20</xmin><ymin>30</ymin><xmax>60</xmax><ymax>80</ymax></bndbox></object>
  <object><name>mask_weared_incorrect</name>
    <bndbox><xmin>-4</xmin><ymin>100</ymin><xmax>36</xmax><ymax>153</ymax></bndbox></object>
</annotation>
"""
YOLO = "0 0.2 0.366667 0.2 0.333333\n2 0.08 0.843333 0.2 0.353333\n"


def write_image(path: Path, width: int = 200, height: int = 150) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((height, width, 3), 90, np.uint8))
    return path


def write_text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def set_orientation(path: Path, orientation: int) -> Path:
    """Put an EXIF orientation into a JPEG file."""
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"
    exif += bytes([orientation, 0, 0, 0, 0, 0, 0, 0])
    data = path.read_bytes()
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
    return path


def write_voc(
    path: Path,
    filename: str,
    *objects: tuple[str, float, float, float, float],
    size: tuple[int, int] | None = (200, 150),
) -> Path:
    """Write a VOC file; an object is its class name and xmin, ymin, xmax, ymax."""
    edges = ("xmin", "ymin", "xmax", "ymax")
    faces = "".join(
        f"<object><name>{name}</name><bndbox>"
        + "".join(f"<{edge}>{value}</{edge}>" for edge, value in zip(edges, box, strict=True))
        + "</bndbox></object>"
        for name, *box in objects
    )
    stated = f"<size><width>{size[0]}</width><height>{size[1]}</height></size>" if size else ""
    text = f"<annotation><filename>{filename}</filename>{stated}{faces}</annotation>"
    return write_text(path, text)


def write_noise(path: Path, seed: int = 0, width: int = 200, height: int = 150) -> Path:
    """Write an image of coarse noise, different for every seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(0, 255, (9, 8, 3), np.uint8)
    assert cv2.imwrite(str(path), cv2.resize(small, (width, height)))
    return path


def voc_beside(root: Path) -> None:
    write_image(root / "a.png")
    write_text(root / "a.xml", VOC)


def voc_apart(root: Path) -> None:
    write_image(root / "images" / "a.png")
    write_text(root / "Annotations" / "a.xml", VOC.replace("<width>200", "<width>0"))


def voc_without_suffix(root: Path) -> None:
    write_image(root / "JPEGImages" / "a.png")
    write_text(root / "Annotations" / "a.xml", VOC.replace("a.png</filename>", "a</filename>"))


def yolo_beside(root: Path) -> None:
    write_image(root / "a.png")
    write_text(root / "a.txt", YOLO)
    write_text(root / "classes.txt", "with_mask\nwithout_mask\r\nincorrect_mask\n")


def yolo_apart(root: Path) -> None:
    write_image(root / "images" / "a.png")
    write_text(root / "labels" / "a.txt", YOLO)
    write_text(root / "README.txt", "not a label file")
    write_text(root.parent / "data.yaml", "names: [mask, no-mask, improper mask]\n")


def yolo_darknet(root: Path) -> None:
    write_image(root / "obj_train_data" / "a.png")
    write_text(root / "obj_train_data" / "a.txt", YOLO)
    write_text(root / "obj.names", "Masked\nunmasked\nincorrectly-masked\n")

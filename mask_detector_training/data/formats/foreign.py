# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Formats of labels that are known but not read: their names, for the error message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mask_detector_training.data.formats.coco import load_json
from mask_detector_training.data.formats.csv_labels import EXPECTED as EXPECTED_COLUMNS
from mask_detector_training.data.formats.csv_labels import SUFFIXES as CSV_SUFFIXES
from mask_detector_training.data.formats.faults import LabelError
from mask_detector_training.data.formats.text_files import read_label_text
from mask_detector_training.data.formats.tree import walk_files
from mask_detector_training.data.formats.xml_files import root_tag

EXPORT = "export it again from the labeling tool as COCO JSON, PASCAL VOC or YOLO"
WRITE_CSV = (
    "write a CSV file from it whose first line is filename,width,height,class,xmin,ymin,xmax,ymax"
)
BY_SUFFIX = {
    ".tfrecord": ("TFRecord", EXPORT),
    ".tfrecords": ("TFRecord", EXPORT),
    ".record": ("TFRecord", EXPORT),
    ".parquet": ("Parquet", "write images and a COCO JSON file or class folders from it"),
    ".mat": ("MATLAB", WRITE_CSV),
}  # fmt: skip
"""Suffix -> format, and what to do."""
JSON_FORMATS: Mapping[str, tuple[Callable[[Mapping[str, Any]], bool], str]] = {
    "LabelMe": (
        lambda first: "shapes" in first and "imagePath" in first,
        "convert it with labelme's own script labelme2coco.py, or labelme2voc.py for boxes",
    ),
    "Label Studio": (
        lambda first: "data" in first and bool({"annotations", "completions"} & set(first)),
        "export the project again as COCO, YOLO or Pascal VOC XML",
    ),
    "VGG Image Annotator": (
        lambda first: "_via_img_metadata" in first or {"filename", "regions"} <= set(first),
        "export the project again as COCO",
    ),
    "CreateML": (
        lambda first: "image" in first and "annotations" in first,
        "export the data set again as COCO JSON, PASCAL VOC or YOLO",
    ),
    "COCO results": (
        lambda first: {"image_id", "bbox", "score"} <= set(first),
        "these are detections of a model; name the file of the labels",
    ),
    "Datumaro": (lambda first: {"items", "categories"} <= set(first), EXPORT),
    "Supervisely": (lambda first: {"objects", "size"} <= set(first), EXPORT),
}
"""Format -> whether a first entry of a JSON file is of it, and what to do."""


def describe_foreign(folder: Path) -> str | None:
    """One sentence on labels of a format that is not read; None if there are none."""
    for file in walk_files(folder, BY_SUFFIX):
        return _sentence(file, *BY_SUFFIX[file.suffix.lower()])
    for file in walk_files(folder, [".json"]):
        try:
            found = _json_format(load_json(file))
        except LabelError as error:
            return str(error)
        return _sentence(file, *(found or ("JSON of an unknown kind", EXPORT)))
    for file in walk_files(folder, [".xml"]):
        if root_tag(file) == "dataset":
            return _sentence(file, "dlib's imglab", WRITE_CSV)
    for file in walk_files(folder, CSV_SUFFIXES):
        if "region_shape_attributes" in read_label_text(file):
            return _sentence(file, "VGG Image Annotator", "export the project again as COCO")
        return f"the columns of {file} are not known; {EXPECTED_COLUMNS}"
    return None


def _sentence(file: Path, name: str, remedy: str) -> str:
    return f"{file} holds labels in the format {name}, which is not read; {remedy}"


def _json_format(content: Any) -> tuple[str, str] | None:
    """Name and remedy of the format of JSON content."""
    entries = [content]
    if isinstance(content, list):
        entries = content[:1]
    elif isinstance(content, dict):
        entries += list(content.values())[:1]
    for entry in entries:
        if isinstance(entry, dict):
            for name, (is_format, remedy) in JSON_FORMATS.items():
                if is_format(entry):
                    return name, remedy
    return None

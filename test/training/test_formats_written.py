# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Written data sets can be read again, and an error leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mask_detector_training.data.formats import find_parts, read_labels
from mask_detector_training.data.formats.dataset_writer import write_dataset
from mask_detector_training.data.formats.jsonl_labels import load_records
from mask_detector_training.data.formats.record import STATUSES, Record
from support.drawn_data import write_data
from support.label_files import (
    write_image,
    write_text,
)


def assert_same(before: list[Record], after: list[Record]) -> None:
    assert 0 < len(before) == len(after)
    by_name = {record.path.name: record for record in after}
    for record in before:
        other = by_name[record.path.name]
        assert other.statuses == record.statuses
        assert other.size == record.size
        np.testing.assert_allclose(record.boxes[:, :2], other.boxes[:, :2], atol=0.501)
        far = [r.boxes[:, :2] + r.boxes[:, 2:] for r in (record, other)]
        np.testing.assert_allclose(far[0], far[1], atol=0.501)
        assert np.array_equal(record.load(), other.load())


@pytest.mark.parametrize("format_name", ["voc", "yolo"])
def test_conversion_there_and_back(format_name: str, tmp_path: Path) -> None:
    faces = write_data(tmp_path / "data", scenes=4) / "faces"
    rows = [json.loads(line) for line in (faces / "train.jsonl").read_text().splitlines()]
    for number, face in enumerate(face for row in rows for face in row["faces"]):
        face["status"] = STATUSES[number % len(STATUSES)]
        face["box"] = [value + 0.37 for value in face["box"]]
    rows[0]["faces"] = []
    write_text(faces / "train.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    (faces / "val.jsonl").rename(faces / "heads.jsonl")
    parts = {name: read_labels(path) for name, path in find_parts(faces).items()}
    assert set(parts) == {"train", "heads", "test"}
    write_dataset(tmp_path / "there", parts, format_name, link=True)
    there = {name: read_labels(path) for name, path in find_parts(tmp_path / "there").items()}
    write_dataset(tmp_path / "back", there, "jsonl", link=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["back", "data", "there"]
    for name, records in parts.items():
        back = load_records(tmp_path / "back" / f"{name}.jsonl")
        assert_same(records, back)
        if format_name == "voc":
            assert [r.group for r in back] == [r.group for r in records]
            assert {r.source for r in back} == {"drawn"}


def test_boxes_beyond_the_edge_are_clipped_in_other_formats(tmp_path: Path) -> None:
    faces = write_data(tmp_path / "data", scenes=1) / "faces"
    row = json.loads((faces / "train.jsonl").read_text())
    row["faces"] = [{"box": [-10.0, 100.0, 40.0, 60.0], "status": "correct"}]
    write_text(faces / "train.jsonl", json.dumps(row))
    records = load_records(faces / "train.jsonl")
    assert records[0].boxes.tolist() == [[-10, 100, 40, 60]]
    for to in ("voc", "yolo"):
        write_dataset(tmp_path / to, {"": records}, to, link=True)
        (record,) = read_labels(tmp_path / to)
        np.testing.assert_allclose(record.boxes, [[0, 100, 30, 50]], atol=0.01)


def test_images_with_the_same_name_stay_separate(tmp_path: Path) -> None:
    for place in ("mask/1.png", "mask/1.bmp", "no_mask/1.png", "no_mask/classes.png"):
        write_image(tmp_path / "in" / place)
    records = read_labels(tmp_path / "in")
    for to in ("jsonl", "voc", "yolo"):
        write_dataset(tmp_path / to, {"": records}, to, link=False)
        again = [r for path in find_parts(tmp_path / to).values() for r in read_labels(path)]
        assert len({r.path for r in again}) == 4
        assert sorted(r.statuses for r in again) == sorted(r.statuses for r in records)


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    faces = write_data(tmp_path / "data", scenes=2) / "faces"
    records = load_records(faces / "train.jsonl")
    write_image(records[1].path, 100, 75)
    with pytest.raises(ValueError, match=r"is 100 x 75 pixels, but its labels .* 200 x 150"):
        write_dataset(tmp_path / "out", {"train": records}, "voc", link=False)
    records[1].path.unlink()
    with pytest.raises(ValueError, match="cannot be read as an image"):
        write_dataset(tmp_path / "out", {"train": records}, "jsonl", link=False)
    assert [p.name for p in tmp_path.iterdir()] == ["data"]
    with pytest.raises(ValueError, match="is not empty; name a new or an empty folder"):
        write_dataset(faces, {"train": records}, "voc", link=False)
    with pytest.raises(ValueError, match="no labeled images to write"):
        write_dataset(tmp_path / "out", {"train": []}, "voc", link=False)

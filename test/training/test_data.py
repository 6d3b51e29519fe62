# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading of splits, checks against leakage, and pseudo-labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mask_detector_training.data.datasets import (
    DATA_VARIABLE,
    check_groups,
    check_names,
    data_root,
    digest,
    load_records,
    load_split,
    load_splits,
)
from mask_detector_training.data.formats import read_labels
from mask_detector_training.data.formats.dataset_writer import write_dataset
from mask_detector_training.data.pseudo_labels import load_pseudo_labels, match_detections
from mask_detector_training.data.teachers import DetectedFaces
from support.drawn_data import write_data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


def test_records(data: Path) -> None:
    records = load_split(data, "train", training_only=True)
    assert {r.folder for r in records} == {"faces", "crops"}
    first = records[0]
    assert first.boxes.shape == (2, 4)
    assert first.load().shape == (150, 200, 3)
    assert first.size == (200, 150)
    assert first.key == "faces/train_0.png"


def test_a_bad_row_is_named(data: Path) -> None:
    file = data / "faces" / "train.jsonl"
    rows = file.read_text().splitlines()
    bad = json.loads(rows[1])
    bad["faces"][0]["status"] = "upside_down"
    file.write_text("\n".join([rows[0], json.dumps(bad)]))
    with pytest.raises(ValueError, match=r"train.jsonl line 2: .*upside_down.*is not one of"):
        load_records(file)
    file.write_text('{"image": "a.png"}')
    with pytest.raises(ValueError, match=r"line 1: .*expected image, source"):
        load_records(file)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ([10, 10, 0, 20], "a box has no area"),
        ([10, 10, float("nan"), 20], "a box has no area or is not finite"),
        ([10, 10, 20], "cannot reshape"),
        ([300, 10, 20, 20], "a box is outside the image, which is 200 x 150"),
    ],
)
def test_a_bad_box_is_named(data: Path, box: list[float], message: str) -> None:
    file = data / "faces" / "val.jsonl"
    row = json.loads(file.read_text().splitlines()[0])
    row["faces"][0]["box"] = box
    file.write_text(json.dumps(row))
    with pytest.raises(ValueError, match=rf"val\.jsonl line 1: .*{message}"):
        load_records(file)


@pytest.mark.parametrize("name", ["group", "source"])
def test_a_missing_or_empty_field_is_named(data: Path, name: str) -> None:
    """Images whose group is null were all of one group, "None"."""
    file = data / "faces" / "val.jsonl"
    row = json.loads(file.read_text().splitlines()[0])
    file.write_text(json.dumps({**row, name: None}))
    with pytest.raises(ValueError, match=rf"val\.jsonl line 1: {name} is null"):
        load_records(file)
    del row[name]
    file.write_text(json.dumps(row))
    with pytest.raises(ValueError, match=rf"val\.jsonl line 1: '{name}' is missing"):
        load_records(file)


def test_labels_written_on_windows(data: Path) -> None:
    file = data / "faces" / "train.jsonl"
    text = file.read_text().replace("images/", "images\\\\").replace("\n", "\r\n")
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_split(data, "train")[0].load().shape == (150, 200, 3)


@pytest.mark.parametrize("format_name", ["voc", "yolo"])
def test_splits_in_folders(data: Path, tmp_path: Path, format_name: str) -> None:
    """A split may be a folder in another format, with a common name of the split."""
    for folder in ("faces", "crops"):
        for split, name in (("train", "Train"), ("val", "valid"), ("test", "test")):
            records = load_records(data / folder / f"{split}.jsonl")
            write_dataset(tmp_path / "other" / folder / name, {"": records}, format_name, link=True)
    splits = load_splits(tmp_path / "other")
    assert list(splits) == ["train", "val", "test"]
    for split, records in splits.items():
        before = load_split(data, split)
        assert len(before) == 12
        assert [r.statuses for r in records] == [r.statuses for r in before]
        assert [r.folder for r in records] == [r.folder for r in before]
        for one, other in zip(records, before, strict=True):
            np.testing.assert_allclose(one.boxes, other.boxes, atol=0.01)
    everything = [r for records in splits.values() for r in records]
    assert len({r.key for r in everything}) == len(everything)
    assert all(r.path.is_file() for r in everything)
    check_groups(splits["train"], splits["val"])


def test_class_folders_as_crops(data: Path) -> None:
    for split in ("train", "val", "test"):
        file = data / "crops" / f"{split}.jsonl"
        for record in load_records(file):
            place = data / "crops" / split / record.statuses[0] / record.path.name
            place.parent.mkdir(parents=True, exist_ok=True)
            record.path.rename(place)
        file.unlink()
    crops = [r for r in load_split(data, "train") if r.folder == "crops"]
    assert len(crops) == 6
    assert [r.statuses[0] for r in crops] == [r.path.parent.name for r in crops]
    assert crops[0].key == "crops/train/below_mouth/train_1.png"
    assert crops[0].boxes.tolist() == [[0, 0, 96, 96]]
    assert read_labels(data / "crops" / "val")[0].source == "val"


def test_missing_things_are_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    with pytest.raises(ValueError, match="give --data DIR or set"):
        data_root(None)
    with pytest.raises(ValueError, match="does not exist"):
        data_root(str(tmp_path / "nowhere"))
    monkeypatch.setenv(DATA_VARIABLE, str(data))
    assert data_root(None) == data
    record = load_split(data, "val")[0]
    record.path.write_bytes(b"not an image")
    with pytest.raises(ValueError, match="cannot be read as an image"):
        record.load()
    with pytest.raises(ValueError, match="has no train split"):
        load_split(tmp_path, "train")
    (data / "crops" / "val.jsonl").unlink()
    with pytest.raises(ValueError, match=r"val\.jsonl does not exist, nor .*; check the data f"):
        load_split(data, "val")


def test_splits_that_share_a_group_are_refused(data: Path) -> None:
    train, val = load_split(data, "train"), load_split(data, "val")
    check_groups(train, val)
    with pytest.raises(ValueError, match="1 groups are both in train"):
        check_groups(train, [*val, train[3]])


def test_images_with_the_same_name_are_refused(data: Path) -> None:
    file = data / "faces" / "train.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    check_names(load_split(data, "train"))
    for number, row in enumerate(rows[:2]):
        place = data / "faces" / "images" / f"part{number}" / "same.png"
        place.parent.mkdir()
        (data / "faces" / row["image"]).rename(place)
        row["image"] = f"images/part{number}/same.png"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ValueError, match=r"1 image names are used .*\(faces/same\.png\)"):
        check_names(load_split(data, "train"))


def test_the_digest_is_that_of_the_labels(data: Path, tmp_path: Path) -> None:
    before = digest(load_split(data, "val"))
    moved = data.rename(tmp_path / "moved")
    assert digest(load_split(moved, "val")) == before
    file = moved / "faces" / "val.jsonl"
    file.write_text(file.read_text().replace('"correct"', '"below_mouth"', 1))
    assert digest(load_split(moved, "val")) != before


def faces_at(*boxes: tuple[float, ...], score: float = 0.9) -> DetectedFaces:
    corners = np.array(boxes, np.float32).reshape(-1, 4)
    landmarks = np.repeat((corners[:, :2] + corners[:, 2:] / 2)[:, None], 5, axis=1)
    return DetectedFaces(corners, np.full(len(corners), score, np.float32), landmarks)


def test_the_teacher_gives_landmarks_and_ignored_faces(data: Path) -> None:
    record = load_split(data, "train")[0]
    shifted = record.boxes[1] + np.array([2, 2, 0, 0], np.float32)
    labels = match_detections(record, faces_at(tuple(shifted), (150, 100, 20, 25)))
    assert np.isnan(labels.landmarks[0]).all()
    assert np.allclose(labels.landmarks[1, 0], shifted[:2] + shifted[2:] / 2)
    assert np.array_equal(labels.boxes[:2], record.boxes)
    assert labels.ignored.tolist() == [False, False, True]
    low_confidence = match_detections(record, faces_at((150, 100, 20, 25), score=0.45))
    assert len(low_confidence.boxes) == 2


def test_heads_get_the_teachers_box_or_are_ignored(data: Path) -> None:
    (data / "faces" / "heads.jsonl").write_text((data / "faces" / "train.jsonl").read_text())
    record = load_records(data / "faces" / "heads.jsonl")[0]
    x, y, w, h = record.boxes[0]
    inner = (x + 0.2 * w, y + 0.3 * h, 0.6 * w, 0.6 * h)
    labels = match_detections(record, faces_at(inner))
    assert np.allclose(labels.boxes[0], inner)
    assert labels.ignored.tolist() == [False, True]


def test_pseudo_labels_without_a_teacher(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    records = load_split(data, "train")
    without = load_pseudo_labels(records, None, tmp_path / "none.npz")
    assert set(without) == {record.key for record in records}
    assert all(np.isnan(labels.landmarks).all() for labels in without.values())
    assert "without synthetic masks, whatever --synthetic-masks is" in caplog.text
    with pytest.raises(ValueError, match=r"weights .* do not exist; check --teacher"):
        load_pseudo_labels(records, tmp_path / "missing.onnx", tmp_path / "none.npz")
    (tmp_path / "none.npz").touch()
    with pytest.raises(ValueError, match=r"none\.npz is damaged or not an \.npz file"):
        load_pseudo_labels(records, None, tmp_path / "none.npz")

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.training.data import (
    DATA_VARIABLE,
    check_groups,
    data_root,
    load_records,
    load_split,
)
from mask_detector_ros.training.teacher import Faces, load_lessons, teach

from .drawn_data import write_data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


def test_records(data: Path) -> None:
    records = load_split(data, "train", heads=True)
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
    with pytest.raises(ValueError, match=r"train.jsonl line 2: .*upside_down.*none of"):
        load_records(file)
    file.write_text('{"image": "a.png"}')
    with pytest.raises(ValueError, match=r"line 1: .*expected image, source"):
        load_records(file)


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
    record.path.write_bytes(b"no picture")
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        record.load()
    with pytest.raises(ValueError, match="has no train split"):
        load_split(tmp_path, "train")


def test_splits_that_share_a_group_are_refused(data: Path) -> None:
    train, val = load_split(data, "train"), load_split(data, "val")
    check_groups(train, val)
    with pytest.raises(ValueError, match="1 groups lie both"):
        check_groups(train, [*val, train[3]])


def faces_at(*boxes: tuple[float, ...], score: float = 0.9) -> Faces:
    corners = np.array(boxes, np.float32).reshape(-1, 4)
    landmarks = np.repeat((corners[:, :2] + corners[:, 2:] / 2)[:, None], 5, axis=1)
    return Faces(corners, np.full(len(corners), score, np.float32), landmarks)


def test_the_teacher_gives_landmarks_and_doubtful_faces(data: Path) -> None:
    record = load_split(data, "train")[0]
    shifted = record.boxes[1] + np.float32([2, 2, 0, 0])
    taught = teach(record, faces_at(tuple(shifted), (150, 100, 20, 25)))
    assert np.isnan(taught.landmarks[0]).all()
    assert np.allclose(taught.landmarks[1, 0], shifted[:2] + shifted[2:] / 2)
    assert np.array_equal(taught.boxes[:2], record.boxes)
    assert taught.ignore.tolist() == [False, False, True]
    weak = teach(record, faces_at((150, 100, 20, 25), score=0.45))
    assert len(weak.boxes) == 2


def test_heads_take_the_teachers_box_or_are_ignored(data: Path) -> None:
    (data / "faces" / "heads.jsonl").write_text((data / "faces" / "train.jsonl").read_text())
    record = load_records(data / "faces" / "heads.jsonl")[0]
    x, y, w, h = record.boxes[0]
    inner = (x + 0.2 * w, y + 0.3 * h, 0.6 * w, 0.6 * h)
    taught = teach(record, faces_at(inner))
    assert np.allclose(taught.boxes[0], inner)
    assert taught.ignore.tolist() == [False, True]


def test_lessons_are_kept(data: Path, tmp_path: Path) -> None:
    records = load_split(data, "train")
    without = load_lessons(records, None, tmp_path / "none.npz")
    assert all(np.isnan(taught.landmarks).all() for taught in without.values())
    with pytest.raises(ValueError, match=r"teacher weights .* do not exist"):
        load_lessons(records, tmp_path / "missing.onnx", tmp_path / "none.npz")

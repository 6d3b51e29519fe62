# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders for training only, and faces whose wear nobody labeled."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_training.classifier.classifier_data import labeled_faces
from mask_detector_training.data.datasets import Record, digest, load_split
from mask_detector_training.data.formats.jsonl_labels import load_records, write_records
from mask_detector_training.data.pseudo_labels import load_pseudo_labels
from mask_detector_training.data.training_data import load_training_data
from mask_detector_training.data.training_only import load_agreement
from mask_detector_training.detector.detector_recipe import DetectorRecipe
from mask_detector_training.detector.detector_training import training_labels
from mask_detector_training.detector.mosaic import FACE as FACE_TARGET
from mask_detector_training.detector.mosaic import MosaicSampler
from mask_detector_training.evaluation.mapped_classes import CLASS_MAPPINGS, is_ambiguous
from support.drawn_data import write_data


def write_rows(file: Path, rows: list[dict[str, object]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def read_rows(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def add_folder(data: Path, name: str, like: str = "faces", split: str = "train") -> Path:
    """A training-only folder with other images of another folder's names."""
    folder = data / name
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = read_rows(data / like / f"{split}.jsonl")
    for row in rows:
        image = folder / str(row["image"])
        # Bytes after the end of a PNG are not part of the image.
        image.write_bytes((data / like / str(row["image"])).read_bytes() + name.encode())
        row["group"] = f"{name} {row['group']}"
    write_rows(folder / f"{name}{'' if split == 'train' else split}.jsonl", rows)
    return folder / f"{name}{'' if split == 'train' else split}.jsonl"


def with_teacher_labels(file: Path, score: float = 0.8, width: float | None = None) -> None:
    """Labels as teachers make them."""
    rows = read_rows(file)
    for row in rows:
        for face in row["faces"]:  # type: ignore[attr-defined]
            face.update(status="face", score=score)
            face["box"][2] = width or face["box"][2]
    write_rows(file, rows)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


def in_folder(records: list[Record], name: str) -> list[Record]:
    return [record for record in records if record.folder == name]


def test_folders_named_like_their_label_file_are_for_training_only(data: Path) -> None:
    add_folder(data, "street")
    add_folder(data, "crops_by_hand", like="crops")
    with_teacher_labels(add_folder(data, "pool"))
    with_teacher_labels(add_folder(data, "pool", split="val"))
    train, val = load_training_data(data)
    assert {record.folder for record in val} == {"faces", "crops"}
    assert len(train) == 12 + 3 * 6
    assert len({record.key for record in train}) == len(train)
    assert {r.close_up for r in in_folder(train, "crops_by_hand")} == {True}
    assert {r.close_up for r in in_folder(train, "street")} == {False}
    # Labels by eye do not say that all faces in the background are labeled.
    complete = {f: {r.complete for r in in_folder(train, f)} for f in ("faces", "street", "pool")}
    assert complete == {"faces": {True}, "street": {False}, "pool": {True}}
    assert {r.folder for r in load_split(data, "train")} == {"faces", "crops"}
    assert {name: len(part) for name, part in load_agreement(data).items()} == {"poolval": 6}


def test_dense_crowds_are_not_complete_unless_they_say_so(data: Path) -> None:
    file = add_folder(data, "pool")
    with_teacher_labels(file)
    rows = read_rows(file)
    crowd = [{"box": [4 * n, 5, 20, 24], "status": "face", "score": 0.7} for n in range(9)]
    rows[0]["faces"], rows[1]["faces"] = crowd, crowd
    rows[1]["complete"] = True
    rows[2]["complete"] = False
    write_rows(file, rows)
    complete = [r.complete for r in load_split(data, "train", training_only=True)[12:]]
    assert complete == [False, True, False, True, True, True]
    rows[3]["complete"] = "yes"
    write_rows(file, rows)
    with pytest.raises(ValueError, match=r"pool\.jsonl line 4: complete is 'yes' instead of true"):
        load_split(data, "train", training_only=True)


def test_a_face_without_wear_label_is_a_face_but_has_no_class(data: Path) -> None:
    file = data / "faces" / "train.jsonl"
    with_teacher_labels(file, score=0.75)
    records = [r for r in load_split(data, "train") if r.folder == "faces"]
    labels = load_pseudo_labels(records, None, data / "none.npz")
    first = labels[records[0].key]
    assert not first.ignored.any()
    assert first.scores.tolist() == [0.75, 0.75]
    _, targets = MosaicSampler(records, labels, 160, seed=4).sample(1)
    faces = targets[targets[:, 4] == FACE_TARGET]
    assert len(faces)
    assert not faces[:, 16:20].any()
    assert labeled_faces(records, labels, 0.0) == []
    assert all(
        is_ambiguous(mapping, "face", name)
        for mapping in CLASS_MAPPINGS.values()
        for name in mapping.names
    )


def test_no_background_is_learned_where_faces_may_be_unlabeled(data: Path) -> None:
    add_folder(data, "street")
    train = load_split(data, "train", training_only=True)
    scenes = [record for record in train if not record.close_up]
    before = load_pseudo_labels(scenes, None, data / "none.npz")
    labels = training_labels(before, scenes, DetectorRecipe(ignore_background=True))
    assert training_labels(before, scenes, DetectorRecipe()) is before
    for record in scenes:
        if record.folder == "faces":
            assert labels[record.key] is before[record.key]
            continue
        assert labels[record.key].boxes[-1].tolist() == [0, 0, *record.size]
        assert labels[record.key].ignored.tolist() == [False, False, True]
    street = [record for record in scenes if record.folder == "street"]
    _, targets = MosaicSampler(street, labels, 160, seed=4).sample(2)
    ignored = targets[targets[:, 4] < 0]
    faces = targets[targets[:, 4] == FACE_TARGET]
    assert len(ignored)
    assert len(faces)
    assert np.prod(ignored[:, 2:4] - ignored[:, :2], 1).sum() > 0.2 * 160 * 160


def test_narrow_faces_of_teachers_are_ignored(data: Path) -> None:
    with_teacher_labels(add_folder(data, "pool"), width=9.9)
    add_folder(data, "street")
    train, _ = load_training_data(data)
    assert {s for r in in_folder(train, "pool") for s in r.statuses} == {"ignore"}
    assert "ignore" not in {s for r in in_folder(train, "street") for s in r.statuses}
    with_teacher_labels(data / "pool" / "pool.jsonl", width=10.0)
    train, _ = load_training_data(data)
    assert {s for r in in_folder(train, "pool") for s in r.statuses} == {"face"}


def test_scores_are_checked_kept_and_part_of_the_digest(data: Path, tmp_path: Path) -> None:
    file = data / "faces" / "train.jsonl"
    without = digest(load_records(file))
    with_teacher_labels(file, score=0.8)
    records = load_records(file)
    write_records(data / "faces" / "again.jsonl", records)
    again = load_records(data / "faces" / "again.jsonl")
    assert again[0].scores is not None
    assert again[0].scores.tolist() == pytest.approx([0.8, 0.8])
    first = digest(records)
    with_teacher_labels(file, score=0.9)
    assert len({without, first, digest(load_records(file))}) == 3
    with_teacher_labels(file, score=1.5)
    with pytest.raises(ValueError, match=r"line 1: a score is 1.5, expected 0 to 1"):
        load_records(file)


def test_check_covers_them(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_teacher_labels(add_folder(data, "pool"))
    with_teacher_labels(add_folder(data, "pool", split="val"))
    shutil.copytree(data / "pool", data / "misnamed")
    assert main(["data", "check", "--data", str(data)]) == 0
    out = capsys.readouterr().out
    assert "| train | pool | drawn | 6 | 0 | 0 | 0 | 0 | 0 | 0 | 12 |" in out
    assert "| poolval | pool | drawn | 6 | 0 | 0 | 0 | 0 | 0 | 0 | 12 |" in out
    assert "pool/: 6 images for training only, scenes; faces may be without a label in 0" in out
    assert "misnamed/ is not read; expected misnamed.jsonl in it" in out
    rows = read_rows(data / "pool" / "pool.jsonl")
    rows[0]["group"] = load_split(data, "test")[0].group
    rows[1]["group"] = load_agreement(data)["poolval"][0].group
    write_rows(data / "pool" / "pool.jsonl", rows)
    image = data / "pool" / str(rows[2]["image"])
    shutil.copyfile(load_split(data, "val")[2].path, image)
    assert main(["data", "check", "--data", str(data)]) == 1
    error = capsys.readouterr().err
    assert "2 groups are in several splits" in error
    assert f"train: {image} and val: {data}" in error


def test_a_training_refuses_a_group_in_both(data: Path) -> None:
    file = add_folder(data, "pool")
    rows = read_rows(file)
    rows[0]["group"] = load_split(data, "val")[0].group
    write_rows(file, rows)
    with pytest.raises(ValueError, match="1 groups are both in train and in another split"):
        load_training_data(data)

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two teachers: what becomes of the faces that nobody labeled, and box traditions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mask_detector_ros.cli import main
from mask_detector_training.data import teacher_files
from mask_detector_training.data.box_traditions import (
    TRADITIONS,
    Tradition,
    load_traditions,
    measure_traditions,
    pair_boxes,
    refit_labels,
    sample_sources,
    traditions_table,
)
from mask_detector_training.data.datasets import Record, load_split
from mask_detector_training.data.pseudo_labels import load_pseudo_labels, match_detections
from mask_detector_training.data.teacher_files import TeacherFile
from mask_detector_training.data.teachers import CenterFace, DetectedFaces, YuNet
from mask_detector_training.data.training_only import MIN_TEACHER_FACE_PX
from mask_detector_training.detector.detector_recipe import DetectorRecipe
from mask_detector_training.detector.detector_training import training_labels
from support.drawn_data import write_data

UNLABELED = (150.0, 100.0, 20.0, 25.0)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data")


@pytest.fixture
def record(data: Path) -> Record:
    return load_split(data, "train")[0]


def faces_at(*boxes: tuple[float, ...], score: float = 0.9) -> DetectedFaces:
    corners = np.array(boxes, np.float32).reshape(-1, 4)
    landmarks = np.repeat((corners[:, :2] + corners[:, 2:] / 2)[:, None], 5, axis=1)
    return DetectedFaces(corners, np.full(len(corners), score, np.float32), landmarks)


def test_a_face_that_both_find_is_a_face(record: Record) -> None:
    x, y, w, h = UNLABELED
    second = faces_at((x + 2, y, w, h), score=0.7)
    labels = match_detections(record, faces_at(UNLABELED), second)
    assert labels.statuses == (*record.statuses, "face")
    assert labels.ignored.tolist() == [False, False, False]
    assert labels.boxes[2].tolist() == [x + 1, y, w, h]
    assert labels.scores.tolist() == pytest.approx([1, 1, 0.8])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(faces_at(UNLABELED), faces_at(), id="only YuNet"),
        pytest.param(faces_at(), faces_at(UNLABELED), id="only CenterFace"),
        pytest.param(faces_at(UNLABELED, score=0.55), faces_at(UNLABELED, score=0.42), id="unsure"),
    ],
)
def test_a_face_that_one_finds_is_ignored(
    record: Record, first: DetectedFaces, second: DetectedFaces
) -> None:
    labels = match_detections(record, first, second)
    assert labels.statuses == (*record.statuses, "ignore")
    assert labels.ignored.tolist() == [False, False, True]


def test_a_face_that_may_be_labeled_is_ignored(record: Record) -> None:
    """Part of a labeled box: the same face as another tradition draws it, or its mask."""
    x, y, w, h = (float(value) for value in record.boxes[0])
    half = (x, y + 0.7 * h, w, 0.3 * h)
    labels = match_detections(record, faces_at(half), faces_at(half))
    assert labels.statuses[2:] == ("ignore",)
    tiny = (150.0, 100.0, MIN_TEACHER_FACE_PX - 1, 12.0)
    labels = match_detections(record, faces_at(tiny), faces_at(tiny))
    assert labels.statuses[2:] == ("ignore",)
    labels = match_detections(record, faces_at(*record.boxes), faces_at(*record.boxes))
    assert labels.statuses == record.statuses


def test_an_ignored_box_in_which_both_find_a_face_is_a_face(record: Record) -> None:
    ignored = replace(record, statuses=("ignore", record.statuses[1]))
    x, y, w, h = (float(value) for value in record.boxes[0])
    first = faces_at((x, y, w, 0.9 * h), tuple(record.boxes[1]))
    second = faces_at((x, y, w, 0.8 * h), score=0.7)
    labels = match_detections(ignored, first, second)
    assert labels.statuses == ("face", record.statuses[1])
    assert labels.ignored.tolist() == [False, False]
    assert labels.scores.tolist() == pytest.approx([0.8, 1])
    np.testing.assert_allclose(labels.boxes[0], (x, y, w, 0.85 * h), atol=0.01)
    alone = match_detections(ignored, first, faces_at())
    assert alone.ignored.tolist() == [True, False]
    assert alone.boxes.tolist() == record.boxes.tolist()
    # What teachers did not agree on before is not decided anew.
    by_teachers = replace(ignored, scores=np.ones(2, np.float32))
    assert match_detections(by_teachers, first, second).ignored.tolist() == [True, False]


class Teacher:
    """In place of a network."""

    seen: list[str]

    def __init__(self, weights: Path) -> None:
        if weights.name == "missing":
            raise ValueError(f"weights {weights} do not exist")
        self.seen = []

    def detect(self, image: np.ndarray, expected: Any = None) -> DetectedFaces:
        return faces_at(UNLABELED, score=0.8 if expected is None else 0.6)


def test_detections_of_both_are_stored(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teacher_files, "YuNet", Teacher)
    monkeypatch.setattr(teacher_files, "CenterFace", Teacher)
    monkeypatch.setattr(teacher_files, "SAVE_EVERY", 4)
    records, file = load_split(data, "train"), tmp_path / "found.npz"
    alone = load_pseudo_labels(records, Path("yunet"), file)
    assert {labels.statuses[-1] for labels in alone.values()} == {"ignore"}
    both = load_pseudo_labels(records, Path("yunet"), file, Path("centerface"))
    scenes = {r.key for r in records if r.folder == "faces"}
    # In close-ups the second teacher has nothing to find.
    assert {key for key, labels in both.items() if labels.statuses[-1] == "face"} == scenes
    assert both["faces/train_0.png"].scores[-1] == pytest.approx(0.7)
    again = load_pseudo_labels(records, None, file)
    assert {key: labels.statuses for key, labels in again.items()} == {
        key: labels.statuses for key, labels in both.items()
    }


def test_an_interrupted_run_goes_on(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Teacher):
        def detect(self, image: np.ndarray, expected: Any = None) -> DetectedFaces:
            self.seen.append("")
            if len(self.seen) == 6:
                raise KeyboardInterrupt
            return super().detect(image, expected)

    monkeypatch.setattr(teacher_files, "YuNet", Interrupted)
    monkeypatch.setattr(teacher_files, "SAVE_EVERY", 4)
    records, file = load_split(data, "train"), tmp_path / "found.npz"
    with pytest.raises(KeyboardInterrupt):
        load_pseudo_labels(records, Path("yunet"), file)
    assert len(TeacherFile(file).lacking_first(records)) == len(records) - 4


def test_the_second_teacher_must_be_centerface(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"CenterFace's weights .* check --second-teacher"):
        CenterFace(tmp_path / "missing.onnx")
    (tmp_path / "text.onnx").write_text("text")
    with pytest.raises(ValueError, match=r"text\.onnx is damaged .* check --second-teacher"):
        CenterFace(tmp_path / "text.onnx")
    with pytest.raises(ValueError, match=r"check --teacher"):
        YuNet(tmp_path / "text.onnx")


class OneFace:
    """A network in place of CenterFace's that sees one face of 64 x 80 pixels in its input."""

    def __init__(self) -> None:
        self.inputs: list[tuple[int, ...]] = []

    def setInput(self, blob: np.ndarray) -> None:  # noqa: N802 - OpenCV's name
        self.inputs.append(blob.shape)

    def forward(self, names: tuple[str, ...]) -> list[np.ndarray]:
        rows, columns = (side // 4 for side in self.inputs[-1][2:])
        heat, size, offset, points = (
            np.zeros((1, channels, rows, columns), np.float32) for channels in (1, 2, 2, 10)
        )
        heat[0, 0, 40, 60] = 0.9
        size[0, :, 40, 60] = np.log([80 / 4, 64 / 4])
        offset[0, :, 40, 60] = (0.25, -0.5)
        points[0, 0::2, 40, 60], points[0, 1::2, 40, 60] = 0.75, 0.5
        return [heat, size, offset, points]


def test_boxes_and_landmarks_are_in_pixels_of_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    net = OneFace()
    monkeypatch.setattr(
        "mask_detector_training.data.teachers._read_network", lambda *arguments: net
    )
    found = CenterFace(Path("centerface.onnx")).detect(
        np.zeros((240, 320, 3), np.uint8), np.zeros((0, 4), np.float32)
    )
    assert net.inputs == [(1, 3, 480, 640)]
    # The center is column (60 - 0.5 + 0.5) * 4 = 240, row (40 + 0.25 + 0.5) * 4 = 163, halved.
    np.testing.assert_allclose(found.boxes, [[104, 61.5, 32, 40]], atol=1e-3)
    np.testing.assert_allclose(found.landmarks[0], [[120, 91.5]] * 5, atol=1e-3)
    assert found.scores.tolist() == pytest.approx([0.9])


def test_the_image_is_enlarged_where_a_face_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    net = OneFace()
    monkeypatch.setattr(
        "mask_detector_training.data.teachers._read_network", lambda *arguments: net
    )
    teacher, image = CenterFace(Path("centerface.onnx")), np.zeros((240, 320, 3), np.uint8)
    teacher.detect(image, np.array([[104, 61.5, 32, 40]], np.float32))
    assert len(net.inputs) == 1
    teacher.detect(image, np.array([[200, 100, 9, 12]], np.float32))
    assert net.inputs[1:] == [(1, 3, 480, 640), (1, 3, 960, 1280)]


def stored(
    file: Path, records: list[Record], monkeypatch: pytest.MonkeyPatch, rule: Tradition
) -> None:
    """A file in which both teachers find the labeled faces as a tradition draws them."""
    boxes = iter([record.boxes for record in records] * 2)

    class Exact(Teacher):
        def detect(self, image: np.ndarray, expected: Any = None) -> DetectedFaces:
            return faces_at(*rule.refit(next(boxes)))

    monkeypatch.setattr(teacher_files, "YuNet", Exact)
    monkeypatch.setattr(teacher_files, "CenterFace", Exact)
    found = TeacherFile(file)
    found.run_first(records, Path("yunet"))
    found.run_second(records, Path("centerface"))


def test_a_tradition_is_measured_and_taken_out(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [r for s in ("train", "val", "test") for r in load_split(data, s)]
    records[0] = replace(records[0], source="rare")
    rule = Tradition(0, 0.05, -0.1, 0.8, 0.75)
    stored(tmp_path / "found.npz", records, monkeypatch, rule)
    pairs = pair_boxes(records, TeacherFile(tmp_path / "found.npz"))
    measured = measure_traditions(pairs)
    assert set(measured) == {"drawn"}
    assert measured["drawn"].faces == 52
    assert (measured["drawn"].x, measured["drawn"].y) == pytest.approx((0.05, -0.1), abs=0.002)
    assert measured["drawn"].height == pytest.approx(0.75, abs=0.002)
    rows = traditions_table(pairs, measured).splitlines()
    assert rows[2].startswith("| drawn | 52 | 0.05 | -0.10 | 0.80 | 0.75 | 0.6")
    assert rows[2].endswith("| 1.000 |")
    assert rows[3].endswith("too few faces |")
    labels = load_pseudo_labels(records, None, tmp_path / "none.npz")
    refitted = refit_labels(labels, records, measured)
    np.testing.assert_allclose(
        refitted[records[1].key].boxes, rule.refit(records[1].boxes), atol=0.2
    )
    assert refitted[records[0].key] is labels[records[0].key]
    by_teachers = replace(records[1], scores=np.ones(2, np.float32))
    heads = replace(records[2], heads=True)
    unchanged = refit_labels(labels, [by_teachers, heads], measured)
    assert all(unchanged[r.key] is labels[r.key] for r in (by_teachers, heads))
    assert by_teachers not in sample_sources([by_teachers, *records[3:]], 100)


def test_the_command_measures_and_writes(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, out = tmp_path / "found.npz", tmp_path / "traditions.yaml"
    command = ["data", "boxes", "--data", str(data), "--pseudo-labels", str(file)]
    assert main(command) == 2
    assert "lacks 12 of 12 images; give --teacher" in capsys.readouterr().err
    monkeypatch.setattr("mask_detector_training.data.box_traditions.MIN_FACES", 5)
    stored(file, load_split(data, "train"), monkeypatch, Tradition(0, 0, 0, 0.9, 0.9))
    assert main([*command, "--out", str(out)]) == 0
    assert "| drawn | 18 |" in capsys.readouterr().out
    assert load_traditions(out)["drawn"].width == pytest.approx(0.9, abs=0.002)
    records = load_split(data, "train")
    labels = load_pseudo_labels(records, None, tmp_path / "none.npz")
    for refit, factor in ((str(out), 0.9), ("none", 1.0)):
        changed = training_labels(labels, records, DetectorRecipe(refit_boxes=refit))
        widths = changed[records[0].key].boxes[:, 2]
        assert widths == pytest.approx(records[0].boxes[:, 2] * factor, abs=0.1)
    out.write_text("drawn: {faces: 3}")
    with pytest.raises(ValueError, match=r"traditions\.yaml is malformed"):
        load_traditions(out)


def test_the_shipped_traditions_can_be_read() -> None:
    assert set(load_traditions(TRADITIONS)) >= {"jolignier", "andrewmvd", "adityap27"}

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``detector.far`` in the pipeline: cost, tracking, rotation, ranges, what is hidden."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mask_detector_ros.arrays import Image
from mask_detector_ros.perception.face_detector import iou_matrix
from mask_detector_ros.perception.far_detection import FarDetector
from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.perception.pipeline_settings import DetectorSettings, PipelineSettings
from mask_detector_ros.perception.types import NO_ID, CameraModel, Detections
from support.bright_faces import bright_detector, bright_image, face_box
from support.media import demo_frame

SIZE = (1920, 1080)
FOCAL_PX = 1400.0
CAMERA = CameraModel(
    np.array([[FOCAL_PX, 0, 959.5], [0, FOCAL_PX, 539.5], [0, 0, 1.0]]), np.zeros(0)
)
AUTO = PipelineSettings(detector=DetectorSettings(far="auto"))


@pytest.fixture(scope="module")
def shipped() -> MaskPipeline:
    return MaskPipeline()


@pytest.fixture
def bright() -> MaskPipeline:
    """A pipeline that finds white rectangles."""
    pipeline = MaskPipeline(settings=AUTO)
    pipeline._detector = bright_detector()[0]
    pipeline._far = FarDetector(pipeline._detector)
    return pipeline


def detections_per_frame(
    pipeline: MaskPipeline, image: Image, far: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[float, list[Detections]]:
    calls = 0
    detect = pipeline._detector.detect

    def counted(image: Image, settings: DetectorSettings) -> Detections:
        nonlocal calls
        calls += 1
        return detect(image, settings)

    pipeline.settings = replace(AUTO, detector=DetectorSettings(far=far))
    pipeline.reset()
    with monkeypatch.context() as patch:
        patch.setattr(pipeline._detector, "detect", counted)
        faces = [pipeline.process(image, i / 30).faces for i in range(5)]
    return calls / 5, faces


def test_a_small_camera_is_not_affected(
    shipped: MaskPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = demo_frame(170)
    off, without = detections_per_frame(shipped, image, "off", monkeypatch)
    auto, with_far = detections_per_frame(shipped, image, "auto", monkeypatch)
    assert off == auto == 1.0
    for one, other in zip(without, with_far, strict=True):
        assert len(one) >= 2 and one.boxes.tolist() == other.boxes.tolist()


def test_a_large_image_costs_one_more_detection_per_frame(
    shipped: MaskPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = np.asarray(cv2.resize(demo_frame(170), SIZE), np.uint8)
    assert detections_per_frame(shipped, image, "off", monkeypatch)[0] == 1.0
    assert detections_per_frame(shipped, image, "auto", monkeypatch)[0] == 2.0


def test_the_shipped_detector_finds_far_people(shipped: MaskPipeline) -> None:
    """A frame of the demo clip fills a ninth of the camera's image."""
    near = demo_frame(170)
    shipped.settings = AUTO
    faces = shipped.process(near).faces
    image = np.full((1080, 1920, 3), 114, np.uint8)
    image[300:780, 700:1340] = near
    expected = faces.boxes[faces.boxes[:, 2] < 60] + np.array([700, 300, 0, 0])
    assert len(expected) >= 2
    found = shipped.process(image).faces.boxes
    assert (iou_matrix(expected, found).max(axis=1) >= 0.3).all()
    shipped.settings = replace(AUTO, detector=DetectorSettings())
    assert len(shipped.process(image).faces) < len(found)


@pytest.mark.parametrize(("rate", "speed"), [(30.0, 60.0), (10.0, 60.0), (5.0, 20.0), (1.0, 3.0)])
def test_far_people_are_tracked_while_they_walk(
    bright: MaskPipeline, rate: float, speed: float
) -> None:
    """At any frame rate: found within a sweep of 12 frames, then in every frame, with one id."""
    starts = np.array([face_box(200, 150, 17), face_box(900, 800, 24), face_box(1500, 400, 32)])
    tracked = []
    for number in range(45):
        boxes = starts + np.array([round(speed * number / rate), 0, 0, 0])
        tracked.append(bright.process(bright_image(SIZE, boxes), number / rate).faces)
    assert [len(faces) for faces in tracked[14:]] == [3] * 31
    for faces in tracked[17:]:
        assert sorted(faces.ids.tolist()) == [1, 2, 3]


def test_a_person_who_leaves_is_lost_in_time(bright: MaskPipeline) -> None:
    image = bright_image(SIZE, np.array([face_box(900, 800, 24)]))
    for number in range(30):
        faces = bright.process(image, number / 30).faces
    assert faces.ids.tolist() == [1]
    empty = np.zeros_like(image, np.uint8)
    for number in range(30, 75):
        bright.process(empty, number / 30)
    for number in range(75, 95):
        faces = bright.process(image, number / 30).faces
    assert faces.ids.tolist() == [2]


def test_tracked_people_who_have_to_wait_are_hidden_in_annotated_images(
    bright: MaskPipeline,
) -> None:
    boxes = np.array([face_box(60 + 180 * (i % 10), 60 + 200 * (i // 10), 20) for i in range(50)])
    image, waiting = bright_image(SIZE, boxes), 0
    known = np.zeros(50, bool)
    for number in range(60):
        result = bright.process(image, number / 30)
        hidden = np.concatenate([result.faces.boxes, result.low_confidence.boxes])
        near = np.abs(hidden[:, None, :2] - boxes[None, :, :2]).max(axis=2) < 8
        assert (near.any(axis=0) | ~known).all()
        confirmed = result.faces.boxes[result.faces.ids != NO_ID]
        known |= (np.abs(confirmed[:, None, :2] - boxes[None, :, :2]).max(axis=2) < 8).any(axis=0)
        waiting += int((result.low_confidence.scores == 0).sum())
    assert known.all() and waiting > 100


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_boxes_belong_to_the_image_of_a_turned_camera(bright: MaskPipeline, degrees: int) -> None:
    upright = bright_image(SIZE, np.array([face_box(1300, 250, 20)]))
    code = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
    mounted = np.ascontiguousarray(cv2.rotate(upright, code[degrees]), np.uint8)
    bright.settings = replace(AUTO, rotate=degrees)
    for number in range(16):
        faces = bright.process(mounted, number / 30).faces
    rows, columns = np.nonzero(mounted[..., 0])
    left, top = columns.min(), rows.min()
    expected = [left, top, columns.max() + 1 - left, rows.max() + 1 - top]
    assert faces.ids.tolist() == [1]
    assert faces.boxes[0] == pytest.approx(expected, abs=2)


def test_ranges_of_far_faces_know_the_resolution_they_were_found_at(bright: MaskPipeline) -> None:
    """Small boxes are too large, in pixels of the detector's input: more so in the whole image."""
    image = bright_image(SIZE, np.array([face_box(950, 530, 22), face_box(300, 530, 66)]))
    for number in range(20):
        faces = bright.process(image, number / 30, CAMERA).faces
    far, near = np.argsort(faces.boxes[:, 2])
    assert faces.input_scales[near] == pytest.approx(1 / 3)
    assert faces.input_scales[far] >= 1.0
    distance = np.linalg.norm(faces.positions[far])
    assert distance == pytest.approx(0.147 * FOCAL_PX / 22, rel=0.15)


def test_a_single_image_needs_no_sequence(bright: MaskPipeline) -> None:
    boxes = np.array([face_box(200, 150, 13), face_box(900, 800, 24), face_box(1500, 400, 200)])
    faces = bright.process(bright_image(SIZE, boxes)).faces
    assert len(faces) == 3 and (faces.ids == NO_ID).all()


def test_far_can_be_switched_while_people_are_tracked(bright: MaskPipeline) -> None:
    image = bright_image(SIZE, np.array([face_box(900, 800, 24)]))
    for number in range(30):
        assert len(bright.process(image, number / 30).faces) <= 1
    bright.settings = replace(AUTO, detector=DetectorSettings())
    for number in range(30, 70):
        result = bright.process(image, number / 30)
        assert len(result.faces) == len(result.low_confidence) == 0
    bright.settings = AUTO
    for number in range(70, 90):
        faces = bright.process(image, number / 30).faces
    assert faces.ids.tolist() == [2]

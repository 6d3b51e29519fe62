# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Far faces in large images, with a detector for white rectangles."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from mask_detector_ros.perception.far_detection import FarDetector
from mask_detector_ros.perception.far_regions import ExpectedFaces, tiles
from mask_detector_ros.perception.pipeline_settings import DetectorSettings
from mask_detector_ros.perception.types import Detections
from support.bright_faces import bright_detector, bright_image, face_box

SIZE = (1920, 1080)
AUTO = DetectorSettings(far="auto")


def spread(width: float, count: int, seed: int = 0) -> np.ndarray:
    """Faces of one width at different places of the image, also at its edges."""
    random = np.random.default_rng(seed)
    places = [(x, y) for x, y in itertools.product(range(0, 1860, 110), range(0, 1000, 120))]
    chosen = random.choice(len(places), count, replace=False)
    return np.array([face_box(places[row][0], places[row][1], width) for row in chosen])


def expected(boxes: np.ndarray, searched_at: np.ndarray | None = None) -> ExpectedFaces:
    stamps = np.zeros(len(boxes)) if searched_at is None else searched_at
    return ExpectedFaces(np.asarray(boxes, float), np.full(len(boxes), 1.0), stamps)


def found_in(boxes: np.ndarray, faces: Detections, tolerance: float = 2.0) -> list[bool]:
    """Which boxes were found, to a few pixels."""
    return [
        bool(len(faces)) and float(np.abs(faces.boxes - box).max(axis=1).min()) <= tolerance
        for box in boxes
    ]


@pytest.mark.parametrize("width", [21, 25, 30])
def test_a_sweep_finds_every_far_face_in_its_place(width: int) -> None:
    detector, _ = bright_detector()
    far, boxes = FarDetector(detector), spread(width, 25)
    image = bright_image(SIZE, boxes)
    whole = detector.detect(image, AUTO)
    assert not any(found_in(boxes, whole))
    seen = np.zeros(len(boxes), bool)
    for _ in tiles(SIZE, detector.input_size, with_regions=True):
        faces, _ = far.detect_next(image, whole, ExpectedFaces.none(), AUTO)
        seen |= found_in(boxes, faces)
        assert all(found_in(faces.boxes, Detections.of_boxes(boxes, np.ones(25)))), "false faces"
        middles = faces.boxes[:, :2] + faces.boxes[:, 2:] / 2
        assert faces.landmarks[:, 2] == pytest.approx(middles, abs=0.1)
    assert seen.all()


def test_one_more_detection_per_frame() -> None:
    detector, runtime = bright_detector()
    far, boxes = FarDetector(detector), spread(16, 40)
    image, whole = bright_image(SIZE, boxes), Detections.empty()
    for number in range(30):
        far.detect_next(image, whole, expected(boxes), AUTO)
        assert runtime.runs == number + 1


def test_a_single_image_is_searched_everywhere_at_once() -> None:
    detector, _ = bright_detector()
    boxes = np.concatenate([spread(14, 12), spread(30, 12, seed=5)])
    boxes[12:, :2] += 50
    image = bright_image(SIZE, boxes)
    faces = FarDetector(detector).detect_all(image, detector.detect(image, AUTO), AUTO)
    assert all(found_in(boxes, faces)) and len(faces) == len(boxes)
    # The small ones are unclear at full resolution, and clear in an enlarged region.
    assert (faces.scores >= AUTO.score_threshold).all()


def test_a_single_image_of_many_pixels() -> None:
    size = (6000, 4000)
    detector, _ = bright_detector()
    widths = [22, 60, 150, 400, 900]
    boxes = np.array(
        [face_box(150 + 1100 * row, 300 + 600 * row, w) for row, w in enumerate(widths)]
    )
    image = bright_image(size, boxes)
    faces = FarDetector(detector).detect_all(image, detector.detect(image, AUTO), AUTO)
    assert len(faces) == len(boxes)
    assert all(found_in(boxes, faces, tolerance=12.0))


def test_tracked_faces_are_found_in_every_frame() -> None:
    detector, _ = bright_detector()
    far, boxes = FarDetector(detector), spread(18, 4)
    image = bright_image(SIZE, boxes)
    for _ in range(12):
        # Where they are expected is a little off.
        faces, searched = far.detect_next(
            image, Detections.empty(), expected(boxes + np.array([6, -5, 0, 0])), AUTO
        )
        assert all(found_in(boxes, faces))
        assert searched.contain(boxes).all()


def test_in_a_crowd_all_tracked_faces_have_their_turn() -> None:
    detector, _ = bright_detector()
    far, boxes = FarDetector(detector), spread(18, 60)
    image, count = bright_image(SIZE, boxes), len(tiles(SIZE, (640, 480), with_regions=True))
    last = np.zeros(len(boxes))
    longest, started = np.zeros(len(boxes)), set()
    for number in range(1, 60):
        stamp = number / 30
        faces, searched = far.detect_next(image, Detections.empty(), expected(boxes, last), AUTO)
        here = searched.contain(boxes)
        assert (here | ~np.array(found_in(boxes, faces))).all()
        longest = np.maximum(longest, stamp - last)
        last[here] = stamp
        started.add(tuple(searched.regions[1].tolist()))
    assert longest.max() < 0.35, "an unconfirmed track could end"
    assert len(started) >= count, "the tiles stopped"


def test_an_unclear_face_is_looked_at_more_closely_in_the_next_frame() -> None:
    detector, _ = bright_detector()
    far, box = FarDetector(detector), np.array([face_box(100, 100, 14)])
    image = bright_image(SIZE, box)
    first, _ = far.detect_next(image, Detections.empty(), ExpectedFaces.none(), AUTO)
    second, _ = far.detect_next(image, Detections.empty(), ExpectedFaces.none(), AUTO)
    assert found_in(box, first) == found_in(box, second) == [True]
    assert first.scores[0] < AUTO.score_threshold <= second.scores[0]


def test_a_near_face_is_one_box_though_tiles_cut_it() -> None:
    detector, _ = bright_detector()
    far, box = FarDetector(detector), np.array([face_box(430, 300, 300)])
    image = bright_image(SIZE, box)
    whole = detector.detect(image, AUTO)
    for _ in range(12):
        faces, _ = far.detect_next(image, whole, ExpectedFaces.none(), AUTO)
        assert faces.boxes == pytest.approx(whole.boxes)


def test_parts_of_a_near_face_are_not_faces() -> None:
    """A tile may take an eye for a face, with a higher score than the face itself."""
    detector, _ = bright_detector()
    far = FarDetector(detector)
    image = bright_image(SIZE, np.array([face_box(150, 150, 30)]))
    near = Detections.of_boxes(np.array([[60.0, 40, 300, 370]]), np.array([0.6]))
    faces, _ = far.detect_next(image, near, ExpectedFaces.none(), AUTO)
    assert faces.boxes == pytest.approx(near.boxes)


def test_a_face_found_twice_is_one_face() -> None:
    detector, _ = bright_detector()
    far, box = FarDetector(detector), np.array([face_box(100, 100, 48)])
    image = bright_image(SIZE, box)
    whole = detector.detect(image, AUTO)
    assert len(whole) == 1
    faces, _ = far.detect_next(image, whole, ExpectedFaces.none(), AUTO)
    assert len(faces) == 1 and found_in(box, faces) == [True]


def test_a_crowd_far_away_takes_no_place_from_near_faces() -> None:
    detector, _ = bright_detector()
    settings = replace(AUTO, max_faces=5)
    image = bright_image(SIZE, spread(30, 40))
    near = Detections.of_boxes(np.array([[1700.0, 900, 60, 75]]), np.array([0.65]))
    faces = FarDetector(detector).detect_all(image, near, settings)
    assert len(faces) == 5 and found_in(near.boxes, faces) == [True]
    assert (np.diff(faces.scores) <= 0).all(), "best score first"


def test_results_depend_on_the_images_only() -> None:
    boxes = spread(16, 30)
    image = bright_image(SIZE, boxes)

    def run(far: FarDetector) -> list[list[float]]:
        frames = [
            far.detect_next(image, Detections.empty(), expected(boxes[:9]), AUTO)[0].boxes
            for _ in range(9)
        ]
        return [frame.ravel().tolist() for frame in frames]

    far = FarDetector(bright_detector()[0])
    first = run(far)
    assert run(far) != first  # other tiles
    far.reset()
    assert run(far) == first == run(FarDetector(bright_detector()[0]))


def test_another_resolution_starts_again() -> None:
    detector, _ = bright_detector()
    far, box = FarDetector(detector), np.array([face_box(1200, 650, 30)])
    for size in (SIZE, (1280, 720), SIZE):
        image = bright_image(size, box)
        count = len(tiles(size, detector.input_size, with_regions=True))
        frames = [
            far.detect_next(image, Detections.empty(), ExpectedFaces.none(), AUTO)[0]
            for _ in range(count)
        ]
        assert any(found_in(box, faces) == [True] for faces in frames)


@pytest.mark.parametrize("input_size", [(320, 256), (640, 384), (416, 416), (480, 640)])
def test_any_input_size_of_the_detector(input_size: tuple[int, int]) -> None:
    detector, _ = bright_detector(*input_size)
    far, boxes = FarDetector(detector), spread(22, 10)
    image, whole = bright_image(SIZE, boxes), Detections.empty()
    seen = np.zeros(len(boxes), bool)
    for _ in tiles(SIZE, input_size, with_regions=True):
        faces, searched = far.detect_next(image, whole, expected(boxes[:2]), AUTO)
        seen |= found_in(boxes, faces)
        assert searched.contain(boxes[:2]).all()
    assert seen.all()


def test_which_faces_are_found_in_words() -> None:
    far, off = FarDetector(bright_detector()[0]), DetectorSettings()
    assert "from about 36 pixels" in far.size_note(SIZE, off)
    assert "detector.far: auto from 12" in far.size_note(SIZE, off)
    assert "from about 12 pixels" in far.size_note(SIZE, AUTO)
    assert "detector.far" not in far.size_note(SIZE, AUTO)
    assert "from about 10 pixels" in far.size_note((64, 48), off)
    assert far.size_note((640, 480), off) == far.size_note((640, 480), AUTO)

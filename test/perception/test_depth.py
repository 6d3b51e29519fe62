# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ranges from synthetic depth images: a head, a body and a wall, with the noise of a sensor."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception.depth import DepthImage, face_depth
from mask_detector_ros.perception.depth_unit import UNIT_PROBLEM
from mask_detector_ros.perception.ranging import ASPECT, measure_ranges, place
from mask_detector_ros.perception.ranging_settings import RangingSettings
from mask_detector_ros.perception.types import CameraModel, Detections, RangeSource

FOCAL, COLUMNS, ROWS = 465.0, 640, 480
SIZE = (COLUMNS, ROWS)
CAMERA = CameraModel(np.array([[FOCAL, 0, 320], [0, FOCAL, 240], [0, 0, 1.0]]), np.zeros(0))
SETTINGS = RangingSettings()
WIDTH = 0.15


def box_at(x: float, y: float, z: float) -> np.ndarray:
    """Box in pixels of a face at this position in meters."""
    w, h = FOCAL * WIDTH / z, FOCAL * WIDTH * ASPECT / z
    return np.array([320 + FOCAL * x / z - w / 2, 240 + FOCAL * y / z - h / 2, w, h])


def scene(x: float, y: float, z: float, wall: float = 8.0) -> np.ndarray:
    """(ROWS, COLUMNS) float32 meters; the front of the face is ``z`` away."""
    v, u = np.mgrid[:ROWS, :COLUMNS].astype(np.float64)
    depth = np.full((ROWS, COLUMNS), wall)
    left, top, w, h = box_at(x, y, z)
    across, down = (u - left - w / 2) / (w / 2), (v - top - h / 2) / (h / 2)
    torso = (np.abs(across) < 3.0) & (down > 1.25)
    depth[torso] = z + 0.1
    bulge = 1 - across**2 - down**2
    head = bulge > 0
    depth[head] = z + 0.095 * (1 - np.sqrt(bulge[head]))
    return depth.astype(np.float32)


def with_sensor_noise(depth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With the errors of a stereo camera: noise that grows with the square, holes, mixed edges."""
    depth = depth + rng.normal(0, 1, depth.shape) * 0.004 * depth**2
    # Edges mix near and far depths, and beside them are holes.
    near, far = cv2.erode(depth, np.ones((5, 5))), cv2.dilate(depth, np.ones((5, 5)))
    edge = far - near > 0.5
    mixed = rng.random(depth.shape)
    depth = np.where(edge, mixed * near + (1 - mixed) * far, depth)
    shadow = np.roll(edge, -3, axis=1) & (rng.random(depth.shape) < 0.7)
    specks = cv2.resize(rng.random((ROWS // 4, COLUMNS // 4)), SIZE) < 0.25
    depth[shadow | specks] = np.nan
    return depth.astype(np.float32)


def distance_and_std(depth: DepthImage, box: np.ndarray) -> tuple[float, float]:
    """The distance by depth, which must be valid, and its standard deviation; meters."""
    found = face_depth(depth, box, SIZE, SETTINGS)
    assert not isinstance(found, str), found
    return found


def placed(
    depth: DepthImage | None,
    box: np.ndarray,
    camera: CameraModel = CAMERA,
    settings: RangingSettings = SETTINGS,
) -> tuple[Detections, str]:
    faces = Detections.of_boxes(box[None], np.ones(1))
    ranges = measure_ranges(faces, camera, SIZE, settings, depth)
    return place(faces, ranges), ranges.depth_problem


@pytest.mark.parametrize("z", [0.7, 1.0, 2.0, 3.0, 5.0])
def test_range_by_depth_is_within_3_percent_of_noisy_scenes_with_holes(z: float) -> None:
    rng = np.random.default_rng(int(10 * z))
    errors = []
    for _ in range(5):
        x, y = rng.uniform(-0.3, 0.3) * z, rng.uniform(-0.2, 0.0) * z
        box = box_at(x, y, z)
        box += rng.normal(0, 1, 4) * (0.5 + 0.03 * box[2])
        image = DepthImage(with_sensor_noise(scene(x, y, z, wall=z + 1.5), rng))
        found, problem = placed(image, box)
        assert found.range_source[0] == RangeSource.DEPTH, problem
        errors.append(abs(found.positions[0, 2] / z - 1))
    assert max(errors) < 0.03
    assert np.median(errors) < 0.02


@pytest.mark.parametrize("scale", [0.5, 0.25, 2.0])
def test_depth_of_another_resolution_is_scaled(scale: float) -> None:
    depth = cv2.resize(
        scene(0.5, -0.2, 2.0), None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST
    )
    image = DepthImage(depth)
    assert image.fits(*SIZE)
    found, _ = placed(image, box_at(0.5, -0.2, 2.0))
    assert found.positions[0] == pytest.approx([0.5, -0.2, 2.0], rel=0.03)


def test_depth_of_another_aspect_ratio_does_not_fit() -> None:
    assert not DepthImage(np.ones((360, 640), np.float32)).fits(*SIZE)


@pytest.mark.parametrize("invalid", [0.0, np.nan, np.inf, -np.inf, 1e-9, 65.535, -1.0])
def test_without_valid_depth_the_face_size_is_used_and_reported(invalid: float) -> None:
    empty = DepthImage(np.full((ROWS, COLUMNS), invalid, np.float32))
    found, problem = placed(empty, box_at(0, 0, 2.0))
    assert found.range_source[0] == RangeSource.FACE_SIZE
    assert "holes" in problem
    assert found.positions[0, 2] == pytest.approx(2.0, rel=0.05)


def test_some_valid_pixels_are_needed() -> None:
    depth = np.full((ROWS, COLUMNS), np.nan, np.float32)
    left, top, w, h = box_at(0, 0, 2.0)
    middle = (slice(int(top + h / 2) - 4, int(top + h / 2) + 4), int(left + w / 2))
    depth[middle] = 2.0
    assert "holes" in str(face_depth(DepthImage(depth), box_at(0, 0, 2.0), SIZE, SETTINGS))
    depth[middle[0], middle[1] - 5 : middle[1] + 5] = 2.0
    assert distance_and_std(DepthImage(depth), box_at(0, 0, 2.0))[0] == 2.0


def test_background_in_most_of_the_face_is_ignored() -> None:
    rng = np.random.default_rng(4)
    depth = scene(0, 0, 1.5, wall=4.0)
    depth[rng.random(depth.shape) < 0.6] = 4.0
    distance, _ = distance_and_std(DepthImage(depth), box_at(0, 0, 1.5))
    assert distance == pytest.approx(1.5, rel=0.03)


def test_flying_pixels_in_front_of_the_face_are_ignored() -> None:
    rng = np.random.default_rng(5)
    depth = scene(0, 0, 2.0)
    depth[rng.random(depth.shape) < 0.1] = 0.6
    distance, _ = distance_and_std(DepthImage(depth), box_at(0, 0, 2.0))
    assert distance == pytest.approx(2.0, rel=0.03)


def test_depth_that_contradicts_the_face_size_is_not_used() -> None:
    glass = DepthImage(np.full((ROWS, COLUMNS), 0.8, np.float32))
    found, problem = placed(glass, box_at(0, 0, 4.0))
    assert found.range_source[0] == RangeSource.FACE_SIZE and "disagrees" in problem
    assert found.positions[0, 2] == pytest.approx(4.0, rel=0.05)


@pytest.mark.parametrize(
    ("scale", "unit", "right"),
    [
        (1000.0, 1.0, 0.001),  # 32FC1 in millimeters
        (10000.0, 0.001, 0.0001),  # 16UC1 in tenths of millimeters
        (100.0, 0.001, 0.01),  # 16UC1 in centimeters
        (1.0, 0.001, 1.0),  # 16UC1 in meters
    ],
)
@pytest.mark.parametrize("z", [1.4, 2.0, 3.0])
def test_a_wrong_unit_is_noticed_and_the_right_one_named(
    z: float, scale: float, unit: float, right: float
) -> None:
    counts = np.rint(scene(0, 0, z) * scale) if scale <= 100 else scene(0, 0, z) * scale
    found, problem = placed(DepthImage(counts, unit), box_at(0, 0, z))
    assert found.range_source[0] == RangeSource.FACE_SIZE
    assert problem.startswith(UNIT_PROBLEM) and f"ranging.depth_unit to {right:g} " in problem
    found, problem = placed(
        DepthImage(counts, unit), box_at(0, 0, z), settings=RangingSettings(depth_unit=right)
    )
    assert found.range_source[0] == RangeSource.DEPTH and not problem
    assert found.positions[0, 2] == pytest.approx(z, rel=0.03 if scale > 1 else 0.4)


def test_one_face_with_the_right_depth_excludes_a_wrong_unit() -> None:
    depth = scene(-0.6, 0, 2.0)
    depth[:, COLUMNS // 2 :] = 0.2
    boxes = np.stack([box_at(-0.6, 0, 2.0), box_at(0.6, 0, 2.0)])
    faces = Detections.of_boxes(boxes, np.ones(2))
    problem = measure_ranges(faces, CAMERA, SIZE, SETTINGS, DepthImage(depth)).depth_problem
    assert "disagrees" in problem


def test_the_standard_deviation_grows_with_surface_noise() -> None:
    rng = np.random.default_rng(6)
    smooth, rough = scene(0, 0, 2.0), scene(0, 0, 2.0)
    rough += rng.normal(0, 0.08, rough.shape).astype(np.float32)
    spreads = [
        distance_and_std(DepthImage(depth), box_at(0, 0, 2.0))[1] for depth in (smooth, rough)
    ]
    assert 0.02 < spreads[0] < 0.05 < spreads[1] < 0.2


def test_depth_is_along_the_optical_axis_not_along_the_ray() -> None:
    found, _ = placed(DepthImage(scene(1.2, 0.3, 2.0)), box_at(1.2, 0.3, 2.0))
    assert found.positions[0] == pytest.approx([1.2, 0.3, 2.0], rel=0.03)
    assert found.covariances[0, 2, 2] < 0.05**2


@pytest.mark.parametrize("kind", ["<u2", ">u2", "<f4", ">f4"])
def test_dtypes_and_byte_orders(kind: str) -> None:
    unit = 0.001 if "u" in kind else 1.0
    depth = (scene(0, 0, 2.0) / unit).astype(kind)
    distance, _ = distance_and_std(DepthImage(depth, unit), box_at(0, 0, 2.0))
    assert distance == pytest.approx(2.0, rel=0.02)


def test_faces_at_the_edge_of_a_tiny_depth_image() -> None:
    tiny = DepthImage(np.full((3, 4), 2.0, np.float32))
    for box in ([0, 0, 5, 5], [635, 475, 5, 5], [0, 0, 640, 480]):
        assert distance_and_std(tiny, np.array(box, float))[0] == 2.0

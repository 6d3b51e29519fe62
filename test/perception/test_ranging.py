# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception.ranging import (
    ASPECT,
    BOX_BIAS,
    BOX_WIDTHS_PX,
    measure_ranges,
    place,
    width_prior,
)
from mask_detector_ros.perception.ranging_settings import RangingSettings
from mask_detector_ros.perception.types import CameraModel, Detections, RangeSource

FOCAL = 465.0
SIZE = (640, 480)
MATRIX = np.array([[FOCAL, 0, 320], [0, FOCAL, 240], [0, 0, 1.0]])
CAMERA = CameraModel(MATRIX, np.zeros(5))
DISTORTED = CameraModel(MATRIX, np.array([-0.3, 0.1, 0.001, -0.001, 0]))
FISHEYE = CameraModel(MATRIX, np.array([0.02, -0.01, 0.003, 0.0]), fisheye=True)
SETTINGS = RangingSettings()
KNOWN = replace(SETTINGS, face_width_std=0.0, child_fraction=0.0)
"""For people whose face width is known to be 15 cm."""


def project(points: np.ndarray, camera: CameraModel) -> np.ndarray:
    """(N, 3) meters in the optical frame to (N, 2) pixels."""
    project_points = cv2.fisheye.projectPoints if camera.fisheye else cv2.projectPoints
    shaped = np.asarray(points, np.float64).reshape(-1, 1, 3)
    pixels, _ = project_points(shaped, np.zeros(3), np.zeros(3), camera.matrix, camera.distortion)
    return pixels.reshape(-1, 2)


def face_box(
    center: tuple[float, float, float], width: float = 0.15, camera: CameraModel = CAMERA
) -> np.ndarray:
    """x, y, w, h in pixels of a face of ``width`` meters that faces the camera."""
    middle = np.array(center)
    forward = middle / np.linalg.norm(middle)
    right = np.cross([0, 1.0, 0], forward)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    half = right * width / 2, down * width * ASPECT / 2
    corners = [middle - half[0], middle + half[0], middle - half[1], middle + half[1]]
    (left, _), (right_, _), (_, top), (_, bottom) = project(np.array(corners), camera)
    return np.array([left, top, right_ - left, bottom - top])


def placed(
    box: np.ndarray, camera: CameraModel = CAMERA, settings: RangingSettings = KNOWN
) -> Detections:
    faces = Detections.of_boxes(box.reshape(-1, 4), np.ones(box.size // 4))
    return place(faces, measure_ranges(faces, camera, SIZE, settings))


@pytest.mark.parametrize(
    "camera", [CAMERA, DISTORTED, FISHEYE], ids=["undistorted", "distorted", "fisheye"]
)
@pytest.mark.parametrize("z", [1.0, 2.5, 5.0])
@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (0.4, -0.2)])
def test_position_of_a_face_of_known_width(
    x: float, y: float, z: float, camera: CameraModel
) -> None:
    found = placed(face_box((x * z, y * z, z), camera=camera), camera)
    assert found.positions[0] == pytest.approx([x * z, y * z, z], rel=0.02, abs=0.02 * z)
    assert found.range_source[0] == RangeSource.FACE_SIZE


@pytest.mark.parametrize("z", [1.0, 2.0, 3.0, 4.0, 5.0])
def test_the_range_of_a_known_width_stays_within_12_percent_under_jitter(z: float) -> None:
    """Boxes jitter by 2 % and half a pixel, as those of the shipped detector do, and more."""
    rng = np.random.default_rng(int(z))
    errors = []
    for _ in range(200):
        x, y = rng.uniform(-0.5, 0.5) * z, rng.uniform(-0.3, 0.1) * z
        box = face_box((x, y, z), camera=DISTORTED)
        sides = box + rng.normal(0, 1, 4) * (0.5 + 0.02 * box[2])
        truth = np.linalg.norm([x, y, z])
        errors.append(np.linalg.norm(placed(sides, DISTORTED).positions[0]) / truth - 1)
    assert abs(np.median(errors)) < 0.02
    assert np.percentile(np.abs(errors), 95) < 0.12


def test_no_position_beyond_the_angles_of_the_fisheye_model() -> None:
    matrix = np.array([[150.0, 0, 320], [0, 150.0, 240], [0, 0, 1]])
    fisheye = CameraModel(matrix, np.zeros(4), fisheye=True)
    # 150 pixels per radian: the right edge is 2 radians off the axis.
    faces = placed(np.array([[300.0, 220, 40, 50], [590.0, 220, 40, 50]]), fisheye)
    assert np.isfinite(faces.positions[0]).all()
    assert np.isnan(faces.positions[1]).all()


def test_the_prior_is_a_mixture_of_adults_and_children() -> None:
    mean, deviation = width_prior(SETTINGS)
    draw = np.random.default_rng(0)
    child = draw.random(200_000) < SETTINGS.child_fraction
    widths = np.where(child, SETTINGS.child_width, SETTINGS.face_width) + draw.normal(
        0, SETTINGS.face_width_std, child.size
    )
    assert mean == pytest.approx(widths.mean(), rel=0.002)
    assert deviation > widths.std() / mean
    only_children, narrow = width_prior(replace(SETTINGS, child_fraction=1.0))
    assert only_children == SETTINGS.child_width and narrow < deviation


def test_adults_and_children_are_both_within_the_covariance() -> None:
    for width in (0.12, 0.13, 0.15, 0.165):
        found = placed(face_box((0.2, 0.0, 2.5), width), settings=SETTINGS)
        off = found.positions[0].astype(float) - [0.2, 0, 2.5]
        assert off @ np.linalg.inv(found.covariances[0].astype(float)) @ off < 3.0**2


def test_the_covariance_lies_along_the_ray_and_grows_with_distance() -> None:
    near, far = (placed(face_box((0.3 * z, 0, z)), settings=SETTINGS) for z in (1.0, 5.0))
    spreads = []
    for found in (near, far):
        values, vectors = np.linalg.eigh(found.covariances[0].astype(float))
        assert (values > 0).all()
        ray = found.positions[0] / np.linalg.norm(found.positions[0])
        assert abs(vectors[:, 2] @ ray) > 0.999
        spreads.append(np.sqrt(values[2]) / np.linalg.norm(found.positions[0]))
    assert spreads[1] > spreads[0]


def crop_to_image(box: np.ndarray) -> np.ndarray:
    """The part of a box inside the image."""
    left, top = np.maximum(box[:2], 0)
    right, bottom = np.minimum(box[:2] + box[2:], SIZE)
    return np.array([left, top, right - left, bottom - top])


@pytest.mark.parametrize("x", [-0.675, 0.675])
def test_a_face_cut_at_the_side_is_measured_by_its_height(x: float) -> None:
    whole = face_box((x, 0.0, 1.0))
    cut = crop_to_image(whole)
    assert cut[2] < 0.75 * whole[2]
    found = placed(cut)
    assert found.positions[0] == pytest.approx([x, 0.0, 1.0], abs=0.05)
    uncut = placed(face_box((0.4 * np.sign(x), 0, 1.0)))
    assert found.covariances[0, 2, 2] > 1.5 * uncut.covariances[0, 2, 2]


def test_a_face_cut_below_is_measured_by_its_width() -> None:
    found = placed(crop_to_image(face_box((0.0, 0.5, 1.0))))
    assert found.positions[0] == pytest.approx([0.0, 0.5, 1.0], abs=0.05)


def test_a_face_cut_in_a_corner_has_a_large_covariance() -> None:
    found = placed(crop_to_image(face_box((0.66, 0.5, 1.0))))
    off = found.positions[0].astype(float) - [0.66, 0.5, 1.0]
    assert off @ np.linalg.inv(found.covariances[0].astype(float)) @ off < 3.0**2
    assert np.sqrt(found.covariances[0, 2, 2]) > 0.2


def test_a_turned_face_is_narrower_and_less_certain() -> None:
    frontal = np.array([[-0.2, 0], [0.2, 0], [0, 0.2], [-0.15, 0.4], [0.15, 0.4]])
    half_turned = frontal + np.array([[0, 0], [0, 0], [0.2, 0], [0.1, 0], [0.1, 0]])
    box = face_box((0, 0, 2.0))
    spreads, ranges = [], []
    for landmarks, width in ((frontal, box[2]), (half_turned, box[2] * 0.92)):
        seen = np.array([320 - width / 2, box[1], width, box[3]])
        pixels = landmarks * box[2] + [320, 240]
        faces = Detections.of_boxes(seen[None], np.ones(1), pixels[None])
        found = place(faces, measure_ranges(faces, CAMERA, SIZE, KNOWN))
        ranges.append(found.positions[0, 2])
        spreads.append(found.covariances[0, 2, 2])
    assert ranges == pytest.approx([2.0, 2.0], rel=0.03)
    assert spreads[1] > spreads[0]


@pytest.mark.parametrize("input_scale", [1.0, 0.5])
def test_the_bias_of_boxes_is_corrected_at_the_resolution_at_which_they_were_found(
    input_scale: float,
) -> None:
    for width, bias in zip(BOX_WIDTHS_PX, BOX_BIAS, strict=True):
        true = width / bias / input_scale
        sides = np.array([true, true * ASPECT]) * bias
        box = np.array([*((320, 240) - sides / 2), *sides])
        faces = Detections.of_boxes(box[None], np.ones(1))
        faces = faces.with_(input_scales=np.full(1, input_scale, np.float32))
        found = place(faces, measure_ranges(faces, CAMERA, SIZE, KNOWN))
        z = CAMERA.matrix[0, 0] * KNOWN.face_width / true
        assert found.positions[0, 2] == pytest.approx(z, rel=0.02)


def test_degenerate_boxes_give_finite_positions_or_none() -> None:
    boxes = np.array(
        [[-50, -50, 20, 20], [700, 500, 30, 30], [10, 10, 0, 0], [-100, -100, 900, 900]], float
    )
    for camera in (CAMERA, DISTORTED, FISHEYE):
        found = placed(boxes, camera)
        assert (found.range_source > 0).any()
        assert (np.isfinite(found.positions).all(axis=1) == (found.range_source > 0)).all()
        assert not (found.positions[:, 2] <= 0).any()


def test_no_faces_no_positions() -> None:
    faces = Detections.empty()
    assert len(place(faces, measure_ranges(faces, CAMERA, SIZE, SETTINGS))) == 0

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from mask_detector_ros.perception.ranging import CameraModel, place_by_size
from mask_detector_ros.perception.settings import RangingSettings
from mask_detector_ros.perception.types import Detections, RangeSource

FOCAL = 465.0
CAMERA = CameraModel(np.array([[FOCAL, 0, 320], [0, FOCAL, 240], [0, 0, 1.0]]), np.zeros(5))
SETTINGS = RangingSettings()


def face_at(x: float, y: float, z: float, width: float = 0.15) -> Detections:
    """The box of a flat face of ``width`` metres seen through CAMERA."""
    side = FOCAL * width / z
    centre = np.array([320 + FOCAL * x / z, 240 + FOCAL * y / z])
    box = np.concatenate([centre - side / 2, [side, side]])
    return Detections.of_boxes(box[np.newaxis], np.ones(1))


@pytest.mark.parametrize("z", [1.0, 2.5, 5.0])
@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (0.6, -0.2)])
def test_a_face_of_known_width_is_placed(x: float, y: float, z: float) -> None:
    placed = place_by_size(face_at(x, y, z), CAMERA, SETTINGS)
    assert placed.positions[0] == pytest.approx([x, y, z], rel=0.01, abs=0.01)
    assert placed.range_source[0] == RangeSource.FACE_SIZE


def test_the_covariance_is_sound_and_grows_with_distance() -> None:
    near, far = (place_by_size(face_at(0.3, 0, z), CAMERA, SETTINGS) for z in (1.0, 5.0))
    for placed in (near, far):
        assert (np.linalg.eigvalsh(placed.covariances[0]) > 0).all()
    relative = [np.sqrt(p.covariances[0, 2, 2]) / p.positions[0, 2] for p in (near, far)]
    assert relative[0] < relative[1]
    # A child's face, a fifth narrower, must lie within two deviations.
    child = place_by_size(face_at(0, 0, 2.0, width=0.12), CAMERA, SETTINGS)
    assert abs(child.positions[0, 2] - 2.0) < 2.1 * np.sqrt(child.covariances[0, 2, 2])


def test_lens_distortion_is_undone() -> None:
    import cv2

    bent = CameraModel(CAMERA.matrix, np.array([-0.3, 0.1, 0, 0, 0]))
    sides = np.array([[0.925, 0.0, 2.0], [1.075, 0.0, 2.0]])
    pixels = cv2.projectPoints(sides, np.zeros(3), np.zeros(3), bent.matrix, bent.distortion)[0]
    (left, y), (right, _) = pixels.reshape(2, 2)
    box = np.array([[left, y - 20, right - left, 40]])
    placed = place_by_size(Detections.of_boxes(box, np.ones(1)), bent, SETTINGS)
    assert placed.positions[0] == pytest.approx([1.0, 0.0, 2.0], rel=0.02, abs=0.02)


def test_no_faces_no_positions() -> None:
    assert len(place_by_size(Detections.empty(), CAMERA, SETTINGS)) == 0

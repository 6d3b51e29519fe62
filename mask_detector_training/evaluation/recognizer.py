# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""dlib's face recognizer, an attacker on annotated images; extra ``privacy``.

Only measurements and tests use it. Nothing in this project recognizes people.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image

MODEL = "models/dlib_face_recognition_resnet_model_v1.dat"
SIDE = 150
"""Side of the network's input, pixels."""


class FaceRecognizer:
    """dlib's network (ResNet, 128 values; King, 2017, 99.4 % on LFW), as an embedding."""

    def __init__(self) -> None:
        """Load the network.

        Raises:
            ValueError: the extra ``privacy`` is not installed.
        """
        # Found without an import: the package imports pkg_resources, which setuptools dropped.
        models = importlib.util.find_spec("face_recognition_models")
        if models is None or not models.origin or importlib.util.find_spec("dlib") is None:
            raise ValueError(
                "the face recognizer is not installed; pip install 'mask-detector-ros[privacy]'"
            )
        import dlib

        self._network = dlib.face_recognition_model_v1(str(Path(models.origin).parent / MODEL))

    def __call__(self, faces: Sequence[Image]) -> FloatArray:
        """Embeddings (N, 128) of faces, each (H, W, 3) uint8 BGR."""
        chips = [
            cv2.cvtColor(
                cv2.resize(
                    face,
                    (SIDE, SIDE),
                    interpolation=cv2.INTER_AREA if len(face) > SIDE else cv2.INTER_CUBIC,
                ),
                cv2.COLOR_BGR2RGB,
            )
            for face in faces
        ]
        return np.array(self._network.compute_face_descriptor(chips), np.float32)

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""OpenCV's dnn module: slower, but always installed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.models import ModelError


class OpenCvRuntime:
    """Runs .onnx files through cv2.dnn."""

    name = "opencv"
    file_format = "onnx"

    @staticmethod
    def missing_dependency() -> str | None:
        """Why this runtime cannot be used here; None if it can."""
        return None if hasattr(cv2, "dnn") else "this OpenCV was built without its dnn module"

    def __init__(self, path: Path, threads: int) -> None:
        # The number of threads is global to the process in OpenCV.
        cv2.setNumThreads(threads)
        try:
            self._net = cv2.dnn.readNetFromONNX(str(path))
        except cv2.error as error:
            raise ModelError(f"OpenCV {cv2.__version__} cannot load {path}: {error}") from error

    def run(self, images: Image) -> FloatArray:
        """See ``Runtime.run``."""
        self._net.setInput(cv2.dnn.blobFromImages(list(images)))
        return np.asarray(self._net.forward())

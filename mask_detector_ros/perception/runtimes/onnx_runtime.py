# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime on the CPU."""

from __future__ import annotations

import importlib
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.perception.models import ModelError


class OnnxRuntime:
    """Runs .onnx files through onnxruntime."""

    name = "onnxruntime"
    file_format = "onnx"

    @staticmethod
    def missing_dependency() -> str | None:
        """Why this runtime cannot be used here; None if it can."""
        try:
            importlib.import_module("onnxruntime")
        except ImportError as error:
            return f"not installed ({error}); pip install onnxruntime"
        return None

    def __init__(self, path: Path, threads: int) -> None:
        onnxruntime = importlib.import_module("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning worker threads would keep a core busy between frames.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's exceptions have no public base class
            raise ModelError(f"ONNX Runtime cannot load {path}: {error}") from error
        self._input = self._session.get_inputs()[0].name

    def run(self, images: Image) -> FloatArray:
        """See ``Runtime.run``."""
        blob = cv2.dnn.blobFromImages(list(images))
        return np.asarray(self._session.run(None, {self._input: blob})[0])

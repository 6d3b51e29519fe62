# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Interface of all runtimes."""

from __future__ import annotations

from typing import Protocol

from mask_detector_ros.arrays import FloatArray, Image


class Runtime(Protocol):
    """A loaded network. ``run`` releases the GIL during inference."""

    name: str
    """Name in parameters and diagnostics."""
    file_format: str
    """File format of models it reads: tflite or onnx."""

    def run(self, images: Image) -> FloatArray:
        """Run a batch: (N, H, W, 3) uint8 BGR -> (N, ...) float32."""
        ...

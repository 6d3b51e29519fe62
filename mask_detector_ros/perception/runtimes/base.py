# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every runtime offers."""

from __future__ import annotations

from typing import Protocol

from mask_detector_ros.arrays import FloatArray, Image


class Runtime(Protocol):
    """A loaded network. ``run`` lets go of the GIL while it computes."""

    name: str
    """As in parameters and diagnostics."""
    form: str
    """Which file of a model it reads: tflite or onnx."""

    def run(self, images: Image) -> FloatArray:
        """Run a batch: (N, H, W, 3) uint8 BGR -> (N, ...) float32."""
        ...

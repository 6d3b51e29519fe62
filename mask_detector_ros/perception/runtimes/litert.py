# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""LiteRT (formerly TensorFlow Lite) with XNNPACK, the fastest runtime on a CPU."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from mask_detector_ros.arrays import FloatArray, Image
from mask_detector_ros.library_output import chatter_removed
from mask_detector_ros.perception.models import ModelError

BATCHES = (8, 4, 2, 1)
"""Batch sizes with an interpreter each. Resizing one interpreter for every number of faces
would cost more than the inference itself."""


class LiteRtRuntime:
    """Runs .tflite files; one interpreter per batch size, created when first needed."""

    name = "litert"
    file_format = "tflite"

    @staticmethod
    def missing_dependency() -> str | None:
        """Why this runtime cannot be used here; None if it can."""
        try:
            importlib.import_module("ai_edge_litert.interpreter")
        except ImportError as error:
            return f"not installed ({error}); pip install ai-edge-litert"
        return None

    def __init__(self, path: Path, threads: int) -> None:
        self._path = path
        self._threads = threads
        self._interpreters: dict[int, Any] = {}
        self._interpreter(1)

    def _interpreter(self, batch: int) -> Any:
        if batch not in self._interpreters:
            module = importlib.import_module("ai_edge_litert.interpreter")
            try:
                with chatter_removed():
                    interpreter = module.Interpreter(str(self._path), num_threads=self._threads)
                    details = interpreter.get_input_details()[0]
                    if batch != details["shape"][0]:
                        shape = [batch, *details["shape"][1:]]
                        interpreter.resize_tensor_input(details["index"], shape)
                    interpreter.allocate_tensors()
            except (ValueError, RuntimeError) as error:
                raise ModelError(f"LiteRT cannot load {self._path}: {error}") from error
            self._interpreters[batch] = interpreter
        return self._interpreters[batch]

    def run(self, images: Image) -> FloatArray:
        """See ``Runtime.run``."""
        outputs = []
        start = 0
        while start < len(images):
            batch = next(size for size in BATCHES if size <= len(images) - start)
            interpreter = self._interpreter(batch)
            # Written directly into the input tensor: copy and cast in one pass.
            interpreter.tensor(interpreter.get_input_details()[0]["index"])()[:] = images[
                start : start + batch
            ]
            interpreter.invoke()
            outputs.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
            start += batch
        return outputs[0] if len(outputs) == 1 else np.concatenate(outputs)

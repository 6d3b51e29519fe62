# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Inference runtimes behind one interface; "auto" selects the fastest one installed."""

from __future__ import annotations

from collections.abc import Callable

from mask_detector_ros.perception.models import Model, ModelError
from mask_detector_ros.perception.runtimes.base import Runtime
from mask_detector_ros.perception.runtimes.litert import LiteRtRuntime
from mask_detector_ros.perception.runtimes.onnx_runtime import OnnxRuntime
from mask_detector_ros.perception.runtimes.opencv import OpenCvRuntime

RUNTIMES: dict[str, type[LiteRtRuntime | OnnxRuntime | OpenCvRuntime]] = {
    runtime.name: runtime for runtime in (LiteRtRuntime, OnnxRuntime, OpenCvRuntime)
}
"""Name -> runtime, fastest first; OpenCV is always installed."""

AUTO = "auto"
CHOICES = (AUTO, *RUNTIMES)


def available() -> list[str]:
    """Names of the installed runtimes, fastest first."""
    return [name for name, runtime in RUNTIMES.items() if runtime.missing_dependency() is None]


def load(
    model: Model, runtime: str = AUTO, threads: int = 1, log: Callable[[str], None] | None = None
) -> Runtime:
    """Load a model into a runtime.

    Args:
        runtime: a name of ``RUNTIMES``, or "auto" for the fastest that is installed and
            for which the model has a file.
        threads: threads per inference.
        log: called with a message for each runtime that was skipped, and why.

    Raises:
        ModelError: the runtime is unknown or not installed, the model has no file for it,
            or the file is damaged.
    """
    if runtime not in CHOICES:
        raise ModelError(f"unknown runtime {runtime!r}; known are {', '.join(CHOICES)}")
    skipped = []
    for name, candidate in RUNTIMES.items():
        if runtime not in (AUTO, name):
            continue
        problem = candidate.missing_dependency()
        if problem is None and candidate.file_format not in model.files:
            problem = f"{model.name} has no .{candidate.file_format} file"
        if problem is None:
            file = model.files[candidate.file_format]
            file.verify()
            return candidate(file.path, threads)
        skipped.append(f"{name}: {problem}")
        if log is not None:
            log(f"runtime {name} skipped: {problem}")
    raise ModelError(f"{model.name} cannot be run: " + "; ".join(skipped))


__all__ = ["AUTO", "CHOICES", "RUNTIMES", "Runtime", "available", "load"]

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of Python, OpenCV, NumPy, the model runtimes and the models."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.apps.checks.finding import Finding, error, ok, warning
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.models import Model, ModelError, load_manifest
from mask_detector_ros.perception.pipeline import FACE_DETECTOR, MASK_CLASSIFIER
from mask_detector_ros.resources import find_resource

MIN_PYTHON, MIN_OPENCV, MIN_NUMPY = (3, 10), (4, 6), (1, 23)
TIMED_RUNS = 5
"""Inferences timed per model and runtime, after one to warm up."""


def _version(text: str) -> tuple[int, int]:
    major, minor = text.split(".")[:2]
    return int(major), int(minor)


def check_versions() -> Iterator[Finding]:
    """Check the versions of Python, OpenCV and NumPy."""
    for name, found, minimum in (
        ("Python", platform.python_version(), MIN_PYTHON),
        ("OpenCV", cv2.__version__, MIN_OPENCV),
        ("NumPy", np.__version__, MIN_NUMPY),
    ):
        needed = ".".join(map(str, minimum))
        if _version(found) >= minimum:
            where = f" ({sys.executable})" if name == "Python" else ""
            yield ok(name, f"{name} {found}{where}")
        else:
            yield error(name, f"{name} {found} is older than {needed}", f"install {name} {needed}+")


def check_runtimes() -> Iterator[Finding]:
    """Check which runtimes are installed; the detector uses the fastest."""
    present = []
    for name, runtime in runtimes.RUNTIMES.items():
        problem = runtime.missing_dependency()
        if problem is None:
            present.append(name)
            used = " (used by the detector)" if len(present) == 1 else ""
            yield ok("runtime", f"runtime {name} is installed{used}")
        else:
            yield warning("runtime", f"runtime {name} cannot be used: {problem.split(';')[0]}",
                       problem.partition("; ")[2])  # fmt: skip
    if not present:
        yield error("runtime", "no model runtime is installed", "pip install ai-edge-litert")


def check_models(folder: Path | None) -> Iterator[Finding]:
    """Check the manifest, its files, and that the models run in every installed runtime."""
    try:
        folder = folder or find_resource("models")
        manifest = load_manifest(folder)
    except (ModelError, FileNotFoundError) as failure:
        yield error(
            "models", str(failure), "install the package again, or set a folder with --models"
        )
        return
    for name in (FACE_DETECTOR, MASK_CLASSIFIER):
        if name not in manifest:
            yield error("models", f"the manifest in {folder} has no model {name!r}",
                      "install the package again")  # fmt: skip
            continue
        yield from _check_model(manifest[name])


def _check_model(model: Model) -> Iterator[Finding]:
    damaged = False
    for file in model.files.values():
        try:
            file.verify()
        except ModelError as failure:
            damaged = True
            yield error("models", str(failure), "install the package again")
    if damaged:
        return
    formats = ", ".join(f".{form}" for form in model.files)
    yield ok("models", f"{model.label} is complete ({formats})")
    for name in runtimes.available():
        if runtimes.RUNTIMES[name].file_format not in model.files:
            yield warning("models", f"{model.name} has no file for {name}")
            continue
        try:
            milliseconds = _time(model, name)
        except Exception as failure:  # each runtime has its own exceptions
            yield error("models", f"{model.name} does not run in {name}: {failure}",
                      f"use another runtime, or install another version of {name}")  # fmt: skip
        else:
            yield ok("models", f"{model.name} runs in {name}: {milliseconds:.1f} ms")


def _time(model: Model, runtime: str) -> float:
    """Median inference time in ms, one thread."""
    loaded = runtimes.load(model, runtime, threads=1)
    blank = np.zeros((1, model.height, model.width, 3), np.uint8)
    output = loaded.run(blank)
    if not np.isfinite(output).all():
        raise ModelError("its output contains NaN or infinity")
    times = []
    for _ in range(TIMED_RUNS):
        start = time.perf_counter()
        loaded.run(blank)
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))

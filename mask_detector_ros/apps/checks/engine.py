# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Python, OpenCV, NumPy, the models, and what runs them."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mask_detector_ros.apps.checks.finding import Finding, bad, good, note
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.models import Model, ModelError, load_manifest
from mask_detector_ros.perception.pipeline import FACE_DETECTOR, MASK_CLASSIFIER
from mask_detector_ros.resources import find_resource

OLDEST_PYTHON, OLDEST_OPENCV, OLDEST_NUMPY = (3, 10), (4, 6), (1, 23)
RUNS = 5
"""Inferences timed per model and runtime, after a first one."""


def _version(text: str) -> tuple[int, int]:
    major, minor = text.split(".")[:2]
    return int(major), int(minor)


def check_versions() -> Iterator[Finding]:
    """Python and the two libraries that nothing works without."""
    for name, found, oldest in (
        ("Python", platform.python_version(), OLDEST_PYTHON),
        ("OpenCV", cv2.__version__, OLDEST_OPENCV),
        ("NumPy", np.__version__, OLDEST_NUMPY),
    ):
        needed = ".".join(map(str, oldest))
        if _version(found) >= oldest:
            where = f" ({sys.executable})" if name == "Python" else ""
            yield good(name, f"{name} {found}{where}")
        else:
            yield bad(name, f"{name} {found} is older than {needed}", f"install {name} {needed}+")


def check_runtimes() -> Iterator[Finding]:
    """Which runtimes there are; the fastest is taken."""
    present = []
    for name, runtime in runtimes.RUNTIMES.items():
        problem = runtime.missing()
        if problem is None:
            present.append(name)
            taken = " (the one that is used)" if len(present) == 1 else ""
            yield good("runtime", f"runtime {name} is installed{taken}")
        else:
            yield note("runtime", f"runtime {name} cannot be used: {problem.split(';')[0]}",
                       problem.partition("; ")[2])  # fmt: skip
    if not present:
        yield bad("runtime", "nothing here runs the networks", "pip install ai-edge-litert")


def check_models(folder: Path | None) -> Iterator[Finding]:
    """The manifest, the files it names, and one run in every runtime there is."""
    try:
        folder = folder or find_resource("models")
        manifest = load_manifest(folder)
    except (ModelError, FileNotFoundError) as error:
        yield bad("models", str(error), "install the package again, or name a folder by --models")
        return
    for name in (FACE_DETECTOR, MASK_CLASSIFIER):
        if name not in manifest:
            yield bad("models", f"the manifest in {folder} has no model {name!r}",
                      "install the package again")  # fmt: skip
            continue
        yield from _check_model(manifest[name])


def _check_model(model: Model) -> Iterator[Finding]:
    damaged = False
    for file in model.files.values():
        try:
            file.verify()
        except ModelError as error:
            damaged = True
            yield bad("models", str(error), "install the package again")
    if damaged:
        return
    kinds = ", ".join(f".{form}" for form in model.files)
    yield good("models", f"{model.label} is whole ({kinds})")
    for name in runtimes.available():
        if runtimes.RUNTIMES[name].form not in model.files:
            yield note("models", f"{model.name} has no file for {name}")
            continue
        try:
            milliseconds = _time(model, name)
        except Exception as error:  # each runtime has exceptions of its own
            yield bad("models", f"{model.name} does not run in {name}: {error}",
                      f"use another runtime, or install another version of {name}")  # fmt: skip
        else:
            yield good("models", f"{model.name} runs in {name}: {milliseconds:.1f} ms")


def _time(model: Model, runtime: str) -> float:
    """Median time of an inference in ms, one thread."""
    loaded = runtimes.load(model, runtime, threads=1)
    blank = np.zeros((1, model.height, model.width, 3), np.uint8)
    output = loaded.run(blank)
    if not np.isfinite(output).all():
        raise ModelError("its output holds values that are not numbers")
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        loaded.run(blank)
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long the shipped networks take on one thread, beside YuNet in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.models import load_manifest

BATCH = 4


def milliseconds(work: Callable[[], Any], seconds: float = 2.0) -> float:
    """Median time of one call."""
    for _ in range(3):
        work()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def time_models(folder: Path, runtime: str, yunet: Path | None) -> dict[str, float]:
    """Times in milliseconds: detector per frame, classifier per face in a batch of 4.

    Args:
        folder: the model folder.
        runtime: as in ``runtimes.CHOICES``.
        yunet: YuNet's ONNX file, run through OpenCV at 640 x 480 for comparison.
    """
    models = load_manifest(folder)
    random = np.random.default_rng(0)
    report = {}
    for name, batch in (("face_detector", 1), ("mask_classifier", BATCH)):
        model = models[name]
        network = runtimes.load(model, runtime)
        shape = (batch, model.height, model.width, 3)
        pictures = random.integers(0, 256, shape, np.uint8)
        spent = milliseconds(partial(network.run, pictures))
        unit = "ms per frame" if batch == 1 else f"ms per face, batch of {batch}"
        report[f"{name}, {unit}"] = spent / batch
    if yunet is not None:
        if not yunet.is_file():
            raise ValueError(f"{yunet} does not exist; check --yunet")
        cv2.setNumThreads(1)
        net = cv2.dnn.readNetFromONNX(str(yunet))
        names = net.getUnconnectedOutLayersNames()
        blob = cv2.dnn.blobFromImage(random.integers(0, 256, (480, 640, 3), np.uint8))

        def look() -> None:
            net.setInput(blob)
            net.forward(names)

        spent = milliseconds(look)
        report["YuNet through OpenCV, ms per frame"] = spent
        report["face_detector / YuNet"] = report["face_detector, ms per frame"] / spent
    return report

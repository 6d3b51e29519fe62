# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long networks take on one thread, beside each other in the same run."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.models import load_manifest
from mask_detector_ros.perception.types import Image
from mask_detector_training.data.pseudo_labels import read_yunet

BATCH = 4
ROUNDS = 200


def by_turns(works: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median milliseconds of every work, one after the other again and again.

    What else the machine does then meets all of them alike; in another order each time, for
    a busy machine interrupts with a rhythm.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    names, order = list(works), random.Random(0)
    for number in range(rounds + 3):
        order.shuffle(names)
        for name in names:
            start = time.perf_counter()
            works[name]()
            if number >= 3:  # the first rounds warm up
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(spent)) for name, spent in times.items()}


def time_models(folder: Path, runtime: str, yunet: Path | None) -> dict[str, float]:
    """Times in milliseconds: detector per frame, classifier per face in a batch of 4.

    Args:
        folder: the model folder.
        runtime: as in ``runtimes.CHOICES``.
        yunet: YuNet's ONNX file, run through OpenCV at 640 x 480 for comparison.
    """
    models = load_manifest(folder)
    generator = np.random.default_rng(0)
    works: dict[str, Callable[[], Any]] = {}
    for name, batch in (("face_detector", 1), ("mask_classifier", BATCH)):
        model = models[name]
        network = runtimes.load(model, runtime)
        shape = (batch, model.height, model.width, 3)
        works[name] = partial(network.run, generator.integers(0, 256, shape, np.uint8))
    if yunet is not None:
        works["yunet"] = _yunet(yunet, generator.integers(0, 256, (480, 640, 3), np.uint8))
    spent = by_turns(works, ROUNDS)
    report = {
        "face_detector, ms per frame": spent["face_detector"],
        f"mask_classifier, ms per face, batch of {BATCH}": spent["mask_classifier"] / BATCH,
    }
    if yunet is not None:
        report["YuNet through OpenCV, ms per frame"] = spent["yunet"]
        report["face_detector / YuNet"] = spent["face_detector"] / spent["yunet"]
    return report


def _yunet(weights: Path, picture: Image) -> Callable[[], Any]:
    cv2.setNumThreads(1)
    net = read_yunet(weights, "--yunet")
    names = net.getUnconnectedOutLayersNames()
    blob = cv2.dnn.blobFromImage(picture)

    def look() -> None:
        net.setInput(blob)
        net.forward(names)

    return look

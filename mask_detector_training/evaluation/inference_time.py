# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Inference time of networks on one thread, measured in alternation."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_detector_ros.arrays import Image
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.models import load_manifest
from mask_detector_training.data.teachers import read_yunet

BATCH = 4
ROUNDS = 200
WARM_UP_ROUNDS = 3


def time_interleaved(calls: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median milliseconds of each call over several rounds.

    The calls alternate, so that other load on the machine affects all of them alike. Each round
    has a random order, because other load may be periodic.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    names, order = list(calls), random.Random(0)
    for number in range(rounds + WARM_UP_ROUNDS):
        order.shuffle(names)
        for name in names:
            start = time.perf_counter()
            calls[name]()
            if number >= WARM_UP_ROUNDS:
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(spent)) for name, spent in times.items()}


def time_models(folder: Path, runtime: str, yunet: Path | None) -> dict[str, float]:
    """Times in milliseconds: detector per frame, classifier per face in a batch of 4.

    Args:
        folder: the model folder.
        runtime: one of ``runtimes.CHOICES``.
        yunet: YuNet's ONNX file, run with OpenCV at 640 x 480 for comparison; None leaves it
            out.
    """
    models = load_manifest(folder)
    generator = np.random.default_rng(0)
    calls: dict[str, Callable[[], Any]] = {}
    for name, batch in (("face_detector", 1), ("mask_classifier", BATCH)):
        model = models[name]
        network = runtimes.load(model, runtime)
        shape = (batch, model.height, model.width, 3)
        calls[name] = partial(network.run, generator.integers(0, 256, shape, np.uint8))
    if yunet is not None:
        calls["yunet"] = _yunet(yunet, generator.integers(0, 256, (480, 640, 3), np.uint8))
    times = time_interleaved(calls, ROUNDS)
    report = {
        "face_detector, ms per frame": times["face_detector"],
        f"mask_classifier, ms per face, batch of {BATCH}": times["mask_classifier"] / BATCH,
    }
    if yunet is not None:
        report["YuNet with OpenCV, ms per frame"] = times["yunet"]
        report["face_detector / YuNet"] = times["face_detector"] / times["yunet"]
    return report


def _yunet(weights: Path, image: Image) -> Callable[[], Any]:
    cv2.setNumThreads(1)
    net = read_yunet(weights, "--yunet")
    names = net.getUnconnectedOutLayersNames()
    blob = cv2.dnn.blobFromImage(image)

    def run() -> None:
        net.setInput(blob)
        net.forward(names)

    return run

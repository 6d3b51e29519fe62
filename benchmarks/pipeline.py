# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measures the pipeline alone, in this process, and compares the times with their budgets.

    python benchmarks/pipeline.py [--runtime litert] [--threads 1] [--frames 200]

The images are frames of the demo clip. Times depend on the machine and its load: compare only
figures of one run with each other.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from report import Figure, show

from mask_detector_ros.arrays import Image
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.models import load_manifest
from mask_detector_ros.perception.pipeline import MASK_CLASSIFIER, MaskPipeline
from mask_detector_ros.resources import find_resource
from mask_detector_ros.sources import open_source


def median_ms(work: Callable[[], object], times: int) -> float:
    """Median wall time of a call in milliseconds, after warm-up calls."""
    for _ in range(5):
        work()
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return 1000 * float(np.median(taken))


def image_with_faces(pipeline: MaskPipeline, count: int) -> Image:
    """The frame of the demo clip whose number of faces is nearest to ``count``."""
    with open_source(find_resource("demo/patrol.mp4")) as clip:
        frames = [frame.image for frame in clip if frame.index % 15 == 0]
    return min(frames, key=lambda image: abs(len(pipeline.process(image).faces) - count))


def far_ratio(pipeline: MaskPipeline, image: Image, frames: int) -> float:
    """Time of detection with ``detector.far`` over that without; the settings are restored."""
    before = pipeline.settings
    pipeline.settings = replace(before, detector=replace(before.detector, far="auto"))
    spent = [pipeline.process(image, i / 30).milliseconds for i in range(frames)]
    pipeline.settings = before
    whole, far = (float(np.median([one[stage] for one in spent])) for stage in ("detect", "far"))
    return (whole + far) / whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runtime", choices=runtimes.CHOICES, default=runtimes.AUTO)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--frames", type=int, default=200, help="repetitions of each timing")
    parser.add_argument("--json", type=Path, help="save the figures in this file")
    arguments = parser.parse_args()
    cv2.setNumThreads(arguments.threads)

    models = find_resource("models")
    pipeline = MaskPipeline(models, runtime=arguments.runtime, threads=arguments.threads)
    image = image_with_faces(pipeline, 4)
    large = np.asarray(cv2.resize(image, (1920, 1080)), np.uint8)
    faces = len(pipeline.process(image).faces)
    classifier_model = load_manifest(models)[MASK_CLASSIFIER]
    classifier = MaskClassifier(
        classifier_model,
        runtimes.load(classifier_model, arguments.runtime, arguments.threads),
    )
    boxes = np.array([[100, 100, 60, 70]] * 4, np.float32)
    crops = classifier.crop(image, boxes)

    def stage(name: str) -> float:
        taken = [
            pipeline.process(image, i / 30).milliseconds[name] for i in range(arguments.frames)
        ]
        return float(np.median(taken))

    whole = median_ms(lambda: pipeline.process(image), arguments.frames)
    figures = [
        Figure(f"pipeline, 640x480, {faces} faces", whole, "ms", 12.0),
        Figure("  detector", stage("detect"), "ms", 8.0),
        Figure("  each face (crop and classify)", stage("classify") / max(faces, 1), "ms", 0.6),
        Figure(
            "classifier alone, per face in a batch of 4",
            median_ms(lambda: classifier.classify(crops), arguments.frames) / 4,
            "ms",
            0.8,
        ),
        Figure(
            "1920x1080 over 640x480",
            median_ms(lambda: pipeline.process(large), arguments.frames) - whole,
            "ms",
            6.0,
        ),
        Figure(
            "detector.far: auto over off, 1920x1080",
            far_ratio(pipeline, large, arguments.frames),
            "x",
            2.0,
        ),
        Figure(
            "models on disk as run",
            sum(
                m.files[f].path.stat().st_size
                for m in pipeline.models.values()
                for f in m.files
                if f == runtimes.RUNTIMES[pipeline.runtime].file_format
            )
            / 1e6,
            "MB",
            4.0,
        ),
    ]
    show(f"pipeline, {pipeline.runtime}, {arguments.threads} thread(s)", figures, arguments.json)


if __name__ == "__main__":
    main()

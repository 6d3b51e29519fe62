# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stages in order. Nodes, apps and benchmarks call this and nothing below it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mask_detector_ros.perception import quality, runtimes
from mask_detector_ros.perception.evidence import Event
from mask_detector_ros.perception.face_detector import FaceDetector
from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.models import Model, ModelError, load_manifest
from mask_detector_ros.perception.people import People
from mask_detector_ros.perception.ranging import CameraModel, place_by_size
from mask_detector_ros.perception.settings import PipelineSettings
from mask_detector_ros.perception.types import (
    CLASSES,
    Detections,
    Image,
    UnknownReason,
    WearStatus,
)

FACE_DETECTOR, MASK_CLASSIFIER = "face_detector", "mask_classifier"


@dataclass(frozen=True)
class FrameResult:
    """What one frame gave."""

    faces: Detections
    faint: Detections = field(default_factory=Detections.empty)
    """Too doubtful to report, but perhaps faces: only to be blurred."""
    events: list[Event] = field(default_factory=list)
    milliseconds: dict[str, float] = field(default_factory=dict)
    """Time per stage: detect, classify, place, follow."""
    jumped_back: bool = False
    """The stamp lay before the last one's, so everyone was forgotten first."""


class Pipeline:
    """Frame in, faces out.

    Not for several threads at once, except that ``settings`` may be replaced at any time:
    a frame takes it once, at its start.
    """

    def __init__(
        self,
        models: Path,
        settings: PipelineSettings | None = None,
        runtime: str = runtimes.AUTO,
        threads: int = 1,
        log: Callable[[str], None] | None = None,
    ) -> None:
        """Load the models of a folder.

        Args:
            models: folder with a manifest.
            runtime: name of a runtime, or "auto".
            threads: threads per inference.
            log: told what "auto" passed over.

        Raises:
            ModelError: a model cannot be used.
        """
        self.settings = settings or PipelineSettings()
        manifest = load_manifest(models)
        self.models: dict[str, Model] = {}
        for name in (FACE_DETECTOR, MASK_CLASSIFIER):
            if name not in manifest:
                raise ModelError(f"the manifest in {models} has no model {name!r}")
            self.models[name] = manifest[name]
        detector, classifier = manifest[FACE_DETECTOR], manifest[MASK_CLASSIFIER]
        loaded = runtimes.load(detector, runtime, threads, log)
        self.runtime = loaded.name
        self._detector = FaceDetector(detector, loaded)
        self._classifier = MaskClassifier(
            classifier, runtimes.load(classifier, runtime, threads, log)
        )
        self._people = People()

    def warm_up(self) -> None:
        """Run every network once, so that the first real frame is not the slow one."""
        blank = np.zeros((64, 64, 3), np.uint8)
        self._detector.detect(blank, self.settings.detector)
        self._classifier.classify(self._classifier.crop(blank, np.array([[16, 16, 32, 32]])))

    def reset(self) -> None:
        """Forget everyone who was followed."""
        self._people.reset()

    def process(
        self,
        image: Image,
        stamp: float | None = None,
        camera: CameraModel | None = None,
    ) -> FrameResult:
        """Handle one frame.

        Args:
            image: (H, W, 3) uint8 BGR.
            stamp: the frame's time in seconds; None for a single picture, in which nobody
                is followed and the frame's own status is the status.
            camera: calibration for this resolution; None leaves positions unknown.
        """
        settings = self.settings
        clock = _StageClock()
        found = self._detector.detect(image, settings.detector)
        reported = found.scores >= settings.detector.score_threshold
        faces, faint = found[reported], found[~reported]
        clock.lap("detect")
        faces = self._tell(image, faces, settings)
        clock.lap("classify")
        if camera is not None:
            faces = place_by_size(faces, camera, settings.ranging)
        clock.lap("place")
        events: list[Event] = []
        jumped_back = False
        if stamp is None:
            faces = faces.with_(status=faces.frame_status, reason=faces.frame_reason)
        else:
            faces, events, jumped_back = self._people.update(faces, stamp, settings)
        clock.lap("follow")
        return FrameResult(faces, faint, events, clock.milliseconds, jumped_back)

    def _tell(self, image: Image, faces: Detections, settings: PipelineSettings) -> Detections:
        """Classify all faces and say UNKNOWN where they are seen too poorly."""
        crops = self._classifier.crop(image, faces.boxes)
        probabilities = self._classifier.classify(crops)
        reasons = quality.assess(
            crops,
            self._classifier.context,
            faces.boxes,
            faces.landmarks,
            settings.quality,
            self._classifier.below,
        )
        if len(faces):
            unsure = probabilities.max(axis=1) < settings.classifier.min_confidence
            reasons[(reasons == UnknownReason.NONE) & unsure] = UnknownReason.UNCERTAIN
            likeliest = np.array(CLASSES, np.int8)[probabilities.argmax(axis=1)]
            status = np.where(reasons == UnknownReason.NONE, likeliest, WearStatus.UNKNOWN)
            confidence = np.where(status == WearStatus.UNKNOWN, 0.0, probabilities.max(axis=1))
            faces = faces.with_(
                probabilities=probabilities,
                frame_status=status.astype(np.int8),
                frame_reason=reasons,
                confidence=confidence.astype(np.float32),
            )
        return faces


class _StageClock:
    """Splits the time of one frame over its stages."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.milliseconds[stage] = 1000 * (now - self._last)
        self._last = now

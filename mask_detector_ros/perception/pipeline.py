# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stages in order. Nodes, apps and benchmarks call this and nothing below it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mask_detector_ros.perception import frame_status, runtimes
from mask_detector_ros.perception.camera_motion import CameraMotion
from mask_detector_ros.perception.depth import DepthImage
from mask_detector_ros.perception.face_detector import FaceDetector
from mask_detector_ros.perception.filters import PositionFilter
from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.models import Model, ModelError, load_manifest
from mask_detector_ros.perception.person_tracker import People, Sighted
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.perception.ranging import BOX_GROWTH, measure, place
from mask_detector_ros.perception.types import (
    CLASSES,
    CameraModel,
    Detections,
    Event,
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
    """Too doubtful to report and nobody who is followed, but perhaps faces: only to be
    blurred."""
    events: list[Event] = field(default_factory=list)
    milliseconds: dict[str, float] = field(default_factory=dict)
    """Time per stage: detect, follow, classify, place."""
    jumped_back: bool = False
    """The stamp lay before the last one's, so everyone was forgotten first."""
    depth_problem: str = ""
    """Why the depth image at hand did not place some face; empty where it placed them all."""


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
        self._camera_motion = CameraMotion()
        self._people = People()
        self._places = PositionFilter()

    def warm_up(self) -> None:
        """Run every network once, so that the first real frame is not the slow one."""
        blank = np.zeros((64, 64, 3), np.uint8)
        self._detector.detect(blank, self.settings.detector)
        self._classifier.classify(self._classifier.crop(blank, np.array([[16, 16, 32, 32]])))

    def reset(self) -> None:
        """Forget everyone who was followed."""
        self._camera_motion.reset()
        self._people.reset()
        self._places.reset()

    def process(
        self,
        image: Image,
        stamp: float | None = None,
        camera: CameraModel | None = None,
        depth: Callable[[], DepthImage | None] | None = None,
    ) -> FrameResult:
        """Handle one frame.

        Args:
            image: (H, W, 3) uint8 BGR.
            stamp: the frame's time in seconds; None for a single picture, in which nobody
                is followed and the frame's own status is the status.
            camera: calibration for this resolution; None leaves positions unknown.
            depth: gives the depth image that belongs to this one, if there is any. Asked
                only when there are faces to place and as late as can be, since depth often
                comes a little after its picture.
        """
        settings = self.settings
        clock = _StageClock()
        found = self._detector.detect(image, settings.detector)
        clock.lap("detect")
        sure = np.flatnonzero(found.scores >= settings.detector.score_threshold)
        if stamp is None:
            sighted, rows = None, sure
        else:
            turn = None
            if settings.tracker.camera_motion:
                focal = None if camera is None else float(camera.matrix[0, 0])
                turn = self._camera_motion.measure(image, stamp, found.boxes[sure], focal)
            sighted = self._people.follow(found, stamp, settings, turn)
            rows = sighted.rows
        faces, faint = found[rows], found[np.delete(np.arange(len(found)), rows)]
        clock.lap("follow")
        faces = self._tell(image, faces, settings)
        clock.lap("classify")
        faces, depth_problem = self._place(faces, image, camera, depth, sighted, settings)
        clock.lap("place")
        events: list[Event] = []
        jumped_back = False
        if sighted is None:
            faces = faces.with_(status=faces.frame_status, reason=faces.frame_reason)
        else:
            faces, events = self._people.tell(faces, sighted, settings)
            jumped_back = sighted.jumped_back
        clock.lap("follow")
        return FrameResult(faces, faint, events, clock.milliseconds, jumped_back, depth_problem)

    def _place(
        self,
        faces: Detections,
        image: Image,
        camera: CameraModel | None,
        depth: Callable[[], DepthImage | None] | None,
        sighted: Sighted | None,
        settings: PipelineSettings,
    ) -> tuple[Detections, str]:
        """Fill in positions, steadied where people are followed; and why depth did not help."""
        if sighted is not None and sighted.jumped_back:
            self._places.reset()
        if camera is None or len(faces) == 0:
            return faces, ""
        size = (image.shape[1], image.shape[0])
        found = depth() if depth is not None else None
        detector = self.models[FACE_DETECTOR]
        scale = min(detector.width / size[0], detector.height / size[1])
        ranges = measure(faces, camera, size, settings.ranging, found, BOX_GROWTH / scale)
        faces = place(faces, ranges)
        if sighted is not None:
            numbers = [track.number for track in sighted.followed.tracks]
            stamp = sighted.stamp
            faces = self._places.update(faces, numbers, ranges, stamp, settings.ranging)
        return faces, ranges.depth_problem

    def _tell(self, image: Image, faces: Detections, settings: PipelineSettings) -> Detections:
        """Classify all faces and say UNKNOWN where they are seen too poorly."""
        crops = self._classifier.crop(image, faces.boxes)
        probabilities = self._classifier.classify(crops)
        measures = frame_status.measure(
            crops,
            (image.shape[1], image.shape[0]),
            self._classifier.context,
            faces.boxes,
            faces.landmarks,
            self._classifier.below,
        )
        reasons = frame_status.assess(measures, settings.quality)
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
                weights=frame_status.weigh(measures, settings.evidence),
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
        self.milliseconds[stage] = self.milliseconds.get(stage, 0.0) + 1000 * (now - self._last)
        self._last = now

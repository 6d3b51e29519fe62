# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the stages in order. Nodes, apps and benchmarks call this and no stage directly."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mask_detector_ros.arrays import Image, IntArray
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.camera_motion import CameraMotion
from mask_detector_ros.perception.depth import DepthImage
from mask_detector_ros.perception.face_detector import FaceDetector
from mask_detector_ros.perception.far_detection import FarDetector
from mask_detector_ros.perception.filters import PositionFilter
from mask_detector_ros.perception.frame_status import apply_frame_status, measure
from mask_detector_ros.perception.image_rotation import ImageRotation, turned_depth
from mask_detector_ros.perception.mask_classifier import MaskClassifier
from mask_detector_ros.perception.models import Model, ModelError, load_manifest
from mask_detector_ros.perception.person_tracker import Association, PersonTracker
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.perception.ranging import measure_ranges, place
from mask_detector_ros.perception.types import CameraModel, Detections, Event
from mask_detector_ros.resources import find_resource
from mask_detector_ros.settings_rules import check_settings

FACE_DETECTOR, MASK_CLASSIFIER = "face_detector", "mask_classifier"


@dataclass(frozen=True)
class FrameResult:
    """Result of one frame."""

    faces: Detections
    low_confidence: Detections = field(default_factory=Detections.empty)
    """Not reported, but to be hidden: low-confidence detections without a track, and confirmed
    tracks where the frame was not searched (``detector.far``)."""
    events: list[Event] = field(default_factory=list)
    milliseconds: dict[str, float] = field(default_factory=dict)
    """Time per stage: detect, track, classify, position; far for far faces in large images."""
    jumped_back: bool = False
    """The stamp was before the last one, so all tracks were deleted first."""
    depth_problem: str = ""
    """Why depth was not used for some face; empty if it was used for all, or not given."""
    rotation: ImageRotation = field(default_factory=ImageRotation)
    """How the image was turned, by the setting ``rotate``."""

    def upright(self, image: Image) -> tuple[Image, Detections, Detections]:
        """The image turned as ``rotate`` says, and ``faces`` and ``low_confidence`` in it."""
        turn = self.rotation
        return turn.image(image), turn.faces(self.faces), turn.faces(self.low_confidence)


class MaskPipeline:
    """Image in, detections out.

    Not thread-safe, except that ``settings`` may be replaced at any time: a frame reads it
    once, at its start.
    """

    def __init__(
        self,
        models: Path | None = None,
        settings: PipelineSettings | None = None,
        runtime: str = runtimes.AUTO,
        threads: int = 1,
        log: Callable[[str], None] | None = None,
    ) -> None:
        """Load the models.

        Args:
            models: folder with a manifest; None for the shipped models.
            settings: None for the defaults.
            runtime: name of a runtime, or "auto".
            threads: threads per inference.
            log: called with messages about runtimes that "auto" skipped.

        Raises:
            ModelError: a model cannot be used.
            ValueError: a setting is invalid, or several contradict each other.
        """
        self.settings = settings or PipelineSettings()
        models = models or find_resource("models")
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
        self._far = FarDetector(self._detector)
        self._camera_motion = CameraMotion()
        self._people = PersonTracker()
        self._positions = PositionFilter()
        self._rotation = ImageRotation()

    @property
    def settings(self) -> PipelineSettings:
        """The settings; replaced as a whole, and validated then."""
        return self._settings

    @settings.setter
    def settings(self, settings: PipelineSettings) -> None:
        check_settings(settings)
        self._settings = settings

    def warm_up(self) -> None:
        """Run every network once, so that the first frame is not slower than the others."""
        blank = np.zeros((64, 64, 3), np.uint8)
        self._detector.detect(blank, self.settings.detector)
        self._classifier.classify(self._classifier.crop(blank, np.array([[16.0, 16, 32, 32]])))

    def size_note(self, width: int, height: int) -> str:
        """Which faces are found in images of this size, in words; see ``detector.far``."""
        settings = self.settings
        size = (height, width) if settings.rotate in (90, 270) else (width, height)
        return self._far.size_note(size, settings.detector)

    def face_score(self, image: Image) -> float:
        """Highest score of a face in a (H, W, 3) uint8 BGR image, which is not turned; 0 to 1."""
        scores = self._detector.detect(image, self.settings.detector).scores
        return float(scores.max(initial=0.0))

    def classify(self, image: Image, faces: Detections) -> Detections:
        """The frame status of given faces in a (H, W, 3) uint8 BGR image, which is not turned."""
        return self._classify(image, faces, self.settings)

    def reset(self) -> list[Event]:
        """Delete all tracks; returns LOST for each open violation, at the last frame's stamp."""
        self._camera_motion.reset()
        self._positions.reset()
        self._far.reset()
        return self._rotation.inverse().events(self._people.reset())

    def process(
        self,
        image: Image,
        stamp: float | None = None,
        camera: CameraModel | None = None,
        depth: Callable[[], DepthImage | None] | None = None,
    ) -> FrameResult:
        """Process one frame.

        Args:
            image: (H, W, 3) uint8 BGR.
            stamp: the frame's stamp in seconds; None for a single image, without tracking:
                the frame status is the status.
            camera: calibration for this resolution; None leaves positions unknown.
            depth: returns the depth image that belongs to this image, if any. Called only
                when there are faces to place, and as late as possible, since depth often
                arrives a little after its image.

        Returns:
            Boxes and landmarks in pixels of ``image``, positions in the camera's optical frame;
            with the setting ``rotate``, too.
        """
        settings = self.settings
        rotation = ImageRotation(settings.rotate, image.shape[1], image.shape[0])
        ended = self.reset() if rotation.degrees != self._rotation.degrees else []
        self._rotation, back = rotation, rotation.inverse()
        camera = None if camera is None else rotation.camera(camera)
        depth = turned_depth(rotation, depth)
        result = self._process(rotation.image(image), stamp, camera, depth, settings)
        return replace(
            result,
            faces=back.faces(result.faces),
            low_confidence=back.faces(result.low_confidence),
            events=ended + back.events(result.events),
            rotation=rotation,
        )

    def _process(
        self,
        image: Image,
        stamp: float | None,
        camera: CameraModel | None,
        depth: Callable[[], DepthImage | None] | None,
        settings: PipelineSettings,
    ) -> FrameResult:
        """Process one frame that is upright."""
        clock = _StageClock()
        found = self._detector.detect(image, settings.detector)
        clock.lap("detect")
        ego_motion = None
        if stamp is not None and settings.tracker.camera_motion:
            focal = None if camera is None else float(camera.matrix[0, 0])
            boxes = found.boxes[found.scores >= settings.detector.score_threshold]
            ego_motion = self._camera_motion.estimate(image, stamp, boxes, focal)
            clock.lap("track")
        searched = None
        if self._far.applies(image, settings.detector):
            if stamp is None:
                found = self._far.detect_all(image, found, settings.detector)
            else:
                expected = self._people.expected(stamp, settings, ego_motion)
                found, searched = self._far.detect_next(image, found, expected, settings.detector)
            clock.lap("far")
        association = None
        rows: IntArray = np.flatnonzero(found.scores >= settings.detector.score_threshold)
        if stamp is not None:
            association = self._people.associate(found, stamp, settings, ego_motion, searched)
            if association.jumped_back:
                self._positions.reset()
            rows = association.rows
        faces, others = found[rows], found[np.delete(np.arange(len(found)), rows)]
        if association is not None and len(association.unsearched):
            others = Detections.concatenate([others, association.unsearched])
        clock.lap("track")
        faces = self._classify(image, faces, settings)
        clock.lap("classify")
        faces, depth_problem = self._place(faces, image, camera, depth, association, settings)
        clock.lap("position")
        events: list[Event] = []
        if association is None:
            faces = faces.with_(status=faces.frame_status, reason=faces.frame_reason)
        else:
            faces, events = association.update(faces)
        clock.lap("track")
        jumped_back = association is not None and association.jumped_back
        return FrameResult(faces, others, events, clock.milliseconds, jumped_back, depth_problem)

    def _classify(self, image: Image, faces: Detections, settings: PipelineSettings) -> Detections:
        """Classify all faces and decide their status from this frame."""
        classifier = self._classifier
        crops = classifier.crop(image, faces.boxes)
        probabilities, covered = classifier.classify_covered(crops)
        size = (image.shape[1], image.shape[0])
        measures = measure(
            crops, size, classifier.context, faces.boxes, faces.landmarks, classifier.below
        )
        return apply_frame_status(faces, probabilities, measures, settings, covered)

    def _place(
        self,
        faces: Detections,
        image: Image,
        camera: CameraModel | None,
        depth: Callable[[], DepthImage | None] | None,
        association: Association | None,
        settings: PipelineSettings,
    ) -> tuple[Detections, str]:
        """Set positions, filtered over tracks; and report why depth was not used."""
        if camera is None or len(faces) == 0:
            return faces, ""
        size = (image.shape[1], image.shape[0])
        depth_image = depth() if depth is not None else None
        ranges = measure_ranges(faces, camera, size, settings.ranging, depth_image)
        faces = place(faces, ranges)
        if association is not None:
            faces = self._positions.update(
                faces, association.track_numbers, ranges, association.stamp, settings.ranging
            )
        return faces, ranges.depth_problem


class _StageClock:
    """Measures the time of each stage of one frame."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.milliseconds[stage] = self.milliseconds.get(stage, 0.0) + 1000 * (now - self._last)
        self._last = now

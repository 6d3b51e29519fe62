# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Observation model of detector and classifier: simulated detections for ground-truth faces.

Simulates missed detections, low-confidence detections, box noise, false positives and
misclassifications. Errors are correlated over time as those of real networks are. The rates
follow the shipped models on the demo clip (docs/tracking.md).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mask_detector_ros.arrays import FloatArray
from mask_detector_ros.perception import frame_status
from mask_detector_ros.perception.camera_motion import MAX_INTERVAL_S, MAX_SHIFT, EgoRotation
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.perception.types import CLASSES, Detections, WearStatus
from tracking_sequences.sequences import FOCAL_PX, HEIGHT, WIDTH, GroundTruth

WIDTHS_PX = (8.0, 12.0, 16.0, 24.0, 32.0, 48.0)
SCORES = (0.28, 0.42, 0.68, 0.81, 0.85, 0.85)
"""Median detector score of the faces of val of each of ``WIDTHS_PX`` in the input image."""
LOGITS = {
    WearStatus.NO_MASK: (4.0, 0.5, 0.3, 0.2),
    WearStatus.BELOW_MOUTH: (1.2, 3.5, 0.3, 0.0),
    WearStatus.NOSE_EXPOSED: (0.3, 0.3, 3.6, 1.2),
    WearStatus.CORRECT: (0.0, 0.0, 0.6, 4.3),
}
"""Mean logits of the classifier for a large frontal face, in the order of ``CLASSES``."""
FALSE_POSITIVES_PER_S = 1.0
"""Rate at which false detections appear; each lasts half a second on average."""
EGO_ROTATION_NOISE_PX = 0.5
"""Standard deviation of the estimated image shift."""
EGO_ROTATION_MISSED = 0.05
"""Fraction of the frames without an estimate of the ego-rotation."""


class _CorrelatedNoise:
    """First-order autoregressive (AR(1)) noise with zero mean and unit variance.

    Args:
        size: number of independent components.
        time_constant: of the exponential autocorrelation, seconds.
    """

    def __init__(self, rng: np.random.Generator, size: int, time_constant: float) -> None:
        self._rng, self._time_constant = rng, time_constant
        self._value = rng.normal(size=size)
        self._stamp: float | None = None

    def at(self, stamp: float) -> FloatArray:
        """(size,) noise at ``stamp``; stamps must not decrease."""
        if self._stamp is not None:
            kept = math.exp(-(stamp - self._stamp) / self._time_constant)
            fresh = self._rng.normal(size=len(self._value))
            self._value = kept * self._value + math.sqrt(1 - kept * kept) * fresh
        self._stamp = stamp
        return self._value


class _Face(NamedTuple):
    """One simulated detection: box xywh in pixels, and the inputs of the frame status."""

    box: FloatArray
    score: float
    logits: FloatArray
    yaw_ratio: float
    sharpness: float


class ObservationModel:
    """Simulated detector and classifier for one sequence; takes its frames in order of time."""

    def __init__(self, seed: int, settings: PipelineSettings) -> None:
        self._rng = np.random.default_rng((seed, 2))
        self._rotation_rng = np.random.default_rng((seed, 3))
        self._last: GroundTruth | None = None
        self._settings = settings
        self._box_noise: dict[int, _CorrelatedNoise] = {}
        self._score_noise: dict[int, _CorrelatedNoise] = {}
        self._logit_noise: dict[int, _CorrelatedNoise] = {}
        self._false: list[tuple[float, FloatArray, _CorrelatedNoise]] = []
        self._stamp = 0.0

    def detect(self, truth: GroundTruth) -> Detections:
        """Classified detections of a frame, low-confidence ones included."""
        faces = [self._face(truth, row) for row in range(len(truth.people))]
        faces += self._false_positives(truth)
        faces = [
            face for face in faces if face.score >= self._settings.detector.low_confidence_threshold
        ]
        boxes = np.array([face.box for face in faces]).reshape(-1, 4)
        detections = Detections.of_boxes(boxes, np.array([face.score for face in faces]))
        logits = np.array([face.logits for face in faces]).reshape(-1, len(CLASSES))
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        measures = frame_status.Measures(
            width=boxes[:, 2],
            sharpness=np.array([face.sharpness for face in faces]),
            brightness=np.full(len(faces), 120.0),
            yaw_ratio=np.array([face.yaw_ratio for face in faces]),
            cut_off=np.zeros(len(faces), bool),
        )
        return frame_status.apply_frame_status(
            detections, probabilities.astype(np.float32), measures, self._settings
        )

    def ego_rotation(self, truth: GroundTruth) -> EgoRotation | None:
        """Noisy estimate of the ego-rotation since the last frame; None where there is none."""
        last, self._last = self._last, truth
        error = EGO_ROTATION_NOISE_PX / FOCAL_PX * self._rotation_rng.normal(size=2)
        drawn = self._rotation_rng.random()
        if last is None or drawn < EGO_ROTATION_MISSED:
            return None
        elapsed, pan = truth.stamp - last.stamp, last.heading - truth.heading
        if elapsed > MAX_INTERVAL_S or abs(pan) * FOCAL_PX > MAX_SHIFT * WIDTH:
            return None
        return EgoRotation(float(pan + error[0]), float(error[1]), elapsed, FOCAL_PX, WIDTH / 2)

    def _face(self, truth: GroundTruth, row: int) -> _Face:
        """Simulated detection of a ground-truth face; a low score means that it is missed."""
        rng, person, width = self._rng, int(truth.people[row]), float(truth.boxes[row, 2])
        for noises, size, time_constant in (
            (self._box_noise, 4, 0.5),
            (self._score_noise, 1, 0.15),
            (self._logit_noise, 4, 0.7),
        ):
            noises.setdefault(person, _CorrelatedNoise(rng, size, time_constant))
        small = 1 + 8 / width
        noise = 0.035 * self._box_noise[person].at(truth.stamp) + 0.025 * rng.normal(size=4)
        box = truth.boxes[row] + noise * small * width
        box[2:] = np.maximum(box[2:], 4.0)
        occluded, yaw = 1 - float(truth.visible[row]), float(truth.yaw[row])
        blur = truth.blur / max(width, 1.0)
        score = float(np.interp(width, WIDTHS_PX, SCORES))
        score -= 0.45 * occluded + 0.3 * max(0.0, yaw - 0.5) + 0.4 * max(0.0, blur - 0.2)
        score += 0.06 * float(self._score_noise[person].at(truth.stamp)[0]) + 0.04 * rng.normal()
        if yaw > 1.5:
            score = 0.0
        clarity = min(1.0, 0.45 + width / 60) * (1 - 0.8 * max(0.0, occluded - 0.1))
        clarity *= max(0.0, 1 - 0.7 * max(0.0, yaw - 0.5)) / (1 + blur)
        logits = clarity * np.array(LOGITS[WearStatus(int(truth.status[row]))])
        logits = logits + 0.8 * self._logit_noise[person].at(truth.stamp) + 0.6 * rng.normal(size=4)
        sharpness = 0.06 / (1 + 3 * blur) * math.exp(0.3 * rng.normal())
        return _Face(box, min(score, 0.99), logits, 0.55 * math.tan(min(yaw, 1.4)), sharpness)

    def _false_positives(self, truth: GroundTruth) -> list[_Face]:
        """Detections where there is no face, with random logits."""
        rng = self._rng
        elapsed = max(0.0, truth.stamp - self._stamp)
        for _ in range(rng.poisson(FALSE_POSITIVES_PER_S * elapsed)):
            side = math.exp(rng.uniform(math.log(10), math.log(50)))
            corner = rng.uniform(0, (WIDTH - side, HEIGHT - side))
            box = np.array([*corner, side, 1.2 * side])
            until = truth.stamp + rng.exponential(0.5)
            self._false.append((until, box, _CorrelatedNoise(rng, 5, 0.3)))
        self._stamp = truth.stamp
        self._false = [item for item in self._false if item[0] > truth.stamp]
        faces = []
        for _, box, noise in self._false:
            errors = noise.at(truth.stamp)
            noisy = box + 0.05 * box[2] * rng.normal(size=4)
            faces.append(_Face(noisy, 0.32 + 0.09 * errors[4], 1.5 * errors[:4], 0.1, 0.04))
        return faces

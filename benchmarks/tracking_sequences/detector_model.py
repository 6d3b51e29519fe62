# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a detector and a classifier make of a sequence: a model of their errors.

Misses, faint boxes, jitter, false boxes and mistaken classes, with errors that last from frame
to frame as real ones do. The rates follow what the shipped models do on the demo clip
(docs/people.md).
"""

from __future__ import annotations

import math

import numpy as np

from mask_detector_ros.perception import frame_status
from mask_detector_ros.perception.camera_motion import FARTHEST, LONGEST, Turn
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.perception.types import (
    CLASSES,
    Detections,
    FloatArray,
    UnknownReason,
    WearStatus,
)
from tracking_sequences.sequences import FOCAL, HEIGHT, WIDTH, Truth

WIDTHS = (8.0, 12.0, 16.0, 24.0, 32.0, 48.0)
SCORES = (0.45, 0.53, 0.60, 0.71, 0.75, 0.80)
"""Mean detector score of a face so wide, frontal and wholly seen."""
LOGITS = {
    WearStatus.NO_MASK: (4.0, 0.5, 0.3, 0.2),
    WearStatus.BELOW_MOUTH: (1.2, 3.5, 0.3, 0.0),
    WearStatus.NOSE_EXPOSED: (0.3, 0.3, 3.6, 1.2),
    WearStatus.CORRECT: (0.0, 0.0, 0.6, 4.3),
}
"""Mean answer of the classifier for a face seen well, in the order of ``CLASSES``."""
FALSE_PER_SECOND = 1.0
"""Things that look somewhat like a face; each stays for half a second or so."""
TURN_ERROR = 0.5
"""Pixels, standard deviation of how far two pictures say that the camera's turn moved them."""
TURN_MISSED = 0.05
"""Part of the frames whose turn cannot be told."""


class _Wander:
    """Errors that last: a random walk that is drawn back to zero."""

    def __init__(self, rng: np.random.Generator, size: int, memory: float) -> None:
        self._rng, self._memory = rng, memory
        self._value = rng.normal(size=size)
        self._stamp: float | None = None

    def at(self, stamp: float) -> FloatArray:
        """(size,) of mean 0 and deviation 1, slowly changing over ``memory`` seconds."""
        if self._stamp is not None:
            kept = math.exp(-(stamp - self._stamp) / self._memory)
            fresh = self._rng.normal(size=len(self._value))
            self._value = kept * self._value + math.sqrt(1 - kept * kept) * fresh
        self._stamp = stamp
        return self._value


class Observer:
    """Detector and classifier of one sequence, to be shown its frames in order."""

    def __init__(self, seed: int, settings: PipelineSettings) -> None:
        self._rng = np.random.default_rng((seed, 2))
        self._turn_rng = np.random.default_rng((seed, 3))
        self._last: Truth | None = None
        self._settings = settings
        self._place: dict[int, _Wander] = {}
        self._seen: dict[int, _Wander] = {}
        self._mask: dict[int, _Wander] = {}
        self._false: list[tuple[float, FloatArray, _Wander]] = []
        self._stamp = 0.0

    def observe(self, truth: Truth) -> Detections:
        """All boxes of a frame, faint ones too, classified."""
        rows = [self._face(truth, row) for row in range(len(truth.people))]
        rows += self._false_faces(truth)
        rows = [row for row in rows if row[1] >= self._settings.detector.faint_threshold]
        boxes = np.array([row[0] for row in rows]).reshape(-1, 4)
        faces = Detections.of_boxes(boxes, np.array([row[1] for row in rows]))
        logits = np.array([row[2] for row in rows]).reshape(-1, len(CLASSES))
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = weights / weights.sum(axis=1, keepdims=True)
        measures = frame_status.Measures(
            width=boxes[:, 2],
            sharpness=np.array([row[4] for row in rows]),
            brightness=np.full(len(rows), 120.0),
            turn=np.array([row[3] for row in rows]),
            cut_off=np.zeros(len(rows), bool),
        )
        reasons = frame_status.assess(measures, self._settings.quality)
        unsure = probabilities.max(axis=1, initial=0) < self._settings.classifier.min_confidence
        reasons[(reasons == UnknownReason.NONE) & unsure] = UnknownReason.UNCERTAIN
        likeliest = np.array(CLASSES, np.int8)[probabilities.argmax(axis=1)]
        return faces.with_(
            probabilities=probabilities.astype(np.float32),
            frame_status=np.where(reasons == UnknownReason.NONE, likeliest, 0).astype(np.int8),
            frame_reason=reasons,
            weights=frame_status.weigh(measures, self._settings.evidence),
        )

    def turn(self, truth: Truth) -> Turn | None:
        """The camera's turn since the last frame as the pictures would show it."""
        last, self._last = self._last, truth
        error = TURN_ERROR / FOCAL * self._turn_rng.normal(size=2)
        luck = self._turn_rng.random()
        if last is None or luck < TURN_MISSED:
            return None
        elapsed, pan = truth.stamp - last.stamp, last.heading - truth.heading
        if elapsed > LONGEST or abs(pan) * FOCAL > FARTHEST * WIDTH:
            return None
        return Turn(float(pan + error[0]), float(error[1]), elapsed, FOCAL, WIDTH / 2)

    def _face(self, truth: Truth, row: int) -> tuple[FloatArray, float, FloatArray, float, float]:
        """Box, score, logits, turn and sharpness of one face."""
        rng, person, width = self._rng, int(truth.people[row]), float(truth.boxes[row, 2])
        for wanders, size, memory in ((self._place, 4, 0.5), (self._seen, 1, 0.15),
                                      (self._mask, 4, 0.7)):  # fmt: skip
            wanders.setdefault(person, _Wander(rng, size, memory))
        poorer = 1 + 8 / width
        noise = 0.035 * self._place[person].at(truth.stamp) + 0.025 * rng.normal(size=4)
        box = truth.boxes[row] + noise * poorer * width
        box[2:] = np.maximum(box[2:], 4.0)
        hidden, turn = 1 - float(truth.visible[row]), float(truth.turn[row])
        smeared = truth.blur / max(width, 1.0)
        score = float(np.interp(width, WIDTHS, SCORES))
        score -= 0.45 * hidden + 0.3 * max(0.0, turn - 0.5) + 0.4 * max(0.0, smeared - 0.2)
        score += 0.06 * float(self._seen[person].at(truth.stamp)[0]) + 0.04 * rng.normal()
        if turn > 1.5:
            score = 0.0
        clear = min(1.0, 0.45 + width / 60) * (1 - 0.8 * max(0.0, hidden - 0.1))
        clear *= max(0.0, 1 - 0.7 * max(0.0, turn - 0.5)) / (1 + smeared)
        logits = clear * np.array(LOGITS[WearStatus(int(truth.status[row]))])
        logits = logits + 0.8 * self._mask[person].at(truth.stamp) + 0.6 * rng.normal(size=4)
        sharpness = 0.06 / (1 + 3 * smeared) * math.exp(0.3 * rng.normal())
        return box, min(score, 0.99), logits, 0.55 * math.tan(min(turn, 1.4)), sharpness

    def _false_faces(
        self, truth: Truth
    ) -> list[tuple[FloatArray, float, FloatArray, float, float]]:
        """Boxes where there is no face; they look like a face without a mask, or whatever."""
        rng = self._rng
        for _ in range(rng.poisson(FALSE_PER_SECOND * max(0.0, truth.stamp - self._stamp))):
            side = math.exp(rng.uniform(math.log(10), math.log(50)))
            corner = rng.uniform(0, (WIDTH - side, HEIGHT - side))
            box = np.array([*corner, side, 1.2 * side])
            until = truth.stamp + rng.exponential(0.5)
            self._false.append((until, box, _Wander(rng, 5, 0.3)))
        self._stamp = truth.stamp
        self._false = [item for item in self._false if item[0] > truth.stamp]
        faces = []
        for _, box, wander in self._false:
            errors = wander.at(truth.stamp)
            jittered = box + 0.05 * box[2] * rng.normal(size=4)
            faces.append((jittered, 0.32 + 0.09 * errors[4], 1.5 * errors[:4], 0.1, 0.04))
        return faces

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped models on the demo clip, which has ground truth for every frame."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.perception.types import CLASS_LABELS, WearStatus
from mask_detector_ros.resources import find_resource
from support.optional import optional

optional("scipy")

from tracking_sequences.tracking_scores import (  # noqa: E402
    FaceObservation,
    count_tracking,
    match_boxes,
)

FRAME_STEP = 3
"""Every third frame is processed: ten per second."""
MIN_CLASSIFIED_PX = 24
"""Face width from which faces must be detected and classified."""
MIN_TRACKED_PX = 12
"""Face width from which people must be tracked."""


@dataclass
class Result:
    """Detections matched with the ground truth."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(true, predicted status of the frame or "missed") -> number of near faces."""
    filtered: list[tuple[float, list[FaceObservation]]] = field(default_factory=list)
    """Stamp and faces of each frame with the filtered status; far people as well."""
    raw: list[tuple[float, list[FaceObservation]]] = field(default_factory=list)
    """The same with the status of each frame alone."""


@pytest.fixture(scope="module")
def result() -> Result:
    truth = json.loads(find_resource("demo/patrol.json").read_text())
    pipeline = MaskPipeline(find_resource("models"))
    video = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    result = Result()
    for index, people in enumerate(truth["frames"]):
        image = np.asarray(video.read()[1], np.uint8)
        if index % FRAME_STEP:
            continue
        stamp = index / truth["fps"]
        faces = pipeline.process(image, stamp).faces
        known = [person for person in people if person["status"] in CLASS_LABELS]
        boxes = np.array([person["box"] for person in known]).reshape(-1, 4)
        pairs = dict(match_boxes(boxes, faces.boxes))
        seen, raw = [], []
        for row, person in enumerate(known):
            at = pairs.get(row)
            status = WearStatus[person["status"].upper()]
            status_filtered, status_raw, id_ = WearStatus.UNKNOWN, WearStatus.UNKNOWN, None
            if at is not None:
                status_filtered, status_raw = (
                    WearStatus(int(s[at])) for s in (faces.status, faces.frame_status)
                )
                id_ = int(faces.ids[at]) or None
            near, shown = (
                person["box"][2] >= width for width in (MIN_CLASSIFIED_PX, MIN_TRACKED_PX)
            )
            seen.append(
                FaceObservation(person["person"], shown, near, status, id_, status_filtered)
            )
            raw.append(FaceObservation(person["person"], shown, near, status, id_, status_raw))
            if near:
                label = "missed" if at is None else status_raw.label
                result.outcomes[person["status"], label] += 1
        result.filtered.append((stamp, seen))
        result.raw.append((stamp, raw))
    return result


@pytest.fixture(scope="module")
def outcomes(result: Result) -> Counter[tuple[str, str]]:
    return result.outcomes


def fraction(outcomes: Counter[tuple[str, str]], status: str, *predicted: str) -> float:
    total = sum(count for (true, _), count in outcomes.items() if true == status)
    assert total > 15, f"the clip has too few {status} faces to judge"
    return sum(outcomes[status, p] for p in predicted) / total


@pytest.mark.parametrize("status", CLASS_LABELS)
def test_near_faces_of_every_status_are_detected(
    outcomes: Counter[tuple[str, str]], status: str
) -> None:
    assert fraction(outcomes, status, "missed") <= 0.1, outcomes


def test_correct_masks_are_rarely_classified_as_violations(
    outcomes: Counter[tuple[str, str]],
) -> None:
    violations = fraction(outcomes, "correct", "no_mask", "below_mouth", "nose_exposed")
    assert violations <= 0.03, outcomes
    assert fraction(outcomes, "correct", "correct") >= 0.9, outcomes


@pytest.mark.parametrize("status", ["no_mask", "below_mouth", "nose_exposed"])
def test_violations_are_rarely_classified_as_correct(
    outcomes: Counter[tuple[str, str]], status: str
) -> None:
    assert fraction(outcomes, status, "correct") <= 0.05, outcomes
    assert fraction(outcomes, status, "no_mask", "below_mouth", "nose_exposed") >= 0.8, outcomes


def test_people_keep_their_ids_even_at_ten_frames_per_second(result: Result) -> None:
    counts = count_tracking(result.filtered)
    assert counts.id_switches <= 3
    assert counts.idf1 >= 0.8


def test_the_filtered_status_has_no_missed_violation_and_no_false_alarm(result: Result) -> None:
    counts = count_tracking(result.filtered)
    assert counts.violations >= 4, "the clip has too few violations to judge"
    assert counts.missed_violations == 0
    assert counts.false_alarms == 0
    assert counts.status_flips <= 0.6 * count_tracking(result.raw).status_flips

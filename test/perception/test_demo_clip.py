# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped models on the demo clip, whose every frame is known."""

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
from tracking_sequences.tracking_scores import FaceObservation, count_tracking, match_boxes

EVERY = 3
"""Frames to the next one that is looked at."""
NEAR = 24
"""Width in pixels from which faces must be found and told."""
FOLLOWED = 12
"""Width in pixels from which people must be followed."""


@dataclass
class Result:
    """What became of the clip."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a near face of one status was told as another, or "missed"."""
    followed: list[tuple[float, list[FaceObservation]]] = field(default_factory=list)
    """Who everyone was, truly and as reported; far people too."""
    raw: list[tuple[float, list[FaceObservation]]] = field(default_factory=list)
    """The same with the status of each frame alone."""


@pytest.fixture(scope="module")
def result() -> Result:
    truth = json.loads(find_resource("demo/patrol.json").read_text())
    pipeline = MaskPipeline(find_resource("models"))
    video = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    result = Result()
    for index, people in enumerate(truth["frames"]):
        image = video.read()[1]
        if index % EVERY:
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
            told, alone, id_ = WearStatus.UNKNOWN, WearStatus.UNKNOWN, None
            if at is not None:
                told, alone = (WearStatus(int(s[at])) for s in (faces.status, faces.frame_status))
                id_ = int(faces.ids[at]) or None
            near, shown = (person["box"][2] >= width for width in (NEAR, FOLLOWED))
            seen.append(FaceObservation(person["person"], shown, near, status, id_, told))
            raw.append(FaceObservation(person["person"], shown, near, status, id_, alone))
            if near:
                label = "missed" if at is None else alone.label
                result.outcomes[person["status"], label] += 1
        result.followed.append((stamp, seen))
        result.raw.append((stamp, raw))
    return result


@pytest.fixture(scope="module")
def outcomes(result: Result) -> Counter[tuple[str, str]]:
    return result.outcomes


def share(outcomes: Counter[tuple[str, str]], status: str, *told: str) -> float:
    total = sum(count for (true, _), count in outcomes.items() if true == status)
    assert total > 15, f"the clip has too few {status} faces to judge"
    return sum(outcomes[status, t] for t in told) / total


@pytest.mark.parametrize("status", CLASS_LABELS)
def test_near_faces_are_found_however_the_mask_is_worn(
    outcomes: Counter[tuple[str, str]], status: str
) -> None:
    assert share(outcomes, status, "missed") <= 0.1, outcomes


def test_nobody_who_wears_the_mask_correctly_is_accused(
    outcomes: Counter[tuple[str, str]],
) -> None:
    accused = share(outcomes, "correct", "no_mask", "below_mouth", "nose_exposed")
    assert accused <= 0.03, outcomes
    assert share(outcomes, "correct", "correct") >= 0.9, outcomes


@pytest.mark.parametrize("status", ["no_mask", "below_mouth", "nose_exposed"])
def test_violations_are_not_taken_for_correct(
    outcomes: Counter[tuple[str, str]], status: str
) -> None:
    assert share(outcomes, status, "correct") <= 0.05, outcomes
    assert share(outcomes, status, "no_mask", "below_mouth", "nose_exposed") >= 0.8, outcomes


def test_people_keep_their_ids_even_at_ten_frames_per_second(result: Result) -> None:
    counts = count_tracking(result.followed)
    assert counts.id_switches <= 3
    assert counts.idf1 >= 0.8


def test_nobody_is_missed_or_accused_once_the_frames_are_weighed(result: Result) -> None:
    counts = count_tracking(result.followed)
    assert counts.violations >= 4, "the clip has too few violations to judge"
    assert counts.missed_violations == 0
    assert counts.false_alarms == 0
    assert counts.status_flips <= 0.6 * count_tracking(result.raw).status_flips

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped models on the demo clip, whose every frame is known."""

from __future__ import annotations

import json
from collections import Counter

import cv2
import pytest

from mask_detector_ros.perception.geometry import iou_matrix
from mask_detector_ros.perception.pipeline import Pipeline
from mask_detector_ros.perception.types import CLASS_LABELS, WearStatus
from mask_detector_ros.resources import find_resource

EVERY = 3
"""Frames to the next one that is looked at."""
NEAR = 24
"""Width in pixels from which faces must be found and told."""


@pytest.fixture(scope="module")
def outcomes() -> Counter[tuple[str, str]]:
    """How often a near face of one status was told as another, or "missed"."""
    truth = json.loads(find_resource("demo/patrol.json").read_text())["frames"]
    pipeline = Pipeline(find_resource("models"))
    video = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    counts: Counter[tuple[str, str]] = Counter()
    for index, people in enumerate(truth):
        image = video.read()[1]
        if index % EVERY:
            continue
        faces = pipeline.process(image).faces
        for person in people:
            if person["status"] not in CLASS_LABELS or person["box"][2] < NEAR:
                continue
            overlaps = iou_matrix([person["box"]], faces.boxes)[0]
            told = "missed"
            if len(faces) and overlaps.max() > 0.4:
                told = WearStatus(int(faces.status[overlaps.argmax()])).label
            counts[person["status"], told] += 1
    return counts


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

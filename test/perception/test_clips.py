# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Real people walking, and taking their masks down: what the shipped models make of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from mask_detector_ros.perception.evidence import Event, EventKind
from mask_detector_ros.perception.pipeline import Pipeline
from mask_detector_ros.perception.types import WearStatus
from mask_detector_ros.resources import find_resource

pytestmark = pytest.mark.data


def events_of(clip: Path) -> tuple[list[Event], dict[int, list[WearStatus]]]:
    """Everything that was reported, and the statuses each person went through, in order."""
    pipeline = Pipeline(find_resource("models"))
    video = cv2.VideoCapture(str(clip))
    rate = video.get(cv2.CAP_PROP_FPS)
    events: list[Event] = []
    histories: dict[int, list[WearStatus]] = {}
    frame = 0
    while True:
        ok, image = video.read()
        if not ok:
            break
        result = pipeline.process(image, frame / rate)
        events += result.events
        for person, status in zip(result.faces.ids, result.faces.status, strict=True):
            history = histories.setdefault(int(person), [])
            if not history or history[-1] != status:
                history.append(WearStatus(int(status)))
        frame += 1
    assert frame > 50, f"{clip} could not be read"
    return events, histories


@pytest.mark.parametrize("name", ["two_walk_towards", "group_walks"])
def test_who_walks_by_with_a_mask_is_not_accused(training_data: Path, name: str) -> None:
    events, _ = events_of(training_data / "clips" / f"{name}.mp4")
    assert [event for event in events if event.kind == EventKind.STARTED] == []


def test_two_people_who_take_their_masks_down_are_noticed(training_data: Path) -> None:
    events, histories = events_of(training_data / "clips" / "masks_lowered.mp4")
    lowered = [
        person
        for person, history in histories.items()
        if person
        and WearStatus.CORRECT in history
        and WearStatus.BELOW_MOUTH in history[history.index(WearStatus.CORRECT) :]
    ]
    assert len(lowered) == 2, histories
    for person in lowered:
        kinds = [event.kind for event in events if event.person == person]
        assert kinds.count(EventKind.STARTED) == 1

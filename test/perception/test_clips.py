# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Real people walking, and taking their masks down: what the shipped models make of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from mask_detector_ros.perception.pipeline import Pipeline
from mask_detector_ros.perception.types import Event, EventKind, WearStatus
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


@pytest.mark.parametrize("name", ["two_walk_toward", "group_walks"])
def test_who_walks_by_with_a_mask_is_not_accused(training_data: Path, name: str) -> None:
    events, _ = events_of(training_data / "clips" / f"{name}.mp4")
    assert [event for event in events if event.kind == EventKind.STARTED] == []


def test_in_the_classroom_only_the_bare_nose_is_told(training_data: Path) -> None:
    """The boy with the red mask, in sight from the start, wears it below the tip of his nose."""
    events, histories = events_of(training_data / "clips" / "classroom.mp4")
    started = [event for event in events if event.kind == EventKind.STARTED]
    assert len(started) <= 1, started
    for event in started:
        assert event.status == WearStatus.NOSE_EXPOSED
        x, y = event.face.boxes[0, :2]
        assert 350 < x < 600 and 150 < y < 260, "this is not the boy with the red mask"
    assert sum(WearStatus.CORRECT in history for history in histories.values()) >= 3


def test_two_people_who_take_their_masks_down_are_noticed(training_data: Path) -> None:
    events, histories = events_of(training_data / "clips" / "masks_lowered.mp4")
    people = {person: history for person, history in histories.items() if person}
    assert len(people) == 2, histories
    for person, history in people.items():
        kinds = [event.kind for event in events if event.person == person]
        assert kinds == [EventKind.STARTED], events
        # Correct, then lowered; UNKNOWN may lie in between, nothing comes back.
        told = [status for status in history if status != WearStatus.UNKNOWN]
        assert told == [WearStatus.CORRECT, WearStatus.BELOW_MOUTH], histories

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped models on real video clips: people walk by, and take their masks down."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_detector_ros.perception.pipeline import MaskPipeline
from mask_detector_ros.perception.types import Event, EventKind, WearStatus
from mask_detector_ros.resources import find_resource

pytestmark = pytest.mark.data


def events_of(clip: Path) -> tuple[list[Event], dict[int, list[WearStatus]]]:
    """All events, and the sequence of statuses of each person id."""
    pipeline = MaskPipeline(find_resource("models"))
    video = cv2.VideoCapture(str(clip))
    rate = video.get(cv2.CAP_PROP_FPS)
    events: list[Event] = []
    histories: dict[int, list[WearStatus]] = {}
    frame = 0
    while True:
        ok, image = video.read()
        if not ok:
            break
        result = pipeline.process(np.asarray(image, np.uint8), frame / rate)
        events += result.events
        for person, status in zip(result.faces.ids, result.faces.status, strict=True):
            history = histories.setdefault(int(person), [])
            if not history or history[-1] != status:
                history.append(WearStatus(int(status)))
        frame += 1
    assert frame > 50, f"{clip} could not be read"
    return events, histories


@pytest.mark.parametrize("name", ["two_walk_towards", "group_walks"])
def test_people_with_masks_cause_no_event(training_data: Path, name: str) -> None:
    events, histories = events_of(training_data / "clips" / f"{name}.mp4")
    assert any(WearStatus.CORRECT in history for history in histories.values())
    assert [event for event in events if event.kind == EventKind.STARTED] == []


def test_the_exposed_nose_in_the_classroom_is_the_only_violation(training_data: Path) -> None:
    """The boy with the red mask, in view from the start, wears it below the tip of his nose."""
    events, histories = events_of(training_data / "clips" / "classroom.mp4")
    started = [event for event in events if event.kind == EventKind.STARTED]
    assert len(started) == 1, started
    assert started[0].status == WearStatus.NOSE_EXPOSED
    x, y = started[0].face.boxes[0, :2]
    assert 350 < x < 600 and 150 < y < 260, "this is not the boy with the red mask"
    assert sum(WearStatus.CORRECT in history for history in histories.values()) >= 3


def test_two_people_who_take_their_masks_down_are_reported(training_data: Path) -> None:
    events, histories = events_of(training_data / "clips" / "masks_lowered.mp4")
    people = {person: history for person, history in histories.items() if person}
    assert len(people) == 2, histories
    for person, history in people.items():
        kinds = [event.kind for event in events if event.person == person]
        assert kinds == [EventKind.STARTED], events
        # Correct, then below the mouth, with UNKNOWN in between; never anything else.
        known = [status for status in history if status != WearStatus.UNKNOWN]
        assert [status for status, _ in itertools.groupby(known)] == [
            WearStatus.CORRECT,
            WearStatus.BELOW_MOUTH,
        ], histories

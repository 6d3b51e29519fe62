# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Per-frame results become one filtered status per person, and few events."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mask_detector_ros.perception.camera_motion import SceneCut
from mask_detector_ros.perception.person_tracker import PersonTracker
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.perception.types import (
    CLASSES,
    Detections,
    Event,
    EventKind,
    UnknownReason,
    WearStatus,
)

SETTINGS = PipelineSettings()
RATE = 20.0
NO_MASK, NOSE, CORRECT = WearStatus.NO_MASK, WearStatus.NOSE_EXPOSED, WearStatus.CORRECT
BELOW = WearStatus.BELOW_MOUTH


def frame(
    status: WearStatus,
    probability: float = 0.9,
    reason: UnknownReason = UnknownReason.NONE,
    weight: float = 1.0,
) -> Detections:
    """One classified face."""
    rest = (1 - probability) / 3
    probabilities = [[probability if c == status else rest for c in CLASSES]]
    return Detections.of_boxes(np.array([[10.0, 10, 40, 50]]), np.ones(1)).with_(
        probabilities=np.array(probabilities, np.float32),
        frame_status=np.array([status if reason == UnknownReason.NONE else 0], np.int8),
        frame_reason=np.array([reason], np.int8),
        weights=np.array([weight], np.float32),
    )


def update(
    people: PersonTracker, faces: Detections, stamp: float
) -> tuple[Detections, list[Event], bool]:
    """Both phases of one frame; faces, events, and whether the stamp jumped back."""
    association = people.associate(faces, stamp, SETTINGS)
    return *association.update(faces[association.rows]), association.jumped_back


class Scene:
    """Feeds frames at a fixed rate and collects statuses and events."""

    def __init__(self, rate: float = RATE) -> None:
        self.people = PersonTracker()
        self.now = 0.0
        self.step = 1 / rate
        self.statuses: list[WearStatus] = []
        self.reasons: list[UnknownReason] = []
        self.events: list[Event] = []

    def show(self, faces: Detections, seconds: float) -> Scene:
        for _ in range(round(seconds / self.step)):
            result, events, _ = update(self.people, faces, self.now)
            self.events += events
            if len(result):
                self.statuses.append(WearStatus(int(result.status[0])))
                self.reasons.append(UnknownReason(int(result.reason[0])))
            self.now += self.step
        return self

    @property
    def kinds(self) -> list[EventKind]:
        return [event.kind for event in self.events]


def test_the_status_is_unknown_without_evidence_and_known_within_a_second() -> None:
    scene = Scene().show(frame(NO_MASK), 1.0)
    assert scene.statuses[0] == WearStatus.UNKNOWN
    assert scene.reasons[0] == UnknownReason.GATHERING
    assert scene.statuses[-1] == NO_MASK
    assert [(e.kind, e.person, e.status) for e in scene.events] == [(EventKind.STARTED, 1, NO_MASK)]
    assert scene.events[0].evidence_seconds >= SETTINGS.evidence.min_seconds
    assert scene.events[0].face.ids.tolist() == [1]


def test_one_bad_frame_accuses_nobody() -> None:
    scene = Scene().show(frame(CORRECT), 2.0)
    scene.show(frame(NO_MASK, 0.99), 1 / RATE).show(frame(CORRECT), 2.0)
    assert scene.events == []
    assert scene.statuses[-1] == CORRECT


def test_flicker_at_the_border_does_not_flip_the_status() -> None:
    scene = Scene().show(frame(CORRECT), 2.0)
    for _ in range(40):
        scene.show(frame(NOSE, 0.8), 1 / RATE).show(frame(CORRECT, 0.8), 1 / RATE)
    settled = scene.statuses[20:]
    assert sum(a != b for a, b in itertools.pairwise(settled)) <= 1


def test_a_violation_starts_changes_and_is_resolved_once_each() -> None:
    scene = Scene().show(frame(CORRECT), 2).show(frame(NOSE), 3).show(frame(NO_MASK), 5)
    scene.show(frame(CORRECT), 3)
    assert scene.kinds == [EventKind.STARTED, EventKind.CHANGED, EventKind.RESOLVED]
    assert [e.status for e in scene.events] == [NOSE, NO_MASK, CORRECT]
    assert [e.previous for e in scene.events] == [WearStatus.UNKNOWN, NOSE, NO_MASK]


def test_a_reported_violation_is_not_soon_replaced_by_a_similar_one() -> None:
    """A mask under a bearded chin looks like none while the head is turned."""
    scene = Scene().show(frame(CORRECT), 2).show(frame(BELOW), 4)
    scene.show(frame(NO_MASK), 3).show(frame(BELOW), 3)
    assert [(e.kind, e.status) for e in scene.events] == [(EventKind.STARTED, BELOW)]
    assert NO_MASK not in scene.statuses
    assert WearStatus.UNKNOWN in scene.statuses[-120:-60]
    # But it is in the end: the mask was taken off.
    scene.show(frame(NO_MASK), SETTINGS.evidence.change_seconds + 1)
    assert scene.events[-1].kind == EventKind.CHANGED and scene.statuses[-1] == NO_MASK


def test_a_violation_on_the_way_to_another_is_replaced_at_once() -> None:
    """A mask pulled under the chin leaves the nose exposed for a moment."""
    scene = Scene().show(frame(CORRECT), 2).show(frame(NOSE), 0.8).show(frame(BELOW), 1.5)
    assert [e.status for e in scene.events] == [NOSE, BELOW]


def test_leaving_in_violation_is_an_event_and_leaving_with_a_mask_is_not() -> None:
    away = Detections.empty()
    assert Scene().show(frame(NO_MASK), 2).show(away, 2).kinds[-1] == EventKind.LOST
    assert Scene().show(frame(CORRECT), 2).show(away, 2).events == []


def test_poor_frames_are_no_evidence() -> None:
    scene = Scene().show(frame(NO_MASK, reason=UnknownReason.BLURRED), 3.0)
    assert set(scene.statuses) == {WearStatus.UNKNOWN}
    assert scene.reasons[-1] == UnknownReason.BLURRED
    assert scene.events == []


def test_a_status_is_forgotten_without_classified_frames() -> None:
    scene = Scene().show(frame(NO_MASK), 2.0)
    scene.show(frame(NO_MASK, reason=UnknownReason.DARK), SETTINGS.evidence.forget_after + 1)
    assert scene.statuses[-1] == WearStatus.UNKNOWN
    assert scene.reasons[-1] == UnknownReason.DARK
    # The same violation seen again is not a second event.
    scene.show(frame(NO_MASK), 2.0)
    assert scene.kinds == [EventKind.STARTED]


def test_contradictory_frames_leave_the_status_open() -> None:
    scene = Scene().show(frame(CORRECT), 2.0)
    for _ in range(30):
        for status in (NO_MASK, WearStatus.BELOW_MOUTH, NOSE):
            scene.show(frame(status, 0.8), 1 / RATE)
    assert scene.statuses[-1] == WearStatus.UNKNOWN
    assert scene.reasons[-1] == UnknownReason.UNCERTAIN
    assert scene.events == []


def test_the_frame_rate_does_not_change_the_time_to_a_status() -> None:
    def seconds_to_status(rate: float) -> float:
        scene = Scene(rate).show(frame(NO_MASK), 3.0)
        return scene.statuses.index(NO_MASK) / rate

    assert abs(seconds_to_status(5) - seconds_to_status(30)) <= 0.25


def test_a_stamp_that_jumps_back_deletes_all_tracks() -> None:
    people = PersonTracker()
    for i in range(10):
        update(people, frame(CORRECT), 100 + i / RATE)
    result, _, jumped_back = update(people, frame(CORRECT), 5.0)
    assert jumped_back
    assert result.ids.tolist() == [0] and result.track_age.tolist() == [0.0]


def test_one_frame_out_of_order_deletes_no_track() -> None:
    people = PersonTracker()
    results = [
        update(people, frame(NO_MASK), i / RATE - (0.06 if i == 20 else 0.0)) for i in range(40)
    ]
    assert not any(jumped_back for _, _, jumped_back in results)
    assert results[-1][0].ids.tolist() == [1]
    assert [event.kind for _, events, _ in results for event in events] == [EventKind.STARTED]


def test_after_a_gap_without_frames_no_track_is_continued() -> None:
    scene = Scene().show(frame(NO_MASK), 2.0)
    scene.now += 60.0
    result, events, _ = update(scene.people, frame(CORRECT), scene.now)
    assert result.ids.tolist() == [0] and result.status.tolist() == [WearStatus.UNKNOWN]
    assert [event.kind for event in events] == [EventKind.LOST]


def test_a_status_is_forgotten_over_frames_without_weight() -> None:
    scene = Scene().show(frame(NO_MASK), 2.0)
    scene.show(frame(CORRECT, weight=0.0), SETTINGS.evidence.forget_after + 1)
    assert scene.statuses[-1] == WearStatus.UNKNOWN


def test_a_frame_that_fails_between_the_phases_loses_no_event() -> None:
    scene = Scene().show(frame(NO_MASK), 2.0)
    scene.people.associate(Detections.empty(), scene.now + 5.0, SETTINGS)
    scene.now += 5.1
    assert scene.show(Detections.empty(), 1.0).kinds == [EventKind.STARTED, EventKind.LOST]
    # Neither does one that started a new track.
    scene.people.associate(frame(NO_MASK), scene.now, SETTINGS)
    scene.now += 5.0
    assert scene.show(Detections.empty(), 1.0).kinds == [EventKind.STARTED, EventKind.LOST]


def test_low_quality_faces_count_less() -> None:
    well, poorly = (Scene().show(frame(NO_MASK, weight=w), 4.0) for w in (1.0, 0.25))
    waits = [scene.statuses.index(NO_MASK) / RATE for scene in (well, poorly)]
    assert 3 * waits[0] <= waits[1] <= 4 * waits[0]
    # Two seconds of half a profile do not undo two seconds of a clear view.
    scene = Scene().show(frame(CORRECT), 2.0).show(frame(NO_MASK, 0.7, weight=0.1), 2.0)
    assert scene.statuses[-1] == CORRECT
    assert scene.events == []


def test_one_frame_after_a_gap_is_still_one_frame() -> None:
    scene = Scene().show(frame(CORRECT), 2.0).show(Detections.empty(), 1.0)
    scene.show(frame(NO_MASK, 0.99), 1 / RATE)
    assert scene.statuses[-1] == CORRECT
    assert scene.events == []


def test_the_first_frame_counts_no_more_than_others() -> None:
    scene = Scene().show(frame(NO_MASK, 0.99), 1 / RATE).show(frame(CORRECT), 1.0)
    assert scene.events == []
    assert scene.statuses[-1] == CORRECT


def test_a_low_confidence_face_continues_its_track_and_is_reported() -> None:
    scene = Scene().show(frame(NO_MASK), 1.0)
    low_confidence = frame(NO_MASK).with_(scores=np.array([0.3], np.float32))
    result, _, _ = update(scene.people, low_confidence, scene.now)
    assert result.ids.tolist() == [1]
    assert result.status.tolist() == [NO_MASK]
    strangers, _, _ = update(PersonTracker(), low_confidence, 0.0)
    assert len(strangers) == 0


def test_low_confidence_faces_continue_a_track_but_are_no_evidence() -> None:
    scene = Scene().show(frame(CORRECT), 1.0)
    low_confidence = frame(NO_MASK, 0.99).with_(scores=np.array([0.3], np.float32))
    scene.show(low_confidence, 3.0)
    assert scene.statuses[-1] == CORRECT
    assert scene.events == []


@pytest.mark.parametrize("forget", ["reset", "jump back", "scene cut"])
def test_forgetting_closes_every_open_violation_once(forget: str) -> None:
    scene = Scene().show(frame(NO_MASK), 2.0)
    last = scene.now - scene.step
    assert scene.kinds == [EventKind.STARTED]
    if forget == "reset":
        events = scene.people.reset()
    else:
        cut = SceneCut() if forget == "scene cut" else None
        stamp = 0.0 if forget == "jump back" else scene.now
        association = scene.people.associate(Detections.empty(), stamp, SETTINGS, cut)
        events = association.update(Detections.empty())[1]
    assert [(event.kind, event.person) for event in events] == [(EventKind.LOST, 1)]
    lost = events[0]
    assert lost.status == lost.previous == NO_MASK and len(lost.face) == 1
    assert lost.stamp == pytest.approx(scene.now if forget == "scene cut" else last)
    assert scene.people.reset() == []
    scene.events.clear()
    scene.now += 1.0
    scene.show(frame(NO_MASK), 2.0)
    assert [(event.kind, event.person) for event in scene.events] == [(EventKind.STARTED, 2)]


def test_people_without_an_open_violation_are_forgotten_without_an_event() -> None:
    scene = Scene().show(frame(CORRECT), 2.0)
    assert scene.people.reset() == []
    resolved = Scene().show(frame(NO_MASK), 2.0).show(frame(CORRECT), 3.0)
    assert resolved.kinds == [EventKind.STARTED, EventKind.RESOLVED]
    assert resolved.people.reset() == []
    unconfirmed = Scene().show(frame(NO_MASK), 0.05)
    assert unconfirmed.people.reset() == []


@pytest.mark.parametrize("then", ["next frame", "reset"])
def test_a_frame_that_fails_while_tracks_end_loses_no_event(then: str) -> None:
    scene = Scene().show(frame(NO_MASK), 2.0)
    # The stamp jumps back, and the second phase of this frame is never reached.
    scene.people.associate(Detections.empty(), 0.0, SETTINGS)
    if then == "reset":
        events = scene.people.reset()
    else:
        events = update(scene.people, Detections.empty(), 0.1)[1]
    assert [(event.kind, event.person) for event in events] == [(EventKind.LOST, 1)]


def test_a_failing_second_phase_keeps_the_events_of_the_other_people(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene().show(frame(NO_MASK), 2.0).show(Detections.empty(), 0.9)
    with monkeypatch.context() as patch:
        # The track ends in this frame; then the evidence of a new face cannot be computed.
        patch.setattr(PersonTracker, "_add", raise_error)
        with pytest.raises(ValueError, match="injected"):
            update(scene.people, moved(frame(NO_MASK), 3000.0), scene.now + 0.3)
    scene.now += 0.4
    scene.events.clear()
    scene.show(Detections.empty(), 0.2)
    assert [(event.kind, event.person) for event in scene.events] == [(EventKind.LOST, 1)]


def raise_error(*_: object) -> None:
    raise ValueError("injected")


def moved(faces: Detections, pixels: float) -> Detections:
    return faces.with_(boxes=faces.boxes + np.array([pixels, 0, 0, 0], faces.boxes.dtype))


def test_the_phases_cannot_be_called_out_of_order() -> None:
    people, faces = PersonTracker(), frame(NO_MASK)
    first = people.associate(faces, 0.0, SETTINGS)
    first.update(faces)
    with pytest.raises(RuntimeError, match="out of date"):
        first.update(faces)
    skipped = people.associate(faces, 0.1, SETTINGS)
    newer = people.associate(faces, 0.2, SETTINGS)
    with pytest.raises(RuntimeError, match="out of date"):
        skipped.update(faces)
    assert len(newer.update(faces)[0]) == 1
    before_reset = people.associate(faces, 0.3, SETTINGS)
    people.reset()
    with pytest.raises(RuntimeError, match="out of date"):
        before_reset.update(faces)

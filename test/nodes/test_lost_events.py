# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever deletes the tracks closes open violations with LOST, which subscribers receive."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from std_srvs.srv import SetBool, Trigger

from mask_detector_ros.msg import MaskDetectionArray, MaskEvent
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.conversions import image_message
from support.media import demo_frame
from support.ros_harness import Client, NodeProcess, detector, wait_until

pytestmark = [pytest.mark.ros, pytest.mark.timeout(600)]

SPACE = "lost_events"
FRAMES = range(30, 75)
"""Frames of the demo clip in which somebody wears no mask."""


class Camera:
    """Shows the demo clip to a detector and keeps its events."""

    def __init__(self, client: Client, node: NodeProcess) -> None:
        self.client, self.node = client, node
        self.results: list[MaskDetectionArray] = client.subscribe(
            MaskDetectionArray, "~/detections"
        )
        self.events: list[MaskEvent] = client.subscribe(MaskEvent, "~/events", qos.latched())

    def show_a_violation(self) -> set[str]:
        """Show people until a violation is open; the ids of the people in violation."""
        for index in FRAMES:
            self.client.detect(demo_frame(index), self.results)
            if self.open and index >= FRAMES[0] + 20:
                break
        wait_until(lambda: self.open, "a violation, which the clip must show", self.node)
        return set(self.open)

    @property
    def open(self) -> set[str]:
        """People whose violation has been started and not closed."""
        people: set[str] = set()
        for event in list(self.events):
            if event.kind in (MaskEvent.STARTED, MaskEvent.CHANGED):
                people.add(event.person_id)
            else:
                people.discard(event.person_id)
        return people

    def assert_closed(self, people: set[str]) -> None:
        wait_until(lambda: not self.open, f"LOST for {people}", self.node)
        lost = [event for event in self.events if event.kind == MaskEvent.LOST]
        assert people <= {event.person_id for event in lost}
        for event in lost:
            assert event.status == event.previous_status != 0
            assert event.header.frame_id == "test_optical_frame" and event.header.stamp.sec > 0


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client(SPACE)
    yield client
    client.close()


def test_everything_that_deletes_the_tracks_of_a_running_node(client: Client) -> None:
    with detector(namespace=SPACE) as node:
        camera = Camera(client, node)
        people = camera.show_a_violation()
        answer = client.call(Trigger, "~/reset", Trigger.Request())
        assert answer.success and answer.message == "all tracks are deleted"
        camera.assert_closed(people)

        people = camera.show_a_violation()
        assert client.call(SetBool, "~/enable", SetBool.Request(data=False)).success
        camera.assert_closed(people)
        assert client.call(SetBool, "~/enable", SetBool.Request(data=True)).success

        people = camera.show_a_violation()
        jump = image_message(demo_frame(FRAMES[-1]), client.header(500.0))
        client.detect(jump, camera.results)
        camera.assert_closed(people)

        people = camera.show_a_violation()
        assert client.transition(Transition.TRANSITION_DEACTIVATE)
        camera.assert_closed(people)
        assert client.transition(Transition.TRANSITION_ACTIVATE)

        people = camera.show_a_violation()
        # No more images: the camera was unplugged.
        camera.assert_closed(people)

        people = camera.show_a_violation()
        assert client.transition(Transition.TRANSITION_ACTIVE_SHUTDOWN)
        camera.assert_closed(people)
        ids = [event.person_id for event in camera.events if event.kind == MaskEvent.STARTED]
        assert len(ids) == len(set(ids)), "ids are not used again"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_end_of_the_process(client: Client, number: int) -> None:
    with detector(namespace=SPACE) as node:
        camera = Camera(client, node)
        people = camera.show_a_violation()
        assert node.interrupt(number) == 0, node.log
        camera.assert_closed(people)
        assert "Traceback" not in node.log


STAGES = (
    "nodes.detector.frame_reader:FrameReader.pixels",
    "perception.face_detector:FaceDetector.detect",
    "perception.camera_motion:CameraMotion.estimate",
    "perception.tracker:Tracker.update",
    "perception.mask_classifier:MaskClassifier.classify_covered",
    "perception.evidence:Evidence.update",
    "nodes.detector.calibration_input:CalibrationInput.model",
    "nodes.detector.detector_outputs:DetectorOutputs._publish_detections",
    "nodes.detector.detector_outputs:DetectorOutputs._publish_annotated",
)


def test_a_frame_that_fails_in_any_stage_costs_that_frame(client: Client) -> None:
    with NodeProcess(
        "detector.mask_detector_node",
        ready="waiting for images",
        namespace=SPACE,
        launcher=["failing_methods.py", ",".join(STAGES)],
    ) as node:
        statuses: list[DiagnosticArray] = []
        client.node.create_subscription(DiagnosticArray, "/diagnostics", statuses.append, 100)
        camera = Camera(client, node)
        for index in FRAMES:  # each stage fails in one of them
            client.detect(demo_frame(index), camera.results)
        for stage in STAGES:
            assert f"injected into {stage.rpartition(':')[2]}" in node.log, node.log
        people = camera.show_a_violation()
        assert node.alive() and "Traceback" not in node.log

        def not_usable() -> int:
            values: list[Any] = [v for a in statuses for s in a.status for v in s.values]
            return max((int(v.value) for v in values if v.key == "frames not usable"), default=0)

        wait_until(lambda: not_usable() >= len(STAGES), "the failures in diagnostics", node)
        assert any(s.level == DiagnosticStatus.ERROR for a in statuses for s in a.status)
        assert node.interrupt() == 0
        camera.assert_closed(people)

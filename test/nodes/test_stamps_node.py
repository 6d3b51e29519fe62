# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images that arrive steadily, with stamps of every kind: who is tracked, and what is reported."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header

from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.resources import find_resource
from support.ros_harness import Client, NodeProcess, detector, wait_until

pytestmark = pytest.mark.ros
FRAMES, RATE = 50, 12.0
MOST_DELAY_S = 1.0
"""Time after which an image without detections was lost."""
MOST_PEOPLE = 4
"""Person ids in the clip with good stamps: three people, one of whom may be lost once."""

PATIENT = ("-p", "diagnostics.stale_after:=600.0")
"""With this, no pause is a silent camera."""


@pytest.fixture(scope="module")
def clip() -> list[np.ndarray]:
    """Four seconds of three people, at half their frame rate."""
    video = cv2.VideoCapture(str(find_resource("demo/patrol.mp4")))
    video.set(cv2.CAP_PROP_POS_FRAMES, 130)
    images = [video.read()[1] for _ in range(FRAMES)]
    video.release()
    return images


def header_of(sec: int, nanosec: int) -> Header:
    header = Header(frame_id="test_optical_frame")
    header.stamp.sec, header.stamp.nanosec = sec, nanosec
    return header


def seconds(stamp: float) -> Header:
    return header_of(int(stamp), int(stamp % 1 * 1e9))


Stamps = Callable[[int, float], Header]
"""Header of the image with this number, at this time."""


class Watch:
    """What a node publishes while a clip is played."""

    def __init__(self, client: Client, node: NodeProcess) -> None:
        self._client, self._node = client, node
        self._diagnostics = client.subscribe(DiagnosticArray, "/diagnostics")
        self.results: list[MaskDetectionArray] = client.subscribe(
            MaskDetectionArray, "~/detections"
        )
        self.results.clear()

    def play(self, clip: list[np.ndarray], stamps: Stamps) -> list[Header]:
        """Publish the clip, at a lower rate where the node is slower; returns the headers."""
        self._client.publisher(ImageMessage, "image_raw")
        headers: list[Header] = []
        for i, image in enumerate(clip):
            sent_at, before = time.monotonic(), len(self.results)
            headers.append(stamps(i, time.time()))
            self._client.send(image_message(image, headers[-1]))
            # Headers may be equal, so results are counted; an image may be lost.
            while len(self.results) == before and time.monotonic() < sent_at + MOST_DELAY_S:
                time.sleep(0.005)
            time.sleep(max(0.0, sent_at + 1 / RATE - time.monotonic()))
        wait_until(
            lambda: self.results and self.results[-1].header == headers[-1],
            "detections of the last image",
            self._node,
        )
        return headers

    @property
    def people(self) -> set[str]:
        return {d.person_id for array in self.results for d in array.detections} - {""}

    @property
    def statuses(self) -> set[int]:
        return {d.status for array in self.results for d in array.detections}

    def status(self) -> DiagnosticStatus:
        """The next status."""
        before = len(self._diagnostics)
        wait_until(lambda: len(self._diagnostics) > before, "diagnostics", self._node)
        return self._diagnostics[-1].status[0]


CONTRADICTING: dict[str, tuple[Stamps, str]] = {
    "three of fifteen 5 s ahead": (
        lambda i, t: seconds(t + (5 if i % 15 in (10, 11, 12) else 0)),
        "image stamps jump to and fro",
    ),
    "frozen": (lambda i, t: seconds(1_700_000_000.0), "image stamps stand still"),
    "hovering": (lambda i, t: seconds(1.7e9 + 0.04 * (i % 3)), "image stamps stand still"),
    "boot clock and system time": (
        lambda i, t: seconds(t - 1.7e9 * (i % 2)),
        "image stamps jump to and fro",
    ),
    "negative": (lambda i, t: header_of(-5, i), "image stamps are negative"),
    "too many nanoseconds": (
        lambda i, t: header_of(int(t), 1_000_000_000 + i),
        "more than 999999999 nanoseconds",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTING)
def test_people_are_tracked_by_arrival_if_stamps_contradict_it(
    name: str, client: Client, clip: list[np.ndarray]
) -> None:
    stamps, problem = CONTRADICTING[name]
    with detector(*PATIENT) as node:
        watch = Watch(client, node)
        headers = watch.play(clip, stamps)
        status = watch.status()
        assert 2 <= len(watch.people) <= MOST_PEOPLE, node.log
        assert watch.statuses & {1, 2, 3, 4}, "somebody's mask was classified"
        assert all(result.header in headers for result in watch.results), "headers are unchanged"
        assert status.level == DiagnosticStatus.WARN
        assert problem in status.message and "time of arrival" in status.message
        assert node.log.count("tracked by the time of arrival") == 1
        assert node.log.count("stamps") == 1, node.log
        assert "jumped back" not in node.log
        values = {v.key: v.value for v in status.values}
        assert float(values["age of newest processed image (ms)"]) < 10_000
        assert problem in values["stamps"]


def test_stamps_of_the_boot_clock_are_used_and_named_and_a_bag_in_a_loop_starts_again(
    client: Client, clip: list[np.ndarray]
) -> None:
    with detector(*PATIENT) as node:
        watch = Watch(client, node)
        watch.play(clip, lambda i, t: seconds(300 + i / RATE))
        first = watch.people
        assert 2 <= len(first) <= MOST_PEOPLE
        status = watch.status()
        assert status.level == DiagnosticStatus.WARN
        assert "start of a camera, computer or simulation" in status.message
        values = {v.key: v.value for v in status.values}
        assert float(values["age of newest processed image (ms)"]) < 10_000
        assert "jumped back" not in node.log
        watch.results.clear()
        watch.play(clip, lambda i, t: seconds(300 + i / RATE))
        node.wait_for_log("image stamps jumped back; all tracks are deleted")
        assert not first & watch.people
        assert 2 <= len(watch.people) <= MOST_PEOPLE
        assert "arrival" not in node.log


def test_good_stamps_raise_no_warning(client: Client, clip: list[np.ndarray]) -> None:
    with detector(*PATIENT) as node:
        watch = Watch(client, node)
        watch.play(clip, lambda i, t: seconds(t))
        assert 2 <= len(watch.people) <= MOST_PEOPLE
        values = {v.key: v.value for v in watch.status().values}
        assert values["stamps"] == "used"
        assert "stamps" not in node.log


def test_simulated_time_that_is_slow_paused_and_restarted_agrees_with_its_stamps(
    client: Client, clip: list[np.ndarray]
) -> None:
    with detector(*PATIENT, "-p", "use_sim_time:=true") as node:
        watch = Watch(client, node)
        clock = client.publisher(Clock, "/clock")

        def simulated(i: int, t: float) -> Header:
            """Half the speed of real time, with a pause in which images go on."""
            now = seconds(20 + frames[i] / RATE / 2)
            clock.publish(Clock(clock=now.stamp))
            time.sleep(0.01)  # the clock arrives first
            return now

        frames = [min(i, max(30, i - 10)) for i in range(FRAMES)]
        watch.play([clip[i] for i in frames], simulated)
        first = watch.people
        assert 2 <= len(first) <= MOST_PEOPLE
        values = {v.key: v.value for v in watch.status().values}
        assert values["stamps"] == "used"
        assert "stamps" not in node.log
        watch.results.clear()
        watch.play(clip[:20], simulated)
        assert node.log.count("image stamps jumped back") == 1
        assert not first & watch.people
        assert node.log.count("stamps") == 1

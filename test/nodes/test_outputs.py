# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The topics of the mask_detector node: contents, QoS, services and diagnostics."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage
from sensor_msgs.msg import Image as ImageMessage
from std_srvs.srv import SetBool, Trigger
from visualization_msgs.msg import MarkerArray

from mask_detector_ros.images import decode_message
from mask_detector_ros.msg import MaskDetection, MaskDetectionArray, MaskEvent
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.nodes.tools.image_player import camera_info
from mask_detector_ros.perception import runtimes
from support.ros_harness import Client, NodeProcess, demo_frame, detector, wait_until

pytestmark = pytest.mark.ros
BEST_EFFORT, RELIABLE = QoSReliabilityPolicy.BEST_EFFORT, QoSReliabilityPolicy.RELIABLE
VOLATILE, LATCHED = QoSDurabilityPolicy.VOLATILE, QoSDurabilityPolicy.TRANSIENT_LOCAL


@pytest.fixture(scope="module")
def results(client: Client, node: NodeProcess) -> list[MaskDetectionArray]:
    return client.subscribe(MaskDetectionArray, "~/detections")


def watch(client: Client, results: list, seconds: float, start: float | None = None) -> None:
    """Publish one image at 20 Hz for a while, as a camera on a tripod does.

    Slower where the node is: each image is processed.
    """
    image, stamp = demo_frame(60), start
    for _ in range(round(seconds * 20)):
        sent_at = time.monotonic()
        client.detect(image_message(image, client.header(stamp)), results)
        stamp = None
        time.sleep(max(0.0, sent_at + 0.05 - time.monotonic()))


@pytest.mark.parametrize(
    ("topic", "reliability", "durability"),
    [
        ("~/detections", RELIABLE, VOLATILE),
        ("~/events", RELIABLE, LATCHED),
        ("~/image_annotated", RELIABLE, VOLATILE),
        ("~/image_annotated/compressed", RELIABLE, VOLATILE),
        ("~/markers", RELIABLE, VOLATILE),
        ("/diagnostics", RELIABLE, VOLATILE),
    ],
)
def test_qos_of_publishers(
    client: Client,
    node: NodeProcess,
    topic: str,
    reliability: QoSReliabilityPolicy,
    durability: QoSDurabilityPolicy,
) -> None:
    name = client.topic(topic)
    wait_until(lambda: client.node.count_publishers(name), name)
    (end,) = client.node.get_publishers_info_by_topic(name)
    assert end.qos_profile.reliability == reliability
    assert end.qos_profile.durability == durability


@pytest.mark.parametrize("topic", ["image_raw", "camera_info"])
def test_qos_of_subscriptions(client: Client, node: NodeProcess, topic: str) -> None:
    name = client.topic(topic)
    wait_until(lambda: client.node.count_subscribers(name), name)
    (end,) = client.node.get_subscriptions_info_by_topic(name)
    assert end.qos_profile.reliability == BEST_EFFORT
    assert end.qos_profile.durability == VOLATILE


def test_the_annotated_image_has_the_same_header_and_hidden_faces(
    client: Client, results: list[MaskDetectionArray]
) -> None:
    published = client.subscribe(ImageMessage, "~/image_annotated", QoSProfile(depth=5))
    image = demo_frame(170)  # with a near person

    def annotated() -> tuple[MaskDetectionArray, np.ndarray]:
        """Of an image sent from now on; the rate limit leaves out some."""
        sent: list[MaskDetectionArray] = []

        def found() -> tuple[MaskDetectionArray, ImageMessage] | None:
            sent.append(client.detect(image, results))
            time.sleep(0.2)  # longer than the period of the rate limit
            pairs = ((s, p) for s in sent for p in published if p.header == s.header)
            return next(pairs, None)

        result, message = wait_until(found, "the annotated image")
        return result, decode_message(message)

    result, shown = annotated()
    largest = max(result.detections, key=lambda d: d.roi.width).roi
    x, y, w, h = largest.x_offset, largest.y_offset, largest.width, largest.height

    def unchanged(pixels: np.ndarray) -> float:
        face = np.s_[y + 2 : y + h - 2, x + 2 : x + w - 2]
        return float((pixels[face] == image[face]).all(axis=2).mean())

    assert unchanged(shown) < 0.02
    assert client.set_parameters(annotate__blur="eyes").successful
    assert 0.1 < unchanged(annotated()[1]) < 0.8
    assert client.set_parameters(annotate__blur="off").successful
    assert unchanged(annotated()[1]) > 0.9
    assert client.set_parameters(annotate__blur="face").successful


def test_the_annotated_image_is_published_as_jpeg(
    client: Client, results: list[MaskDetectionArray]
) -> None:
    published = client.subscribe(CompressedImage, "~/image_annotated/compressed")

    def found() -> list[CompressedImage]:
        client.detect(demo_frame(60), results)
        time.sleep(0.2)  # longer than the period of the rate limit
        return published

    first = wait_until(found, "a compressed image")[0]
    assert "jpeg" in first.format
    assert decode_message(first).shape == (480, 640, 3)


def test_with_camera_info_faces_have_positions_and_markers(
    client: Client, results: list[MaskDetectionArray]
) -> None:
    before = client.detect(demo_frame(60), results)
    assert {d.range_source for d in before.detections} == {MaskDetection.RANGE_NONE}
    markers = client.subscribe(MarkerArray, "~/markers", QoSProfile(depth=5))
    info = camera_info(client.header(), 640, 480, 69.0)
    infos = client.publisher(CameraInfo, "camera_info")

    def with_positions() -> MaskDetectionArray | None:
        infos.publish(info)  # repeated: the node may not be discovered yet
        result = client.detect(demo_frame(60), results)
        sources = {d.range_source for d in result.detections}
        return result if sources == {MaskDetection.RANGE_FACE_SIZE} else None

    result = wait_until(with_positions, "positions")
    for detection in result.detections:
        expected = 465.6 * 0.15 / detection.roi.width
        assert detection.position.z == pytest.approx(expected, rel=0.25)
        assert detection.position_covariance[8] > 0
    shown = wait_until(lambda: [m for m in markers if m.markers], "markers")[-1].markers
    assert len(shown) == 2 * len(result.detections)
    assert {m.header.frame_id for m in shown} == {"test_optical_frame"}


def test_people_get_ids_and_one_started_event(
    client: Client, results: list[MaskDetectionArray]
) -> None:
    client.call(Trigger, "~/reset", Trigger.Request())
    watch(client, results, 2.0)
    known = [d for d in results[-1].detections if d.person_id]
    assert known
    assert all(d.track_age.sec >= 1 for d in known)
    late: list[MaskEvent] = []
    client.node.create_subscription(MaskEvent, client.topic("~/events"), late.append, qos.latched())
    violators = {d.person_id for d in known if d.status in (1, 2, 3)}
    assert violators
    wait_until(lambda: {e.person_id for e in late} >= violators, "the latched events")
    for person in violators:
        kinds = [e.kind for e in late if e.person_id == person]
        assert kinds[0] == MaskEvent.STARTED and kinds.count(MaskEvent.STARTED) == 1


def test_reset_deletes_all_tracks(client: Client, results: list[MaskDetectionArray]) -> None:
    watch(client, results, 0.5)
    before = {d.person_id for d in results[-1].detections} - {""}
    assert before
    assert client.call(Trigger, "~/reset", Trigger.Request()).success
    assert {d.person_id for d in client.detect(demo_frame(60), results).detections} == {""}
    watch(client, results, 0.5)
    assert not before & {d.person_id for d in results[-1].detections}


def test_stamps_that_jump_back_delete_all_tracks_and_are_logged(
    client: Client, node: NodeProcess, results: list[MaskDetectionArray]
) -> None:
    watch(client, results, 0.5, start=5000.0)
    assert any(d.person_id for d in results[-1].detections)
    watch(client, results, 1.5, start=100.0)
    node.wait_for_log("jumped back")
    watch(client, results, 0.5)
    assert any(d.person_id for d in results[-1].detections)


def test_a_disabled_node_publishes_no_detections_until_enabled(
    client: Client, node: NodeProcess, results: list[MaskDetectionArray]
) -> None:
    assert client.call(SetBool, "~/enable", SetBool.Request(data=False)).success
    diagnostics, ignored, sent_at = Diagnostics(client), [], float("-inf")

    def arrived() -> bool:
        """Whether the image sent last has arrived: one on the way would be one of afterwards."""
        nonlocal sent_at
        if time.time() - sent_at > 5.0:
            sent_at = time.time()
            ignored.append(client.send(image_message(demo_frame(60), client.header())).header)
        return diagnostics.last_image_at() > sent_at

    for _ in range(2):
        wait_until(arrived, "an image while disabled", node)
        sent_at = float("-inf")
    assert client.call(SetBool, "~/enable", SetBool.Request(data=True)).success
    client.detect(demo_frame(60), results)
    assert not [result for result in results if result.header in ignored]


class Diagnostics:
    """Diagnostics as a monitor receives them."""

    def __init__(self, client: Client) -> None:
        self._messages = client.subscribe(DiagnosticArray, "/diagnostics")

    def newest_has(self, words: str) -> bool:
        return any(words in s.message for m in self._messages[-1:] for s in m.status)

    def last_image_at(self) -> float:
        """When the node received the last image, by the newest diagnostics; system time (s)."""
        for message in self._messages[-1:]:
            at = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
            values = {v.key: v.value for v in message.status[0].values}
            return at - float(values["time since last image (s)"])
        return float("-inf")

    def wait(self, words: str) -> dict[str, str]:
        """The values of the next status whose message contains ``words``."""
        before = len(self._messages)

        def values() -> dict[str, str] | None:
            for message in self._messages[before:]:
                for status in message.status:
                    if words in status.message:
                        return {v.key: v.value for v in status.values}
            return None

        return wait_until(values, f"diagnostics with {words!r}")


def test_diagnostics_report_a_camera_that_stops_and_invalid_images(
    client: Client, node: NodeProcess, results: list[MaskDetectionArray]
) -> None:
    diagnostics = Diagnostics(client)
    watch(client, results, 1.0)
    values = diagnostics.wait("no image for")
    assert float(values["time since last image (s)"]) > 1.0
    client.detect(demo_frame(60), results)
    client.send_until(
        lambda: ImageMessage(header=client.header(), encoding="bgr8"),
        lambda: diagnostics.newest_has("image is empty"),
        "the empty image in diagnostics",
        node,
    )


def test_diagnostics_report_models_runtime_and_times(
    client: Client, results: list[MaskDetectionArray]
) -> None:
    client.detect(demo_frame(60), results)
    values = Diagnostics(client).wait("")
    assert values["face_detector"].startswith("face_detector ")
    assert values["runtime"] in ("litert", "onnxruntime", "opencv")
    assert "detect p50 / p95 (ms)" in values and "frames dropped" in values


@pytest.fixture
def other() -> Iterator[Client]:
    client = Client("other")
    yield client
    client.close()


def test_compressed_images_with_invalid_ones_in_between(other: Client) -> None:
    with detector("-p", "image_transport:=compressed", namespace="other") as node:
        results = other.subscribe(MaskDetectionArray, "~/detections")
        data = cv2.imencode(".jpg", demo_frame(60))[1].tobytes()

        def image(content: bytes) -> CompressedImage:
            return CompressedImage(header=other.header(), format="jpeg", data=content)

        def logged(words: str) -> bool:
            return words in node.log

        assert other.detect(image(data), results, "image_raw/compressed").detections
        invalid = (
            (b"", "is empty"),
            (b"not a JPEG", "are not a JPEG or PNG image"),
            (data[:200], "truncated"),
        )
        for content, words in invalid:
            other.send_until(
                partial(image, content), partial(logged, words), words, node, "image_raw/compressed"
            )
        assert other.detect(image(data), results, "image_raw/compressed").detections


@pytest.mark.parametrize("runtime", runtimes.available())
def test_the_node_runs_with_every_installed_runtime(other: Client, runtime: str) -> None:
    with detector("-p", f"runtime:={runtime}", namespace="other") as node:
        assert f"runtime: {runtime}" in node.log
        results = other.subscribe(MaskDetectionArray, "~/detections")
        assert other.detect(demo_frame(170), results).detections


def test_incompatible_qos_is_reported_once_with_both_sides(other: Client) -> None:
    override = "qos_overrides./other/image_raw.subscription.reliability:=reliable"
    with detector("-p", override, namespace="other") as node:
        for _ in range(2):
            other.node.create_publisher(
                ImageMessage, "/other/image_raw", QoSProfile(depth=1, reliability=BEST_EFFORT)
            )
        node.wait_for_log("incompatible QoS (reliability)")
        line = next(entry for entry in node.log.splitlines() if "incompatible QoS" in entry)
        assert "/other/image_raw" in line
        assert "this node (reliable, volatile)" in line
        assert "client_" in line and "(best effort, volatile)" in line
        time.sleep(0.3)
        assert node.log.count("incompatible QoS") == 1


def test_incompatible_qos_of_a_topic_closed_since_is_reported(other: Client) -> None:
    with detector(namespace="other") as node:
        other.node.create_subscription(
            MaskDetectionArray, "/other/mask_detector/detections", print, qos.latched()
        )
        other.wait_for_discovery_by("/other/mask_detector")
        assert other.transition(Transition.TRANSITION_DEACTIVATE), node.log
        assert other.transition(Transition.TRANSITION_CLEANUP), node.log
        node.wait_for_log("incompatible QoS (durability)")
        assert other.state() == "unconfigured"


SIMULATED = (
    *("-p", "use_sim_time:=true", "-p", "ranging.calibration:=none"),
    # The diagnostics tell neither a late image nor a silent camera.
    *("-p", "diagnostics.slow_after:=600.0", "-p", "diagnostics.stale_after:=600.0"),
)


def test_detections_and_diagnostics_continue_while_simulated_time_stands_still(
    other: Client,
) -> None:
    with detector(*SIMULATED, namespace="other"):
        results = other.subscribe(MaskDetectionArray, "~/detections")
        other.detect(demo_frame(60), results)
        values = Diagnostics(other).wait("running")
        assert values["faces"] == "images of 640x480: faces from about 12 pixels wide are found"


def test_ages_are_measured_in_simulated_time(other: Client) -> None:
    with detector(*SIMULATED, namespace="other"):
        clock = other.publisher(Clock, "/clock", QoSProfile(depth=1))
        results = other.subscribe(MaskDetectionArray, "~/detections")
        diagnostics = Diagnostics(other)
        for _ in range(30):  # the clock is 0.25 s ahead of the images
            header = other.header()
            now = header.stamp.sec + header.stamp.nanosec * 1e-9 + 0.25
            clock.publish(Clock(clock=Time(seconds=now).to_msg()))
            other.send(image_message(demo_frame(60), header))
            time.sleep(0.05)
        wait_until(lambda: results, "detections")
        age = float(diagnostics.wait("running")["age of newest processed image (ms)"])
        assert 100 < age < 2000  # by the machine's clock it would be decades

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera that is mounted upside down: it is suspected, and the parameter rotate corrects it."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage
from std_msgs.msg import Header
from visualization_msgs.msg import Marker, MarkerArray

from mask_detector_ros.msg import MaskDetection, MaskDetectionArray
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.nodes.tools.image_player import camera_info
from mask_detector_ros.perception.face_detector import iou_matrix
from support.ros_harness import Client, NodeProcess, demo_frame
from support.waiting import TIMEOUT_S, wait_until

pytestmark = [pytest.mark.ros, pytest.mark.timeout(600)]


def boxes(faces: list[MaskDetection]) -> np.ndarray:
    rois = [d.roi for d in faces]
    return np.array([[r.x_offset, r.y_offset, r.width, r.height] for r in rois]).reshape(-1, 4)


@pytest.fixture(scope="module")
def results(client: Client, node: NodeProcess) -> list[MaskDetectionArray]:
    return client.subscribe(MaskDetectionArray, "~/detections")


def detect(
    client: Client, results: list[MaskDetectionArray], image: np.ndarray
) -> MaskDetectionArray:
    """Detections of an image, with its CameraInfo: those with positions."""
    height, width = image.shape[:2]

    def with_positions() -> MaskDetectionArray | None:
        infos = client.publisher(CameraInfo, "camera_info")
        infos.publish(camera_info(client.header(time.time()), width, height, 69.0))
        result = client.detect(image_message(image, client.header(time.time())), results)
        placed = [d.range_source == MaskDetection.RANGE_FACE_SIZE for d in result.detections]
        return result if placed and all(placed) else None

    return wait_until(with_positions, "positions")


def test_a_camera_upside_down_is_suspected_and_corrected_by_rotate(
    client: Client, node: NodeProcess, results: list[MaskDetectionArray]
) -> None:
    frame = demo_frame(170)
    upright = detect(client, results, frame)
    diagnostics = client.subscribe(DiagnosticArray, "/diagnostics")

    def send_until(words: str, present: bool) -> DiagnosticStatus:
        """Send the clip upside down until the diagnostics have these words, or no longer."""
        deadline, index = time.monotonic() + 2 * TIMEOUT_S, 0
        while time.monotonic() < deadline:
            index = (index + 3) % 500
            image = np.asarray(cv2.rotate(demo_frame(index), cv2.ROTATE_180), np.uint8)
            client.send(image_message(image, client.header(time.time())))
            time.sleep(0.1)
            if diagnostics and (words in diagnostics[-1].status[0].message) == present:
                return diagnostics[-1].status[0]
        raise AssertionError(f"{words!r} in the diagnostics: {not present}\n{node.log}")

    status = send_until("set rotate: 180", present=True)
    assert status.level == DiagnosticStatus.WARN
    assert "upside down" in status.message
    node.wait_for_log("set rotate: 180")
    assert node.log.count("set rotate: 180") == 1

    assert client.set_parameters(rotate=180).successful
    send_until("set rotate", present=False)
    annotated = client.subscribe(ImageMessage, "~/image_annotated", QoSProfile(depth=5))
    markers = client.subscribe(MarkerArray, "~/markers", QoSProfile(depth=5))
    turned = detect(client, results, np.asarray(cv2.rotate(frame, cv2.ROTATE_180), np.uint8))
    assert (turned.image_width, turned.image_height) == (640, 480)
    assert len(turned.detections) == len(upright.detections) >= 2
    own = boxes(turned.detections)
    as_upright = np.hstack([[640, 480] - own[:, :2] - own[:, 2:], own[:, 2:]])
    overlap = iou_matrix(boxes(upright.detections), as_upright)
    assert (overlap.max(axis=1) > 0.9).all(), "boxes are in pixels of the image that was sent"
    for reference, row in zip(upright.detections, overlap.argmax(axis=1), strict=True):
        position = turned.detections[row].position
        assert position.x == pytest.approx(-reference.position.x, abs=0.05)
        assert position.y == pytest.approx(-reference.position.y, abs=0.05)
        assert position.z == pytest.approx(reference.position.z, rel=0.1)

    headers: list[Header] = []

    def shown() -> list[ImageMessage]:
        image = np.asarray(cv2.rotate(frame, cv2.ROTATE_180), np.uint8)
        sent = image_message(image, client.header(time.time()))
        headers.append(client.detect(sent, results).header)
        time.sleep(0.2)  # longer than the period of the rate limit
        return [message for message in annotated if message.header in headers]

    message = wait_until(shown, "the annotated image")[0]
    difference = np.asarray(message.data, np.uint8).reshape(480, 640, 3).astype(int) - frame
    assert np.median(np.abs(difference)) == 0, "the annotated image is upright"
    array = wait_until(lambda: [m for m in markers if m.markers], "markers")[-1]
    ball, text = array.markers[:2]
    assert text.type == Marker.TEXT_VIEW_FACING
    assert text.pose.position.y > ball.pose.position.y, "above the person, in the turned camera"


def test_an_angle_that_is_no_quarter_turn_is_refused(client: Client, node: NodeProcess) -> None:
    refused = client.set_parameters(rotate=45)
    assert not refused.successful
    assert "expected one of 0, 90, 180, 270" in refused.reason

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A detector with a color and a depth camera, over DDS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from mask_detector_ros.msg import MaskDetection, MaskDetectionArray
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.nodes.tools.image_player import camera_info
from support.depth_messages import compressed_depth_message, depth_message
from support.ros_harness import Client, NodeProcess, demo_frame, detector, wait_until

pytestmark = pytest.mark.ros
FRAME = 170  # with a near person
WALL_M = 6.0
TOPIC = "depth/image_raw"


@pytest.fixture
def other() -> Iterator[Client]:
    client = Client("depth")
    yield client
    client.close()


class Scene:
    """An image, and depth images with every face at a known distance."""

    def __init__(self, client: Client, node: NodeProcess) -> None:
        self._client, self._node = client, node
        self.results = client.subscribe(MaskDetectionArray, "~/detections")
        self._image = demo_frame(FRAME)
        info = camera_info(client.header(), 640, 480, 69.0)
        infos = client.publisher(CameraInfo, "camera_info")

        def with_positions() -> MaskDetectionArray | None:
            infos.publish(info)  # repeated: the node may not be discovered yet
            result = client.detect(self._image, self.results)
            return result if result.detections[0].range_source else None

        sized = wait_until(with_positions, "positions from face size", node)
        # Farther than by face size, so that the two sources cannot be confused.
        self.faces = [(d.roi, 1.15 * d.position.z) for d in sized.detections]

    def depth(self, scale: float = 1.0) -> np.ndarray:
        """Depth in meters, (480, 640) times ``scale``: a wall with a plane at every face."""
        depth = np.full((round(480 * scale), round(640 * scale)), WALL_M)
        for roi, z in sorted(self.faces, key=lambda face: -face[1]):
            rows = slice(int(roi.y_offset * scale), int((roi.y_offset + roi.height) * scale))
            columns = slice(int(roi.x_offset * scale), int((roi.x_offset + roi.width) * scale))
            depth[rows, columns] = z
        return depth

    def detect(
        self,
        source: int,
        depth: np.ndarray,
        encoding: str = "32FC1",
        compressed: bool = False,
        frame: str = "test_optical_frame",
        **layout: Any,
    ) -> MaskDetectionArray:
        """Send images with ``depth`` until the ranges of all faces come from ``source``."""

        def found() -> MaskDetectionArray | None:
            header = self._client.header()
            of_depth = Header(stamp=header.stamp, frame_id=frame)
            if compressed:
                message = compressed_depth_message(depth, of_depth)
                self._client.send(message, f"{TOPIC}/compressedDepth")
            else:
                self._client.send(depth_message(depth, encoding, header=of_depth, **layout), TOPIC)
            result = self._client.detect(image_message(self._image, header), self.results)
            return result if {d.range_source for d in result.detections} == {source} else None

        result: MaskDetectionArray = wait_until(found, f"range source {source}", self._node)
        return result

    def errors(self, result: MaskDetectionArray) -> list[float]:
        """Relative error of z for every face."""
        truth = {(roi.x_offset, roi.y_offset): z for roi, z in self.faces}
        return [
            abs(d.position.z / truth[d.roi.x_offset, d.roi.y_offset] - 1) for d in result.detections
        ]


def test_depth_of_every_encoding_and_size_gives_positions(other: Client) -> None:
    with detector(namespace="depth") as node:
        scene = Scene(other, node)
        layouts: tuple[tuple[str, float, dict[str, Any]], ...] = (
            ("16UC1", 1.0, {}),
            ("32FC1", 1.0, {"padding": 12}),
            ("16UC1", 0.5, {"big_endian": True}),
            ("32FC1", 1.0, {"frame": "/test_optical_frame"}),
        )
        for encoding, scale, layout in layouts:
            depth = scene.depth(scale)
            result = scene.detect(MaskDetection.RANGE_DEPTH, depth, encoding, **layout)
            assert max(scene.errors(result)) < 0.03
            for detection in result.detections:
                deviation = np.sqrt(detection.position_covariance[8])
                assert 0 < deviation < 0.05 * detection.position.z


def test_unusable_depth_is_reported_once_and_ranges_come_from_face_size(other: Client) -> None:
    with detector(namespace="depth") as node:
        scene = Scene(other, node)
        diagnostics = other.subscribe(DiagnosticArray, "/diagnostics")
        empty = np.full((480, 640), np.nan)

        def reported(words: str, depth: np.ndarray) -> bool:
            # Repeated: a depth image may arrive later than its color image, or be lost.
            scene.detect(MaskDetection.RANGE_FACE_SIZE, depth)
            values = {v.key: v.value for a in diagnostics[-1:] for v in a.status[0].values}
            return words in values.get("depth", "")

        wait_until(lambda: reported("holes", empty), "the reason", node)
        cropped, words = empty[:, :480], "do not have the aspect ratio"
        wait_until(lambda: reported(words, cropped), "the reason", node)
        node.wait_for_log(words)
        assert node.log.count(words) == 1


def test_depth_in_another_unit_is_reported_and_can_be_set(other: Client) -> None:
    with detector(namespace="depth") as node:
        scene = Scene(other, node)
        diagnostics = other.subscribe(DiagnosticArray, "/diagnostics")
        millimeters = 1000 * scene.depth()

        def reported() -> bool:
            scene.detect(MaskDetection.RANGE_FACE_SIZE, millimeters)
            newest = [status for message in diagnostics[-1:] for status in message.status]
            return any(
                "ranging.depth_unit to 0.001" in status.message and status.level == b"\x01"
                for status in newest
            )

        wait_until(reported, "a warning about the unit", node)
        node.wait_for_log("the unit of depth images is probably wrong")
        assert node.log.count("the unit of depth images is probably wrong") == 1
        assert other.set_parameters(ranging__depth_unit=0.001).successful
        result = scene.detect(MaskDetection.RANGE_DEPTH, millimeters)
        assert max(scene.errors(result)) < 0.03
        wait_until(lambda: "unit" not in diagnostics[-1].status[0].message, "no more warning", node)


def test_compressed_depth(other: Client) -> None:
    with detector("-p", "ranging.depth_transport:=compressedDepth", namespace="depth") as node:
        scene = Scene(other, node)
        result = scene.detect(MaskDetection.RANGE_DEPTH, scene.depth(), compressed=True)
        assert max(scene.errors(result)) < 0.03
        assert other.node.count_subscribers(other.topic(TOPIC)) == 0


def test_depth_is_not_subscribed_to_if_disabled(other: Client) -> None:
    with detector("-p", "ranging.depth:=false", namespace="depth"):
        other.subscribe(MaskDetectionArray, "~/detections")
        wait_until(lambda: other.node.count_subscribers(other.topic("camera_info")), "its inputs")
        assert other.node.count_subscribers(other.topic(TOPIC)) == 0

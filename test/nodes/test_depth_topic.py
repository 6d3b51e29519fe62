# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A real detector with a depth camera beside its color camera, over DDS."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import CameraInfo

from mask_detector_ros.msg import MaskDetection, MaskDetectionArray
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.nodes.tools.image_player import camera_info
from support.depth_messages import depth_message
from support.ros_harness import Client, NodeProcess, demo_frame, detector, wait_until

pytestmark = pytest.mark.ros
FRAME = 170  # someone is near
WALL = 6.0
TOPIC = "depth/image_raw"


@pytest.fixture
def other() -> Iterator[Client]:
    client = Client("depth")
    yield client
    client.close()


class Scene:
    """A picture, and a depth image in which every face of it stands at a known distance."""

    def __init__(self, client: Client, node: NodeProcess) -> None:
        self._client, self._node = client, node
        self.results = client.subscribe(MaskDetectionArray, "~/detections")
        self._picture = demo_frame(FRAME)
        info = camera_info(client.header(), 640, 480, 69.0)
        infos = client.publisher(CameraInfo, "camera_info")

        def placed() -> MaskDetectionArray | None:
            infos.publish(info)  # again until it is heard: the node may not be met yet
            result = client.detect(self._picture, self.results)
            return result if result.detections[0].range_source else None

        sized = wait_until(placed, 10, "positions by size", node)
        # Not quite where size puts them, so that the two cannot be mixed up.
        self.faces = [(d.roi, 1.15 * d.position.z) for d in sized.detections]

    def depth(self, scale: float = 1.0) -> np.ndarray:
        """Meters; a wall, and a slab wherever a face is."""
        depth = np.full((round(480 * scale), round(640 * scale)), WALL)
        for roi, z in sorted(self.faces, key=lambda face: -face[1]):
            rows = slice(int(roi.y_offset * scale), int((roi.y_offset + roi.height) * scale))
            columns = slice(int(roi.x_offset * scale), int((roi.x_offset + roi.width) * scale))
            depth[rows, columns] = z
        return depth

    def detect(self, source: int, **kind: object) -> MaskDetectionArray:
        """Send pictures with depth until the faces are ranged from ``source``."""
        depth = self.depth(kind.pop("scale", 1.0))  # type: ignore[arg-type]

        def found() -> MaskDetectionArray | None:
            header = self._client.header()
            self._client.send(depth_message(depth, header=header, **kind), TOPIC)
            self._client.send(image_message(self._picture, header))
            time.sleep(0.1)
            same = [r for r in self.results if r.header == header]
            good = same and {d.range_source for d in same[0].detections} == {source}
            return same[0] if good else None

        return wait_until(found, 15, f"ranges from source {source}", self._node)

    def errors(self, result: MaskDetectionArray) -> list[float]:
        """Relative error of z per face."""
        truth = {(roi.x_offset, roi.y_offset): z for roi, z in self.faces}
        return [
            abs(d.position.z / truth[d.roi.x_offset, d.roi.y_offset] - 1) for d in result.detections
        ]


def test_depth_of_either_encoding_and_any_size_places_faces(other: Client) -> None:
    with detector(namespace="depth") as node:
        scene = Scene(other, node)
        for kind in (
            {"encoding": "16UC1"},
            {"encoding": "32FC1", "padding": 12},
            {"encoding": "16UC1", "big_endian": True, "scale": 0.5},
        ):
            result = scene.detect(MaskDetection.RANGE_DEPTH, **kind)
            assert max(scene.errors(result)) < 0.03
            for detection in result.detections:
                deviation = np.sqrt(detection.position_covariance[8])
                assert 0 < deviation < 0.05 * detection.position.z


def test_unusable_depth_is_told_once_and_size_takes_over(other: Client) -> None:
    with detector(namespace="depth") as node:
        scene = Scene(other, node)
        diagnostics = other.subscribe(DiagnosticArray, "/diagnostics")
        empty = np.full((480, 640), np.nan)
        scene.depth = lambda scale: empty  # type: ignore[method-assign]

        def told(words: str) -> bool:
            # Again and again: a depth image may come later than its picture, or be lost.
            scene.detect(MaskDetection.RANGE_FACE_SIZE, encoding="32FC1")
            facts = {v.key: v.value for a in diagnostics[-1:] for v in a.status[0].values}
            return words in facts.get("depth", "")

        wait_until(lambda: told("holes"), 15, "the reason", node)
        scene.depth = lambda scale: empty[:, :480]  # type: ignore[method-assign]
        wait_until(lambda: told("do not have the shape"), 15, "the reason", node)
        assert node.log.count("do not have the shape") == 1


def test_switched_off_nobody_listens_to_depth(other: Client) -> None:
    with detector("-p", "ranging.depth:=false", namespace="depth"):
        other.subscribe(MaskDetectionArray, "~/detections")
        wait_until(
            lambda: other.node.count_subscribers(other.topic("camera_info")), 10, "its inputs"
        )
        assert other.node.count_subscribers(other.topic(TOPIC)) == 0

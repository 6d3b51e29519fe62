# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""CameraInfo as drivers publish it, sent to running nodes: positions, warnings, diagnostics."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.nodes.common import qos
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.nodes.tools import image_player
from mask_detector_ros.perception.calibration import read_calibration
from support.camera_infos import intrinsics, projection
from support.ros_harness import Client, NodeProcess, demo_frame, detector, wait_until

pytestmark = pytest.mark.ros
FACES = 160
"""Frame of the demo clip with three faces."""
K = [330.0, 0.0, 320.0, 0.0, 330.0, 240.0, 0.0, 0.0, 1.0]
D = [-0.28, 0.07, 0.0, 0.0, 0.0]
LATCHED = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
BEST_EFFORT = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)

Directions = list[tuple[float, float]]
"""Bearing in degrees and range in meters of each face, from left to right."""


def camera_info(frame: str = "test_optical_frame", **fields: Any) -> CameraInfo:
    info = CameraInfo(width=640, height=480, distortion_model="plumb_bob", **fields)
    info.header.frame_id = frame
    return info


def simple(frame: str = "test_optical_frame") -> CameraInfo:
    return camera_info(frame, k=intrinsics(), p=projection(intrinsics()))


class Camera:
    """Publishes CameraInfo and images to a node, and collects its detections."""

    def __init__(self, client: Client, image_topic: str, info_topic: str) -> None:
        self._client = client
        self._image_topic, self._info_topic = image_topic, info_topic
        self.results = client.subscribe(MaskDetectionArray, "~/detections")
        self.diagnostics = client.subscribe(DiagnosticArray, "/diagnostics")
        # No pause of these tests is a silent camera.
        assert client.set_parameters(diagnostics__stale_after=600.0).successful

    def detect(self, image: np.ndarray, info: CameraInfo | None = None, **header: Any) -> Any:
        """Detections of an image, published after a CameraInfo."""
        if info is not None:
            self._client.publisher(CameraInfo, self._info_topic).publish(info)
        message = image_message(image, self._client.header())
        for name, value in header.items():
            setattr(message.header, name, value)
        return self._client.detect(message, self.results, self._image_topic)

    def until(
        self, image: np.ndarray, info: CameraInfo | None, wanted: Callable[[Any], bool]
    ) -> Any:
        """The first detections that are as wanted; CameraInfo may arrive after an image."""

        def found() -> Any:
            result = self.detect(image, info)
            return result if wanted(result) else None

        return wait_until(found, "detections as wanted")

    def anew(self, image: np.ndarray) -> Directions:
        """Directions after a reset: filtered ranges remember the calibration before."""
        assert self._client.call(Trigger, "~/reset", Trigger.Request()).success
        return directions(self.detect(image))

    def status(self, wanted: Callable[[DiagnosticStatus], bool], what: str) -> DiagnosticStatus:
        """The first diagnostic status from now on that is as wanted."""
        count = len(self.diagnostics)

        def found() -> DiagnosticStatus | None:
            for array in self.diagnostics[count:]:
                for status in array.status:
                    if status.name.endswith(": detection") and wanted(status):
                        return status
            return None

        return wait_until(found, what)


def mentions(text: str, status: DiagnosticStatus) -> bool:
    return text in status.message


def values_of(status: DiagnosticStatus) -> dict[str, str]:
    return {v.key: v.value for v in status.values}


def calibrated(text: str, status: DiagnosticStatus) -> bool:
    return values_of(status).get("calibration") == text


def positioned(result: MaskDetectionArray) -> bool:
    return len(result.detections) > 0 and all(np.isfinite(d.position.z) for d in result.detections)


def directions(result: MaskDetectionArray) -> Directions:
    found = [
        (float(np.degrees(np.arctan2(d.position.x, d.position.z))), float(d.position.z))
        for d in sorted(result.detections, key=lambda d: d.roi.x_offset)
    ]
    assert found
    return found


def rectify(image: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """The image as image_proc rectifies it, and P."""
    matrix, coefficients = np.reshape(K, (3, 3)), np.array(D)
    new, _ = cv2.getOptimalNewCameraMatrix(matrix, coefficients, (640, 480), 0.0)
    moved = np.asarray(cv2.undistort(image, matrix, coefficients, None, new))
    return moved, projection([float(v) for v in np.ravel(new)])


def test_rectified_images_give_the_positions_of_raw_ones() -> None:
    image = demo_frame(FACES)
    rectified, p = rectify(image)
    info = camera_info(k=K, d=D, p=p)
    remap = ("-r", "image_raw:=/camera/image_rect", "-r", "camera_info:=/camera/camera_info")
    with detector(*remap) as node:
        client = Client()
        try:
            camera = Camera(client, "/camera/image_rect", "/camera/camera_info")
            found = directions(camera.until(rectified, info, positioned))
            assert client.set_parameters(ranging__calibration="raw").successful
            camera.until(image, info, positioned)
            truth = directions(camera.detect(image, info))
            assert len(found) == len(truth)
            for (bearing, _), (true_bearing, _) in zip(found, truth, strict=True):
                assert bearing == pytest.approx(true_bearing, abs=1.5)
            nearest, true_nearest = min(r for _, r in found), min(r for _, r in truth)
            assert nearest == pytest.approx(true_nearest, rel=0.2)
            assert "of CameraInfo" not in node.log, node.log
        finally:
            client.close()


@pytest.mark.parametrize("degrees", [1.0, 5.0, 69.0, 120.0, 170.0])
def test_the_image_player_publishes_a_plausible_calibration(degrees: float) -> None:
    info = image_player.camera_info(Header(), 640, 480, degrees)
    found = read_calibration(info, 640, 480)
    assert found.camera is not None, found.problem
    assert bool(found.warnings) == (degrees < 5.0)


@pytest.fixture(scope="module")
def camera(client: Client, node: NodeProcess) -> Camera:
    return Camera(client, "image_raw", "camera_info")


def test_missing_camera_info_is_logged_and_in_the_diagnostics(
    client: Client, node: NodeProcess, camera: Camera
) -> None:
    """It must come first: no CameraInfo has reached this node yet."""
    image = demo_frame(FACES)
    # Below the image topic, not beside it.
    elsewhere = client.node.create_publisher(CameraInfo, "/image_raw/camera_info", 5)
    client.wait_for_discovery_by("/mask_detector")

    def warned() -> bool:
        camera.detect(image)
        return "no CameraInfo on /camera_info although images arrive" in node.log

    wait_until(warned, "a warning", node)
    assert "published on /image_raw/camera_info" in node.log
    status = camera.status(lambda s: "CameraInfo" in s.message, "a WARN")
    assert status.level == DiagnosticStatus.WARN
    assert "/image_raw/camera_info" in status.message
    client.node.destroy_publisher(elsewhere)
    assert client.set_parameters(ranging__calibration="none").successful
    camera.detect(image)
    camera.status(lambda s: "CameraInfo" not in s.message, "no more of it")
    assert client.set_parameters(ranging__calibration="auto").successful
    camera.until(image, simple(), positioned)
    status = camera.status(partial(calibrated, "K and no distortion"), "the calibration")
    assert "CameraInfo" not in status.message
    assert values_of(status)["CameraInfo topic"] == "/camera_info"


def test_unknown_distortion_models_give_no_position_and_one_warning(
    node: NodeProcess, camera: Camera
) -> None:
    image, d = demo_frame(FACES), [-0.02, 0.9, -0.8, 0.4]

    def info(model: str) -> CameraInfo:
        made = camera_info(k=intrinsics(286.0), d=d)
        made.distortion_model = model
        return made

    def by_fisheye(result: MaskDetectionArray) -> bool:
        """The CameraInfo of the test before gave positions, too."""
        used = [s for array in camera.diagnostics[-1:] for s in array.status]
        return positioned(result) and any(calibrated("K and D (equidistant)", s) for s in used)

    camera.until(image, info("equidistant"), by_fisheye)
    fisheye = camera.anew(image)
    for model in ("double_sphere", "fisheyePolynomial"):
        camera.until(image, info(model), lambda result: not positioned(result))
        for _ in range(3):
            camera.detect(image, info(model))
        assert node.log.count(f"distortion model '{model}'") == 1
        status = camera.status(partial(mentions, model), "a WARN")
        assert status.level == DiagnosticStatus.WARN
        assert "plumb_bob" in status.message
        camera.until(image, info("kannala_brandt4"), positioned)
        np.testing.assert_allclose(camera.anew(image), fisheye, rtol=1e-3)


def test_camera_info_of_another_frame_and_leading_slashes(
    node: NodeProcess, camera: Camera
) -> None:
    image = demo_frame(FACES)
    slashed = camera.detect(image, simple("/test_optical_frame"), frame_id="/test_optical_frame")
    assert slashed.header.frame_id == "test_optical_frame"
    assert {d.header.frame_id for d in slashed.detections} == {"test_optical_frame"}
    assert "may be of another camera" not in node.log
    camera.until(image, simple("other_frame"), lambda _: "may be of another" in node.log)
    assert "'other_frame'" in node.log and "'test_optical_frame'" in node.log
    assert positioned(camera.detect(image, simple("other_frame")))


@pytest.mark.parametrize(
    ("name", "profile", "once"),
    [
        ("latched", LATCHED, True),
        ("best_effort", BEST_EFFORT, False),
        ("reliable", qos.results(1), False),
    ],
)
def test_camera_info_of_every_qos_is_received(name: str, profile: QoSProfile, once: bool) -> None:
    """A latched one is published once, before the node starts."""
    client = Client(namespace=name)
    try:
        infos = client.node.create_publisher(CameraInfo, client.topic("camera_info"), profile)
        infos.publish(simple())
        with detector(namespace=name) as node:
            camera = Camera(client, "image_raw", "camera_info")
            image = demo_frame(FACES)

            def found() -> bool:
                if not once:
                    infos.publish(simple())
                return positioned(camera.detect(image))

            wait_until(found, "positions", node)
            assert "incompatible" not in node.log, node.log
    finally:
        client.close()

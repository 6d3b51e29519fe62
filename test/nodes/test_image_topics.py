# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Topics of the camera: transports, remapping, CameraInfo beside the image."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import pytest
from rclpy.context import Context
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage

from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.nodes.common.image_topics import (
    TopicError,
    camera_info_topic,
    camera_topics,
)
from support.ros_harness import Client, NodeProcess, demo_frame, detector, wait_until


@pytest.mark.parametrize(
    ("image", "camera_info"),
    [
        ("/front/image_raw", "/front/camera_info"),
        ("/front/image_rect", "/front/camera_info"),
        ("/front/image_rect_color", "/front/camera_info"),
        ("/front/image_raw/compressed", "/front/camera_info"),
        ("/front/compressed", "/front/camera_info"),
        ("/robot1/front/color/image_raw", "/robot1/front/color/camera_info"),
        ("/image_raw", "/camera_info"),
        ("image_raw", "camera_info"),
        ("image_raw/compressed", "camera_info"),
        ("front/image_raw", "front/camera_info"),
    ],
)
def test_camera_info_is_beside_the_image(image: str, camera_info: str) -> None:
    assert camera_info_topic(image) == camera_info


@pytest.fixture
def context() -> Iterator[Context]:
    context = Context()
    yield context
    context.try_shutdown()


def topics_of(
    context: Context, transport: str, namespace: str, *remappings: str
) -> tuple[str, str]:
    arguments = [word for remapping in remappings for word in ("-r", remapping)]
    context.init(args=["--ros-args", *arguments])
    node = Node("probe", namespace=namespace, context=context)
    try:
        image, camera_info, _ = camera_topics(node, transport)
        return image, camera_info
    finally:
        node.destroy_node()


FRONT, OWN = "image_raw:=/front/image_raw", "image_raw/compressed:=/other/jpeg"


@pytest.mark.ros
@pytest.mark.parametrize(
    ("transport", "remappings", "image", "camera_info"),
    [
        ("raw", (), "/ns/image_raw", "/ns/camera_info"),
        ("compressed", (), "/ns/image_raw/compressed", "/ns/camera_info"),
        ("raw", (FRONT,), "/front/image_raw", "/front/camera_info"),
        ("compressed", (FRONT,), "/front/image_raw/compressed", "/front/camera_info"),
        ("compressed", ("image_raw:=cam/rgb",), "/ns/cam/rgb/compressed", "/ns/cam/camera_info"),
        ("compressed", (f"{FRONT}/compressed",), "/front/image_raw/compressed",
         "/front/camera_info"),
        ("compressed", (FRONT, OWN), "/other/jpeg", "/other/camera_info"),
        ("compressed", (OWN,), "/other/jpeg", "/other/camera_info"),
        ("raw", (FRONT, OWN), "/front/image_raw", "/front/camera_info"),
        ("raw", (FRONT, "camera_info:=/calibration"), "/front/image_raw", "/calibration"),
        ("compressed", ("camera_info:=/c",), "/ns/image_raw/compressed", "/c"),
    ],
)  # fmt: skip
def test_transport_and_camera_info_follow_the_remapped_image(
    context: Context,
    transport: str,
    remappings: tuple[str, ...],
    image: str,
    camera_info: str,
) -> None:
    assert topics_of(context, transport, "/ns", *remappings) == (image, camera_info)


@pytest.mark.ros
@pytest.mark.parametrize(
    ("transport", "topic", "words"),
    [
        ("raw", "/front/image_raw/theora", "transport theora.*republish theora raw"),
        ("compressed", "/front/image_raw/ffmpeg", "transport ffmpeg"),
        ("raw", "/depth/image_raw/compressedDepth", "transport compressedDepth"),
        ("raw", "/front/image_raw/zstd", "transport zstd"),
        ("raw", "/front/image_raw/compressed", "set the parameter image_transport to compressed"),
    ],
)
def test_a_topic_of_another_transport_is_refused(
    context: Context, transport: str, topic: str, words: str
) -> None:
    with pytest.raises(TopicError, match=words):
        topics_of(context, transport, "/ns", f"image_raw:={topic}")


@pytest.mark.ros
def test_camera_info_on_the_image_topic_is_refused(context: Context) -> None:
    """One node cannot subscribe to a topic with two message types."""
    with pytest.raises(TopicError, match="camera_info is remapped to the image topic, /front/im"):
        topics_of(context, "raw", "/ns", FRONT, "camera_info:=/front/image_raw")


@pytest.mark.ros
def test_a_remapped_camera_with_compressed_images_is_detected_on() -> None:
    """christianrauch/apriltag_ros#29, ros-perception/image_common#80."""
    arguments = ("-p", "image_transport:=compressed", "-r", "image_raw:=/front/image_raw")
    with detector(*arguments) as node:
        assert "waiting for images on /front/image_raw/compressed" in node.log
        client = Client()
        try:
            results = client.subscribe(MaskDetectionArray, "~/detections")
            infos = client.publisher(CameraInfo, "/front/camera_info")
            images = client.publisher(CompressedImage, "/front/image_raw/compressed")
            frame = demo_frame(60)
            height, width = frame.shape[:2]
            jpeg = cv2.imencode(".jpg", frame)[1].tobytes()

            def positioned() -> bool:
                header = client.header()
                matrix = [500.0, 0.0, width / 2, 0.0, 500.0, height / 2, 0.0, 0.0, 1.0]
                infos.publish(CameraInfo(header=header, width=width, height=height, k=matrix))
                images.publish(CompressedImage(header=header, format="jpeg", data=jpeg))
                faces = [face for result in results for face in result.detections]
                return any(face.range_source for face in faces)

            wait_until(positioned, "a face with a position", node)
        finally:
            client.close()


@pytest.mark.ros
def test_an_image_topic_of_another_transport_ends_the_start() -> None:
    with NodeProcess(
        "detector.mask_detector_node", "-r", "image_raw:=/front/image_raw/theora"
    ) as node:
        assert node.wait() == 1
        assert "cannot activate: /front/image_raw/theora is a topic of" in node.log
        assert "Traceback" not in node.log

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images as cameras should not send them, and message types that do not match, over DDS."""

from __future__ import annotations

import array
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image as ImageMessage

from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.nodes.conversions import image_message
from support.encodings import encode
from support.ros_harness import Client, NodeProcess, demo_frame, detector, wait_until

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def results(client: Client, node: NodeProcess) -> list[MaskDetectionArray]:
    return client.subscribe(MaskDetectionArray, "~/detections")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return demo_frame(160)


class CompressedCamera:
    """A detector that subscribes to compressed images, and its client."""

    def __init__(self, client: Client, node: NodeProcess) -> None:
        self.client, self.node = client, node
        self.results = client.subscribe(MaskDetectionArray, "~/detections")

    def message(self, text: str, data: bytes) -> CompressedImage:
        return CompressedImage(
            header=self.client.header(), format=text, data=array.array("B", data)
        )

    def faces(self, text: str, data: bytes) -> int:
        """How many faces are found in an image."""
        message = self.message(text, data)
        result = self.client.detect(message, self.results, "image_raw/compressed")
        return len(result.detections)

    def refused(self, text: str, data: bytes, words: str) -> None:
        """An image is refused with these words in the log; it is sent until it arrives."""

        def logged() -> bool:
            self.client.send(self.message(text, data), "image_raw/compressed")
            return words in self.node.log

        wait_until(logged, words, self.node)


@pytest.fixture(scope="module")
def compressed() -> Iterator[CompressedCamera]:
    client = Client("compressed")
    with detector("-p", "image_transport:=compressed", namespace="compressed") as node:
        yield CompressedCamera(client, node)
    client.close()


def status(diagnostics: list[DiagnosticArray]) -> Any:
    """The newest diagnostic status of the node, with its values as a dictionary."""
    found = [s for array_ in diagnostics for s in array_.status if "detection" in s.name]
    return found[-1] if found else None


def values(diagnostics: list[DiagnosticArray]) -> dict[str, str]:
    newest = status(diagnostics)
    return {v.key: v.value for v in newest.values} if newest is not None else {}


def shows(diagnostics: list[DiagnosticArray], key: str, value: str) -> bool:
    return values(diagnostics).get(key) == value


def has_logged(node: NodeProcess, words: str) -> bool:
    return words in node.log


def test_10_and_12_bits_in_16_bit_images_are_seen(
    client: Client, node: NodeProcess, results: list[MaskDetectionArray], image: np.ndarray
) -> None:
    diagnostics = client.subscribe(DiagnosticArray, "/diagnostics")
    for bits in (16, 12, 10):
        for _ in range(35):
            result = client.detect(encode(image, "mono16", client.header(), bits=bits), results)
        assert len(result.detections) >= 2, f"{bits} bits"
        expected = f"{bits} (from the images)"
        shown = partial(shows, diagnostics, "bit depth", expected)
        wait_until(shown, expected, node)
    assert client.set_parameters(bit_depth=12).successful
    twelve = encode(image, "mono16", client.header(), bits=12)
    assert len(client.detect(twelve, results).detections) >= 2
    wait_until(lambda: "parameter" in values(diagnostics).get("bit depth", ""), "depth", node)
    assert not client.set_parameters(bit_depth=7).successful
    assert client.set_parameters(bit_depth=0).successful


def test_every_unknown_encoding_is_named_once(
    client: Client, node: NodeProcess, results: list[MaskDetectionArray], image: np.ndarray
) -> None:

    def unknown(name: str) -> ImageMessage:
        message = image_message(image, client.header())
        message.encoding = name
        return message

    client.detect(image, results)
    for name in ("mono10", "mono12", "purple"):
        for _ in range(3):
            client.send(unknown(name))
        logged = f"encoding '{name}' is not supported"
        client.send_until(partial(unknown, name), partial(has_logged, node, logged), logged, node)
        client.detect(image, results)
        assert node.log.count(f"'{name}' is not supported") == 1


@pytest.mark.parametrize("name", ["BGR8", " bgr8", "I420", "YUYV", "rgb16", "bayer_grbg16"])
def test_names_and_encodings_of_drivers(
    client: Client, results: list[MaskDetectionArray], image: np.ndarray, name: str
) -> None:
    plain = name.strip() if name in ("rgb16", "bayer_grbg16") else name.strip().lower()
    message = encode(image, plain, client.header())
    message.encoding = name
    assert len(client.detect(message, results).detections) >= 2


def test_compressed_images_of_all_kinds(compressed: CompressedCamera, image: np.ndarray) -> None:
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    deep = (gray.astype(np.uint16) * 257) >> 4
    for text, suffix, pixels in (
        ("bgr8; jpeg compressed bgr8", ".jpg", image),
        ("yuv422_yuy2; jpeg compressed mono8", ".jpg", gray),
        ("bgr8; png compressed bgr8", ".png", image),
        ("mono16; png compressed mono16", ".png", deep),
    ):
        data = cv2.imencode(suffix, pixels)[1].tobytes()
        assert compressed.faces(text, data) >= 2, text


def test_truncated_jpegs(compressed: CompressedCamera, image: np.ndarray) -> None:
    data = cv2.imencode(".jpg", image)[1].tobytes()
    assert compressed.faces("jpeg", data[:-2]) >= 2
    compressed.node.wait_for_log("compressed images are truncated: less than 1 %")
    compressed.refused("jpeg", data[: len(data) // 2], "compressed image is truncated: ")
    assert compressed.node.log.count("compressed image is truncated") == 1
    assert "Corrupt JPEG" not in compressed.node.log, "libraries do not write for every frame"


def test_what_is_no_image(compressed: CompressedCamera, image: np.ndarray) -> None:
    compressed.refused("jpeg", b"garbage", "7 bytes with format 'jpeg' are not a JPEG or PNG image")
    compressed.refused("h264", b"\0\0\0\1", "format 'h264' is a video stream")
    compressed.refused("jpeg", b"", "format 'jpeg' is empty")
    assert compressed.faces("jpeg", cv2.imencode(".jpg", image)[1].tobytes()) >= 2


@pytest.mark.parametrize(
    ("transport", "make", "words"),
    [
        (
            "raw",
            lambda: CompressedImage(format="jpeg"),
            "expected sensor_msgs/msg/Image; set the parameter image_transport to compressed",
        ),
        (
            "compressed",
            lambda: ImageMessage(encoding="bgr8"),
            "expected sensor_msgs/msg/CompressedImage; set the parameter image_transport to raw",
        ),
        (
            "raw",
            DiagnosticArray,
            "has messages of type diagnostic_msgs/msg/DiagnosticArray",
        ),
    ],
)
def test_a_topic_of_another_type_is_reported(
    request: pytest.FixtureRequest, transport: str, make: Callable[[], Any], words: str
) -> None:
    message = make()
    client = Client("typed")
    request.addfinalizer(client.close)
    topic = "image_raw/compressed" if transport == "compressed" else "image_raw"
    publisher = client.node.create_publisher(type(message), client.topic(topic), 5)
    with detector("-p", f"image_transport:={transport}", namespace="typed") as node:
        diagnostics = client.subscribe(DiagnosticArray, "/diagnostics")
        publisher.publish(message)
        node.wait_for_log(words)
        assert client.topic(topic) in node.log

        def reason() -> str:
            newest = status(diagnostics)
            return newest.message if newest is not None else ""

        wait_until(
            lambda: "no image" in reason() and words in reason(),
            "the reason in the diagnostics",
            node,
        )
        assert node.log.count(words) == 1

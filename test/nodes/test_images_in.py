# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images of all encodings and sizes, and invalid ones, sent to a running node."""

from __future__ import annotations

import array
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import Image as ImageMessage

from mask_detector_ros.images import ENCODINGS
from mask_detector_ros.msg import MaskDetectionArray
from mask_detector_ros.nodes.conversions import image_message
from mask_detector_ros.perception.face_detector import iou_matrix
from support.encodings import encode
from support.ros_harness import Client, NodeProcess, demo_frame

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def results(client: Client, node: NodeProcess) -> list[MaskDetectionArray]:
    return client.subscribe(MaskDetectionArray, "~/detections")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return demo_frame(60)


def boxes(message: MaskDetectionArray) -> np.ndarray:
    rois = [d.roi for d in message.detections]
    return np.array([[r.x_offset, r.y_offset, r.width, r.height] for r in rois]).reshape(-1, 4)


def test_detections_carry_the_images_own_header(
    client: Client, results: list[MaskDetectionArray], image: np.ndarray
) -> None:
    message = image_message(image, client.header())
    result = client.detect(message, results)
    assert result.header == message.header
    assert (result.image_width, result.image_height) == (640, 480)
    assert len(result.detections) > 0
    for detection in result.detections:
        assert detection.header == message.header
        assert np.isclose(sum(detection.probabilities), 1.0, atol=1e-3)
        assert 0.0 < detection.face_score <= 1.0


def test_an_image_without_faces_gives_an_empty_array(
    client: Client, results: list[MaskDetectionArray]
) -> None:
    result = client.detect(np.full((480, 640, 3), 90, np.uint8), results)
    assert list(result.detections) == []


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_every_encoding_gives_the_same_faces(
    client: Client, results: list[MaskDetectionArray], image: np.ndarray, encoding: str
) -> None:
    expected = boxes(client.detect(image, results))
    result = client.detect(encode(image, encoding, client.header()), results)
    found = iou_matrix(expected, boxes(result)).max(axis=1, initial=0.0)
    # Without color, faces near the score threshold may be lost or added; most must remain.
    assert (found > 0.6).mean() >= 0.5, f"{encoding}: {found}"


@pytest.mark.parametrize("encoding", ["bgr8", "mono8", "nv12", "uyvy"])
def test_padded_rows(
    client: Client, results: list[MaskDetectionArray], image: np.ndarray, encoding: str
) -> None:
    expected = boxes(client.detect(encode(image, encoding, client.header()), results))
    assert len(expected)
    padded = encode(image, encoding, client.header(), padding=32)
    assert padded.step > padded.width * ENCODINGS[encoding].pixel_bytes
    assert np.array_equal(boxes(client.detect(padded, results)), expected)


def test_other_sizes(client: Client, results: list[MaskDetectionArray], image: np.ndarray) -> None:
    for size in ((1920, 1080), (320, 240), (1, 1), (480, 640), (641, 3)):
        result = client.detect(cv2.resize(image, size), results)
        assert (result.image_width, result.image_height) == size


def random_pixels(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def truncated(client: Client) -> ImageMessage:
    message = image_message(random_pixels(480, 640), client.header())
    message.data = message.data[:1000]
    return message


def empty(client: Client) -> ImageMessage:
    return ImageMessage(header=client.header(), encoding="bgr8")


def unknown_encoding(client: Client) -> ImageMessage:
    message = image_message(random_pixels(48, 64), client.header())
    message.encoding = "purple10"
    return message


def short_step(client: Client) -> ImageMessage:
    message = image_message(random_pixels(48, 64), client.header())
    message.step = 7
    return message


def odd_rows_of_nv12(client: Client) -> ImageMessage:
    message = ImageMessage(header=client.header(), encoding="nv12", width=63, height=47, step=63)
    message.data = array.array("B", np.random.default_rng(0).bytes(63 * 71))
    return message


def too_large_size(client: Client) -> ImageMessage:
    message = image_message(random_pixels(8, 8), client.header())
    message.width = message.height = 2**31
    message.step = 2**32 - 1
    return message


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (truncated, "truncated"),
        (empty, "empty"),
        (unknown_encoding, "'purple10' is not supported"),
        (short_step, "too short"),
        (odd_rows_of_nv12, "cannot be read as nv12"),
        (too_large_size, "truncated"),
    ],
)
def test_invalid_images_are_refused_with_one_warning_and_the_node_continues(
    client: Client,
    node: NodeProcess,
    results: list[MaskDetectionArray],
    image: np.ndarray,
    make: Callable[[Client], ImageMessage],
    words: str,
) -> None:
    client.detect(image, results)  # publisher and node have discovered each other
    sent = client.send_until(lambda: make(client), lambda: words in node.log, words, node)
    assert len(client.detect(image, results).detections) > 0
    assert not {str(m.header) for m in sent} & {str(result.header) for result in results}
    # One warning per kind of error, not per frame.
    warnings = node.log.count(words)
    for _ in range(5):
        client.send(make(client))
    client.detect(image, results)
    assert node.log.count(words) == warnings


def test_the_encoding_may_change_from_image_to_image(
    client: Client, results: list[MaskDetectionArray], image: np.ndarray
) -> None:
    for encoding in ("bgr8", "mono8", "yuv422", "rgba8", "bayer_rggb8", "bgr8"):
        result = client.detect(encode(image, encoding, client.header()), results)
        assert len(result.detections) > 0, encoding

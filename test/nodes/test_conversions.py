# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images to messages and back, regions of interest."""

from __future__ import annotations

import numpy as np
from std_msgs.msg import Header

from mask_detector_ros.images import decode_message
from mask_detector_ros.nodes.conversions import image_message, jpeg_message
from mask_detector_ros.nodes.detector.detector_outputs import array_message
from mask_detector_ros.perception.types import Detections
from support.raw_images import smooth_image


def test_image_messages_survive_the_round_trip() -> None:
    image = smooth_image()
    strided = np.ascontiguousarray(np.pad(image, ((0, 0), (0, 5), (0, 0))))[:, :64]
    message = image_message(strided, Header())
    assert np.array_equal(decode_message(message), image)
    assert np.shares_memory(decode_message(message), np.frombuffer(message.data, np.uint8))


def test_jpeg_messages_survive_the_round_trip() -> None:
    image = smooth_image()
    message = jpeg_message(image, Header(frame_id="f"), 90)
    assert message.header.frame_id == "f"
    assert np.abs(decode_message(message).astype(int) - image).max() <= 12


def test_regions_are_clipped_to_the_image() -> None:
    faces = Detections.of_boxes(np.array([[-10, -5, 30, 20], [630, 470, 40, 40]]), np.ones(2))
    message = array_message(faces, Header(), 640, 480, 1.0)
    rois = [d.roi for d in message.detections]
    assert [(r.x_offset, r.y_offset, r.width, r.height) for r in rois] == [
        (0, 0, 20, 15),
        (630, 470, 10, 10),
    ]
    assert all(np.isnan(d.position.z) and d.range_source == 0 for d in message.detections)

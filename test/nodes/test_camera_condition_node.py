# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Diagnostics of the mask_detector node while the camera shows nothing."""

from __future__ import annotations

import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from mask_detector_ros.arrays import Image
from mask_detector_ros.nodes.conversions import image_message
from support.ros_harness import Client, NodeProcess, demo_frame, wait_until

pytestmark = pytest.mark.ros


def test_a_covered_lens_is_a_warning_until_the_camera_sees_again(
    client: Client, node: NodeProcess
) -> None:
    messages = client.subscribe(DiagnosticArray, "/diagnostics")

    def status_while_sending(image: Image) -> DiagnosticStatus:
        """The newest status after 4 s of images; the node looks at one per second."""
        until = time.monotonic() + 4.0
        while time.monotonic() < until:
            client.send(image_message(image, client.header(time.time())))
            time.sleep(0.1)
        before = len(messages)
        client.send(image_message(image, client.header(time.time())))
        wait_until(lambda: len(messages) > before, 10, "diagnostics", node)
        return messages[-1].status[0]

    covered = status_while_sending(np.full((480, 640, 3), 3, np.uint8))
    assert covered.level == DiagnosticStatus.WARN
    assert "images are black: the lens is covered" in covered.message
    seeing = status_while_sending(demo_frame(60))
    assert "black" not in seeing.message

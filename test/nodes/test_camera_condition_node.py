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

    def send_until(image: Image, black: bool) -> DiagnosticStatus:
        """Send an image at 10 Hz until the diagnostics call the images black, or no longer."""
        before = len(messages)

        def found() -> DiagnosticStatus | None:
            client.send(image_message(image, client.header(time.time())))
            time.sleep(0.1)
            new = [message.status[0] for message in messages[before:]]
            return next((status for status in new if ("black" in status.message) == black), None)

        status: DiagnosticStatus = wait_until(found, f"black images: {black}", node)
        return status

    covered = send_until(np.full((480, 640, 3), 3, np.uint8), black=True)
    assert covered.level == DiagnosticStatus.WARN
    assert "images are black: the lens is covered" in covered.message
    send_until(demo_frame(60), black=False)

# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of the CameraInfo of an image topic, from the report of the probe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mask_detector_ros.apps.checks.finding import Finding, ok, warning

WITHOUT = "faces are detected, but without positions"


def check_camera_info(info: dict[str, Any]) -> Iterator[Finding]:
    """Findings from the part ``camera_info`` of a report."""
    topic = info["topic"]
    if info["unused"]:
        yield ok("camera info", info["unused"])
        return
    if info["missing"]:
        yield warning("camera info", f"{info['missing']}; {WITHOUT}", _advice(info))
        return
    if info["problem"]:
        yield warning("camera info", f"{topic}: {info['problem']}: {WITHOUT}",
                      "calibrate the camera, for example with camera_calibration, or correct what "
                      "its driver publishes")  # fmt: skip
    else:
        yield ok("camera info", f"{topic} has a calibration that fits: {info['source']}")
    for text in info["warnings"]:
        yield warning("camera info", f"{topic}: {text}", "compare with the camera's data sheet, or "
                      "with the distance of a person measured by tape")  # fmt: skip


def _advice(info: dict[str, Any]) -> str:
    if not info["others"]:
        return "calibrate the camera, for example with camera_calibration"
    best = info["others"][0]
    return f"check it with --camera-info {best}, and start the detector with -r camera_info:={best}"

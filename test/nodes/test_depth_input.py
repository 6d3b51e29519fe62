# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images of every encoding, and which of them is matched to an image. Pure: no node runs."""

from __future__ import annotations

import time

import numpy as np
import pytest
from std_msgs.msg import Header

from mask_detector_ros.nodes.detector.depth_input import BUFFER_SIZE, DepthInput
from mask_detector_ros.perception.types import Detections, RangeSource
from support.depth_messages import depth_message

DEPTH = np.array([[1.5, 2.25, 0.5], [8.0, 3.0, 1.0]])


class Camera:
    """A depth input and its warnings."""

    def __init__(self, enabled: bool = True) -> None:
        self.warnings: list[str] = []
        self.input = DepthInput(enabled, self.warnings.append)

    def depth(self, stamp: float, meters: float = 2.0, frame: str = "optical") -> None:
        image = np.full((48, 64), meters)
        self.input.add(depth_message(image, "32FC1", header=header(stamp, frame)))

    def match(self, stamp: float, tolerance: float = 0.05, width: int = 64) -> float | None:
        """Depth in meters of the matched image; None without a match."""
        found = self.input.match(header(stamp), width, 48, tolerance)
        return None if found is None else float(found.inside(0, 0, 3, 3)[0, 0])


def header(stamp: float, frame: str = "optical") -> Header:
    made = Header(frame_id=frame)
    made.stamp.sec, made.stamp.nanosec = int(stamp), round(stamp % 1 * 1e9)
    return made


def test_the_depth_image_with_the_nearest_stamp_is_matched() -> None:
    camera = Camera()
    for i in range(3):
        camera.depth(10 + i / 30, meters=float(i + 1))
    assert camera.match(10 + 1 / 30) == 2.0
    assert camera.match(10 + 1 / 30 - 0.01) == 2.0
    assert camera.match(10.1) == 3.0
    assert camera.warnings == []


def test_depth_beyond_the_stamp_tolerance_is_not_used_and_reported() -> None:
    camera = Camera()
    camera.depth(10.0)
    assert camera.match(10.2) is None
    assert "differ by 200 ms" in camera.warnings[0] and "depth_tolerance" in camera.warnings[0]
    assert "differ by 200 ms" in camera.input.diagnostics()["depth"]
    assert camera.match(10.2, tolerance=0.3) == 2.0


def test_the_buffer_keeps_the_newest_images() -> None:
    camera = Camera()
    for i in range(100):
        camera.depth(10 + i / 30)
    assert camera.match(10 + 99 / 30) == 2.0
    assert camera.match(10 + (99 - BUFFER_SIZE) / 30, tolerance=0.02) is None


def test_without_stamps_the_newest_depth_image_is_matched() -> None:
    camera = Camera()
    camera.depth(0.0, meters=1.0)
    camera.depth(0.0, meters=2.0)
    assert camera.match(0.0) == 2.0


def test_an_image_whose_stamp_is_not_usable_is_matched_by_arrival(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    camera, arrivals = Camera(), iter((500.0, 500.1))
    monkeypatch.setattr(time, "perf_counter", lambda: next(arrivals))
    camera.depth(10.0, meters=1.0)
    camera.depth(10.0, meters=2.0)
    monkeypatch.undo()
    size, tolerance = (64, 48), 0.05
    found = camera.input.match(header(10.0), *size, tolerance, 500.0)
    assert found is not None and found.inside(0, 0, 3, 3)[0, 0] == 1.0, "not the newest"
    found = camera.input.match(header(99.0), *size, tolerance, 500.12)
    assert found is not None and found.inside(0, 0, 3, 3)[0, 0] == 2.0
    assert camera.warnings == []
    assert camera.input.match(header(10.0), *size, tolerance, 501.1) is None
    words = "arrivals of an image and the nearest depth image differ by 1000 ms"
    assert words in camera.warnings[0]


def test_negative_stamps_are_compared_as_well() -> None:
    camera = Camera()
    camera.depth(-10.0)
    assert camera.match(-10.0) == 2.0
    assert camera.match(10.0) is None


def test_depth_in_another_frame_or_aspect_ratio_is_refused_with_a_reason() -> None:
    camera = Camera()
    camera.depth(10.0, frame="depth_optical")
    assert camera.match(10.0) is None
    assert "'depth_optical'" in camera.warnings[0] and "aligned" in camera.warnings[0]
    camera = Camera()
    camera.depth(10.0)
    assert camera.match(10.0, width=96) is None
    assert "64x48" in camera.warnings[0] and "96x48" in camera.warnings[0]


def test_diagnostics_report_range_sources() -> None:
    assert "disabled" in Camera(enabled=False).input.diagnostics()["depth"]
    camera = Camera()
    assert camera.input.diagnostics()["depth"] == "no depth image received"
    camera.depth(10.0)
    camera.match(10.0)
    faces = Detections.of_boxes(np.ones((3, 4)), np.ones(3))
    sources = [RangeSource.DEPTH, RangeSource.DEPTH, RangeSource.FACE_SIZE]
    camera.input.record(faces.with_(range_source=np.array(sources, np.int8)), "depth has holes")
    values = camera.input.diagnostics()
    assert values["range sources of recent faces"] == "2 depth, 1 face size, 0 none"
    assert "holes" in values["depth"]
    camera.match(10.0)
    assert camera.input.diagnostics()["depth"] == "used"

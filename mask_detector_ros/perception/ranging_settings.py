# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings of the ranging: default, range and the effect of a higher value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mask_detector_ros.perception.calibration import AUTO, CHOICES
from mask_detector_ros.settings import ACTIVATE, setting
from mask_detector_ros.settings_rules import Rule, at_most


@dataclass(frozen=True)
class RangingSettings:
    """Range from the face size, and when depth is used instead."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        at_most("child_width", "face_width"),
        at_most("face_width_std", "face_width"),
        at_most("child_width_std", "child_width"),
    )

    face_width: float = setting(
        0.15,
        "Mean width of an adult's face box in meters (prior for the range).",
        low=0.05,
        high=0.5,
    )
    face_width_std: float = setting(
        0.01,
        "Standard deviation of that width over adults, in meters.",
        low=0.0,
        high=0.2,
    )
    child_width: float = setting(
        0.13, "Mean width of a child's face box in meters.", low=0.05, high=0.5
    )
    child_width_std: float = setting(
        0.01, "Standard deviation of that width over children, in meters.", low=0.0, high=0.2
    )
    child_fraction: float = setting(
        0.15,
        "Fraction of children among the people in view; 1 in a primary school.",
        low=0.0,
        high=1.0,
    )
    box_width_std: float = setting(
        0.5,
        "Standard deviation of a box's width from frame to frame, in pixels.",
        low=0.01,
        high=50.0,
    )
    acceleration_noise: float = setting(
        0.5,
        "Standard deviation of the relative acceleration of people and camera, in m/s². Higher: "
        "positions react faster and are noisier.",
        low=0.01,
        high=100.0,
    )
    calibration: str = setting(
        AUTO,
        "What CameraInfo says about the images: raw (K and D hold), rectified (P holds), auto "
        "(rectified if the topic's name says so, if K is zero, or if D is), none (no positions).",
        choices=CHOICES,
    )
    depth: bool = setting(
        True,
        "Subscribe to depth/image_raw; costs nothing without a publisher.",
        live=False,
        read_at=ACTIVATE,
    )
    depth_transport: str = setting(
        "raw",
        "Subscribe to depth/image_raw itself (raw) or to depth/image_raw/compressedDepth.",
        choices=("raw", "compressedDepth"),
        live=False,
        read_at=ACTIVATE,
    )
    depth_unit: float = setting(
        0.0,
        "Meters per count of depth images: 0.001 for millimeters; 0 for the usual unit (32FC1: "
        "meters, 16UC1: millimeters). A wrong unit is noticed by the face size.",
        low=0.0,
        high=1.0,
    )
    depth_tolerance: float = setting(
        0.05,
        "Largest difference in seconds between the stamps of a depth image and its image.",
        low=0.0,
        high=5.0,
    )
    depth_min_pixels: int = setting(
        6, "Fewest valid depth pixels in a face for depth to be used.", low=1, high=10000
    )
    depth_std: float = setting(
        0.01,
        "Standard deviation of the depth sensor as a fraction of the distance.",
        low=0.001,
        high=0.5,
    )

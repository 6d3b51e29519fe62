# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the mask_detector node: those of the pipeline and those of the ROS node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from mask_detector_ros.nodes.common.image_topics import TRANSPORTS
from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.settings import ACTIVATE, CONFIGURE, setting
from mask_detector_ros.settings_rules import Rule, at_most


@dataclass(frozen=True)
class MarkerSettings:
    """Markers for RViz."""

    lifetime: float = setting(
        0.5,
        "Lifetime of a marker in seconds; keep it above the frame period.",
        low=0.05,
        high=60.0,
    )


@dataclass(frozen=True)
class DiagnosticsSettings:
    """Diagnostic level thresholds (WARN, ERROR)."""

    RULES: ClassVar[tuple[Rule, ...]] = (at_most("slow_after", "stale_after"),)

    stale_after: float = setting(
        2.0,
        "Diagnostics report ERROR after this many seconds without an image.",
        low=0.1,
        high=600.0,
    )
    slow_after: float = setting(
        0.5,
        "Diagnostics report WARN when the newest processed image is older than this (seconds).",
        low=0.01,
        high=600.0,
    )


@dataclass(frozen=True)
class MaskDetectorSettings(PipelineSettings):
    """Parameters of the mask_detector node."""

    autostart: bool = setting(
        True,
        "Configure and activate the node at startup; false if a lifecycle manager does it.",
        live=False,
    )
    models: str = setting(
        "",
        "Folder with the models and their manifest; empty for the shipped models.",
        live=False,
        read_at=CONFIGURE,
    )
    runtime: str = setting(
        runtimes.AUTO,
        "Inference runtime of the networks; auto takes the fastest one installed.",
        choices=runtimes.CHOICES,
        live=False,
        read_at=CONFIGURE,
    )
    threads: int = setting(
        1, "Threads per inference.", low=1, high=64, live=False, read_at=CONFIGURE
    )
    image_transport: str = setting(
        "raw",
        "Subscribe to the image topic itself (raw) or to <topic>/compressed. Remapping image_raw "
        "moves both, and camera_info with it.",
        choices=TRANSPORTS,
        live=False,
        read_at=ACTIVATE,
    )
    bit_depth: int = setting(
        0,
        "Bits per channel that the camera uses in 16-bit images, 8 to 16, in the low bits; 0: "
        "what the images show.",
        choices=(0, *range(8, 17)),
    )
    jpeg_quality: int = setting(80, "JPEG quality of image_annotated/compressed.", low=1, high=100)
    markers: MarkerSettings = field(default_factory=MarkerSettings)
    diagnostics: DiagnosticsSettings = field(default_factory=DiagnosticsSettings)

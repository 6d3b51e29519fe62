# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of each node: the pipeline's own and what only a ROS node needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from mask_detector_ros.perception import runtimes
from mask_detector_ros.perception.pipeline_settings import PipelineSettings
from mask_detector_ros.settings import setting

IMAGE_TRANSPORTS = ("raw", "compressed")


@dataclass(frozen=True)
class MarkerSettings:
    """What rviz is shown."""

    lifetime: float = setting(
        0.5,
        "Seconds a marker stays without being renewed; keep it above the frame period.",
        low=0.05,
        high=60.0,
    )


@dataclass(frozen=True)
class DiagnosticsSettings:
    """When the node calls itself unwell."""

    stale_after: float = setting(
        2.0,
        "Seconds without an image after which diagnostics report an error.",
        low=0.1,
        high=600.0,
    )
    slow_after: float = setting(
        0.5,
        "Age in seconds of the newest processed image beyond which diagnostics warn.",
        low=0.01,
        high=600.0,
    )


@dataclass(frozen=True)
class MaskDetectorSettings(PipelineSettings):
    """Everything the mask_detector node can be told."""

    autostart: bool = setting(
        True,
        "Configure and activate by itself; false where a lifecycle manager does it.",
        live=False,
    )
    models: str = setting(
        "", "Folder with the models and their manifest; empty for the shipped ones.", live=False
    )
    runtime: str = setting(
        runtimes.AUTO,
        "What runs the networks; auto takes the fastest that is installed.",
        choices=runtimes.CHOICES,
        live=False,
    )
    threads: int = setting(1, "Threads per inference.", low=1, high=64, live=False)
    image_transport: str = setting(
        "raw",
        "Subscribe to the image topic itself or to its /compressed neighbor.",
        choices=IMAGE_TRANSPORTS,
        live=False,
    )
    jpeg_quality: int = setting(80, "JPEG quality of image_annotated/compressed.", low=1, high=100)
    markers: MarkerSettings = field(default_factory=MarkerSettings)
    diagnostics: DiagnosticsSettings = field(default_factory=DiagnosticsSettings)

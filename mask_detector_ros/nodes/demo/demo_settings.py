# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the demo's nodes."""

from __future__ import annotations

from dataclasses import dataclass

from mask_detector_ros.settings import setting


@dataclass(frozen=True)
class PatrolWorldSettings:
    """The patrol_world node's parameters."""

    plan: str = setting(
        "", "YAML file of the patrol's plan, for the top-down view; empty for the demo's.",
        live=False,
    )  # fmt: skip
    rate: float = setting(10.0, "Images per second.", low=1.0, high=60.0, live=False)
    startup_timeout: float = setting(
        30.0,
        "Seconds to wait for a detector and a patrol before the node gives up.",
        low=1.0,
        high=600.0,
        live=False,
    )
    duration: float = setting(
        0.0, "Duration of the simulation in seconds; 0 for the demo scenario's own.", low=0.0,
        high=86400.0, live=False,
    )  # fmt: skip
    frame_id: str = setting(
        "camera_color_optical_frame", "Frame of the images (REP-103 optical).", live=False
    )


@dataclass(frozen=True)
class FilmSettings:
    """The film node's parameters."""

    output: str = setting("film", "Folder for the video and its log.", live=False)
    rate: float = setting(10.0, "Frames per second of the video.", low=1.0, high=60.0, live=False)

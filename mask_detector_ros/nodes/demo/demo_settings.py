# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the two nodes of the patrol demo can be told."""

from __future__ import annotations

from dataclasses import dataclass

from mask_detector_ros.settings import setting


@dataclass(frozen=True)
class PatrolWorldSettings:
    """Everything the patrol_world node can be told."""

    plan: str = setting(
        "", "The patrol's plan, drawn in the view from above; empty for the demo's.", live=False
    )
    rate: float = setting(10.0, "Images per second.", low=1.0, high=60.0, live=False)
    patience: float = setting(
        30.0,
        "Seconds in which somebody must listen to image_raw before the world gives up.",
        low=1.0,
        high=600.0,
        live=False,
    )
    seconds: float = setting(
        0.0, "How long the world goes on; 0 for the demo's own length.", low=0.0, high=86400.0,
        live=False,
    )  # fmt: skip
    frame_id: str = setting(
        "camera_color_optical_frame", "Frame of the images (REP-103 optical).", live=False
    )


@dataclass(frozen=True)
class FilmSettings:
    """Everything the film node can be told."""

    output: str = setting("film", "Folder the film and its log are written to.", live=False)
    rate: float = setting(10.0, "Frames per second of the film.", low=1.0, high=60.0, live=False)

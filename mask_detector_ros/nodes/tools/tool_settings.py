# Copyright 2026 The mask_detector_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of the image_player and recorder nodes."""

from __future__ import annotations

from dataclasses import dataclass, field

from mask_detector_ros.settings import setting


@dataclass(frozen=True)
class WaitForSettings:
    """Subscribers that the image_player waits for before it publishes the first image."""

    image_subscribers: int = setting(
        0,
        "Subscribers of image_raw to wait for before playing, so that none misses the start.",
        low=0,
        high=100,
        live=False,
    )
    camera_info_subscribers: int = setting(
        0,
        "Subscribers of camera_info to wait for before playing.",
        low=0,
        high=100,
        live=False,
    )
    timeout: float = setting(
        30.0,
        "Seconds to wait for subscribers; the node ends with an error after them.",
        low=0.0,
        high=3600.0,
        live=False,
    )


@dataclass(frozen=True)
class ImagePlayerSettings:
    """Parameters of the image_player node."""

    source: str = setting(
        "",
        "Image, folder, video, webcam:N, stream (rtsp://, http:// …) or bag to play; empty for the "
        "demo clip.",
        live=False,
    )
    rate: float = setting(
        0.0, "Images per second; 0 for the source's own rate.", low=0.0, high=1000.0, live=False
    )
    loop: bool = setting(False, "Start again at the end instead of stopping.", live=False)
    wait_for: WaitForSettings = field(default_factory=WaitForSettings)
    frame_id: str = setting(
        "camera_color_optical_frame", "Frame of the images (REP-103 optical).", live=False
    )
    field_of_view: float = setting(
        69.0,
        "Horizontal field of view in degrees, from which CameraInfo is computed.",
        low=1.0,
        high=170.0,
        live=False,
    )


@dataclass(frozen=True)
class RecorderSettings:
    """Parameters of the recorder node."""

    output: str = setting("recording", "Folder the recording is written to.", live=False)
    expected_frames: int = setting(
        0, "Total of the progress bar in frames; 0 if unknown.", low=0, high=10**9, live=False
    )
    idle_timeout: float = setting(
        4.0,
        "Seconds without detections after which the recording ends; 0 to record until Ctrl-C. "
        "Below 3.5 it may end too early on a busy machine: Fast DDS resends lost messages after "
        "up to 3 s.",
        low=0.0,
        high=3600.0,
        live=False,
    )
    rate: float = setting(
        30.0, "Frames per second of the recorded video.", low=1.0, high=240.0, live=False
    )
